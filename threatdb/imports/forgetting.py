"""What imports keep of a record is erased with it."""

from __future__ import annotations

from uuid import UUID

from django.db import transaction

from .models import BatchRow, Origin


@transaction.atomic
def forget(record_id: UUID) -> None:
    """Empty the rows from which the record was made; that there were such rows stays, and what became of them."""
    rows = BatchRow.objects.filter(record_id=record_id)
    rows.update(cells=None, problems=None, conflict=None, value="", same_batch=None, same_number=None)
    Origin.objects.filter(record_id=record_id).delete()
