"""How far the incidents of a profile lie apart."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from incidents.choices import IncidentKind, PlacePrecision
from threatdb.records.querysets import IndexQuerySet

# Mean radius of the Earth in kilometres (IUGG).
EARTH = 6371.0088

# What has a point of its own: any other stands for a whole area, whose centre would look sharper than it is.
LOCATED = (PlacePrecision.EXACT_PLACE, PlacePrecision.NEAR_PLACE)
# Kilometres within which an incident near a named place lies, where its record says nothing nearer.
NEAR = 25.0

TOO_FEW = "Fewer than two single incidents that are chosen have a point of their own."
NO_CENTRE = "The points lie around the whole globe, so that they have no centre."

Points = NDArray[np.float64]


def spread(rows: IndexQuerySet) -> dict[str, Any]:
    """The standard distance: the root of the mean squared distance from the centre, along great circles, in km.

    ``low`` and ``high`` allow for the radius within which each point is known: moving points by a root mean square
    of so many kilometres moves the standard distance by no more than that.
    """
    located = rows.filter(kind=IncidentKind.SINGLE, place_precision__in=LOCATED, latitude__isnull=False)
    columns = ("latitude", "longitude", "radius_km", "place_precision")
    found = list(located.filter(longitude__isnull=False).values_list(*columns))
    if len(found) < 2:
        return _without_figure(len(found), TOO_FEW)
    points = _on_the_sphere(np.array([row[:2] for row in found], dtype=np.float64))
    middle = points.mean(axis=0)
    if np.linalg.norm(middle) < 1e-9:
        return _without_figure(len(found), NO_CENTRE)
    centre = middle / np.linalg.norm(middle)
    best = EARTH * _root_mean_square(np.arctan2(np.linalg.norm(np.cross(points, centre), axis=1), points @ centre))
    blur = _root_mean_square(np.array([_radius(*row[2:]) for row in found], dtype=np.float64))
    return {
        "n": len(found),
        "centre": {"latitude": _degrees(np.arcsin(centre[2])), "longitude": _degrees(np.arctan2(*centre[1::-1]))},
        "km": {"low": round(max(best - blur, 0)), "best": round(best), "high": round(best + blur)},
        "reason": None,
    }


def _without_figure(n: int, reason: str) -> dict[str, Any]:
    return {"n": n, "centre": None, "km": None, "reason": reason}


def _on_the_sphere(degrees: Points) -> Points:
    latitude, longitude = np.radians(degrees).T
    return np.column_stack(
        (np.cos(latitude) * np.cos(longitude), np.cos(latitude) * np.sin(longitude), np.sin(latitude))
    )


def _radius(radius_km: float | None, precision: str) -> float:
    if radius_km is not None:
        return radius_km
    return NEAR if precision == PlacePrecision.NEAR_PLACE else 0.0


def _root_mean_square(values: Points) -> float:
    return float(np.sqrt(np.mean(values**2)))


def _degrees(angle: Any) -> float:
    """To the hundredth, about a kilometre."""
    return round(float(np.degrees(angle)), 2)
