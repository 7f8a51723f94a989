"""What the documents of incidents and claims may hold, and how they are written."""

from .claim import ClaimSerializer
from .incident import IncidentSerializer
from .leaves import ClaimLeafSerializer, IncidentLeafSerializer, IncidentReferenceField
from .totals import IncidentFacetsSerializer, IncidentTotalsSerializer

__all__ = [
    "ClaimLeafSerializer",
    "ClaimSerializer",
    "IncidentFacetsSerializer",
    "IncidentLeafSerializer",
    "IncidentReferenceField",
    "IncidentSerializer",
    "IncidentTotalsSerializer",
]
