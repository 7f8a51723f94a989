"""The documents of incidents and claims, and what the ledger keeps beside them."""

from .claim import ClaimType
from .incident import IncidentType

__all__ = ["ClaimType", "IncidentType"]
