"""What sources can be filtered by."""

from __future__ import annotations

from typing import ClassVar

from threatdb.api.families import Code, Day, Family, Text, Within
from threatdb.api.filters import RecordFilterSet
from threatdb.records.choices import Reliability

from .choices import SourceKind
from .models import Licence


def licence_codes() -> list[str]:
    """The codes of all licences."""
    return list(Licence.objects.values_list("code", flat=True))


class SourceFilterSet(RecordFilterSet):
    families: ClassVar[dict[str, Family]] = {
        "date_earliest": Day("First day of publication.", nullable=True),
        "date_latest": Day("Last day of publication.", nullable=True),
        "published": Within("Published"),
        "kind": Code("Kind of source.", codes=lambda: SourceKind.values),
        "title": Text("Title."),
        "publisher": Text("Publisher."),
        "language": Text("Language, as a BCP 47 tag."),
        "reliability": Code("Reliability A to F.", codes=lambda: Reliability.values),
        "licence": Code("Licence.", codes=licence_codes, nullable=True),
    }
