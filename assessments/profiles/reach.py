"""How far the incidents of a profile lie apart, from sums over their points that the database makes."""

from __future__ import annotations

from math import asin, atan2, degrees, sqrt
from typing import Any

from django.db.models import Case, Count, F, FloatField, Q, Sum, Value, When
from django.db.models.functions import Coalesce, Cos, Radians, Sin

from incidents.choices import PlacePrecision
from threatdb.api.grouping import Row

# Mean radius of the Earth in kilometres (IUGG).
EARTH = 6371.0088

# What has a point of its own: any other stands for a whole area, whose centre would look sharper than it is.
LOCATED = (PlacePrecision.EXACT_PLACE, PlacePrecision.NEAR_PLACE)
# Kilometres within which an incident near a named place lies, where its record says nothing nearer.
NEAR = 25.0

TOO_FEW = "Fewer than two single incidents that are chosen have a point of their own."
NO_CENTRE = "The points lie around the whole globe, so that they have no centre."


def measures() -> dict[str, Any]:
    """What is summed up: the points as unit vectors, and the squares of the radii within which they are known."""
    located = Q(place_precision__in=LOCATED, latitude__isnull=False, longitude__isnull=False)
    latitude, longitude = Radians("latitude"), Radians("longitude")
    by_precision = When(place_precision=PlacePrecision.NEAR_PLACE, then=Value(NEAR))
    radius = Coalesce(F("radius_km"), Case(by_precision, default=Value(0.0), output_field=FloatField()))
    return {
        "located": Count("pk", filter=located),
        "x": Sum(Cos(latitude) * Cos(longitude), filter=located),
        "y": Sum(Cos(latitude) * Sin(longitude), filter=located),
        "z": Sum(Sin(latitude), filter=located),
        "blur": Sum(radius * radius, filter=located),
    }


def spread(row: Row) -> dict[str, Any]:
    """The standard distance: the root of the mean squared distance from the centre, in km, as the crow flies.

    With points as unit vectors, 1 less the square of their mean is the mean square of their distances from it. ``low``
    and ``high`` allow for the radius within which each point is known: to move points by a root mean square of so
    many kilometres moves the standard distance by no more than that.
    """
    n = row["located"]
    if n < 2:
        return {"n": n, "centre": None, "km": None, "reason": TOO_FEW}
    x, y, z = (row[axis] / n for axis in "xyz")
    length = sqrt(x * x + y * y + z * z)
    if length < 1e-9:
        return {"n": n, "centre": None, "km": None, "reason": NO_CENTRE}
    # Rounding may leave the mean of points in one place a little longer than they are.
    best, blur = EARTH * sqrt(max(1 - length * length, 0.0)), sqrt(row["blur"] / n)
    return {
        "n": n,
        # To the hundredth of a degree, about a kilometre.
        "centre": {
            "latitude": round(degrees(asin(max(min(z / length, 1.0), -1.0))), 2),
            "longitude": round(degrees(atan2(y, x)), 2),
        },
        "km": {"low": round(max(best - blur, 0)), "best": round(best), "high": round(best + blur)},
        "reason": None,
    }
