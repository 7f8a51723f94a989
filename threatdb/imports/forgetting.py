"""What imports keep of a record is erased with it."""

from __future__ import annotations

from uuid import UUID

from django.db import transaction

from .formats import BESIDE, Key
from .models import BatchRow, Origin

# The columns of a row that hold something of what the file said.
NOTHING: dict[str, None] = dict.fromkeys(("cells", "problems", "conflict", "same_batch", "same_number"))


@transaction.atomic
def forget(record_id: UUID) -> None:
    """Empty the rows from which the record was made; that there were such rows stays, and what became of them.

    A row that told of it beside its own record stays the row of that one.
    """
    origins = Origin.objects.filter(record_id=record_id)
    for scheme, value in origins.filter(scheme__contains=BESIDE).values_list("scheme", "value"):
        told = Key(scheme, value).of_row()
        BatchRow.objects.filter(scheme=told.scheme, value=told.value).update(**NOTHING)
    BatchRow.objects.filter(record_id=record_id).update(**NOTHING, value="")
    origins.delete()
