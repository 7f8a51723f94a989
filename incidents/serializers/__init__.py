"""What the documents of incidents and claims may hold, and how they are written."""

from .claim import ClaimSerializer
from .incident import IncidentSerializer
from .leaves import ClaimLeafSerializer, IncidentLeafSerializer, IncidentReferenceField
from .totals import IncidentTotalsSerializer

__all__ = [
    "ClaimLeafSerializer",
    "ClaimSerializer",
    "IncidentLeafSerializer",
    "IncidentReferenceField",
    "IncidentSerializer",
    "IncidentTotalsSerializer",
]
