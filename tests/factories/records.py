"""How factories build a record: through its serializer and the services, as every door does."""

from __future__ import annotations

from typing import Any

from threatdb.records import services
from threatdb.records.choices import ReasonCode
from threatdb.records.models import Record
from threatdb.records.serializers import RecordSerializer


def make(serializer_class: type[RecordSerializer], document: dict[str, Any], *, published: bool) -> Any:
    """A record with that document, in the ledger as a draft or, where asked, in force."""
    serializer = serializer_class(data={key: plain(value) for key, value in document.items()})
    serializer.is_valid(raise_exception=True)
    record = serializer.save()
    services.save(record, by=None)
    if published:
        services.publish(record, by=None)
    return record


def change(
    serializer_class: type[RecordSerializer],
    record: Any,
    *,
    published: bool = False,
    reason: str = ReasonCode.CORRECTION,
    **document: Any,
) -> Any:
    """The record after the given keys of its document were written for a reason (a code, or else a note)."""
    given = {key: plain(value) for key, value in document.items()}
    record.refresh_from_db()
    serializer = serializer_class(record, data=given, partial=True)
    serializer.is_valid(raise_exception=True)
    record = serializer.save()
    code, note = (reason, "") if reason in ReasonCode.values else (None, reason)
    services.save(record, by=None, reason_code=code, reason_note=note)
    if published:
        services.publish(record, by=None)
    return record


def plain(value: Any) -> Any:
    """The value as a client would write it: records by their ids."""
    if isinstance(value, Record):
        return str(value.pk)
    if isinstance(value, list):
        return [plain(item) for item in value]
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    return value
