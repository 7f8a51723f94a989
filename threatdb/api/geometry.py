"""Places on the globe as filters: a box, a circle, a polygon. All read the recorded point.

A record whose place is known only as a country or an area has no point, or that of its centre with a
``precision`` that says so; filter on ``place_precision`` to keep such points out.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Any

import orjson
import shapely
from django.db.models import BooleanField, F, FloatField, Func, Q, Value
from django.db.models.functions import ASin, Cos, Least, Power, Radians, Sin, Sqrt
from shapely.validation import explain_validity

from threatdb.records.querysets import IndexQuerySet

from . import values

MAX_VERTICES = 1000
MAX_POLYGON_TEXT = 60_000
EARTH_RADIUS_KM = 6371.0088
"""Mean radius of the Earth (IUGG)."""
MAX_KM = 20_038
"""Half the circumference: no two places are further apart."""

SQLITE_FUNCTION = "THREATDB_COVERS"

Point = tuple[float, float]


def _numbers(text: str, count: int, form: str) -> list[float]:
    parts = text.split(",")
    if len(parts) != count:
        raise ValueError(f"Write {form}.")
    return [values.number(part.strip()) for part in parts]


def _latitude(value: float) -> float:
    if not -90 <= value <= 90:
        raise ValueError(f"{value:g} is not a latitude: it lies between -90 and 90.")
    return value


def _longitude(value: float) -> float:
    if not -180 <= value <= 180:
        raise ValueError(f"{value:g} is not a longitude: it lies between -180 and 180.")
    return value


def box(text: str) -> tuple[float, float, float, float]:
    """West, south, east, north in degrees (RFC 7946); west of east, or else across the 180th meridian."""
    west, south, east, north = _numbers(text, 4, "WEST,SOUTH,EAST,NORTH in degrees")
    if _latitude(south) > _latitude(north):
        raise ValueError(f"The box's south ({south:g}) lies north of its north ({north:g}).")
    return _longitude(west), south, _longitude(east), north


def in_box(rows: IndexQuerySet, found: list[Any]) -> IndexQuerySet:
    west, south, east, north = found[0]
    along = Q(longitude__gte=west, longitude__lte=east)
    if west > east:
        along = Q(longitude__gte=west) | Q(longitude__lte=east)
    return rows.filter(along, latitude__gte=south, latitude__lte=north)


def circle(text: str) -> tuple[float, float, float]:
    """Latitude and longitude in degrees, and a radius in kilometres."""
    latitude, longitude, km = _numbers(text, 3, "LATITUDE,LONGITUDE,KILOMETRES")
    if not 0 < km <= MAX_KM:
        raise ValueError(f"The radius is from above 0 to {MAX_KM:,} kilometres.")
    return _latitude(latitude), _longitude(longitude), km


def in_circle(rows: IndexQuerySet, found: list[Any]) -> IndexQuerySet:
    """Points within the radius along the great circle (haversine)."""
    latitude, longitude, km = found[0]
    # A belt of latitude first: it can be read off an index, the haversine cannot.
    belt = math.degrees(km / EARTH_RADIUS_KM) * 1.001
    rows = rows.filter(latitude__gte=latitude - belt, latitude__lte=latitude + belt)
    across = Sin(Radians(F("longitude") - Value(longitude)) / 2)
    up = Sin(Radians(F("latitude") - Value(latitude)) / 2)
    flat = Cos(Radians(F("latitude"))) * Value(math.cos(math.radians(latitude)))
    # Rounding must not take it above one, which has no arc sine.
    half = Least(Power(up, 2) + flat * Power(across, 2), Value(1.0))
    distance = Value(2 * EARTH_RADIUS_KM) * ASin(Sqrt(half), output_field=FloatField())
    measured: IndexQuerySet = rows.alias(kilometres=distance)
    return measured.filter(kilometres__lte=km)


def polygon(text: str) -> shapely.Polygon:
    """A GeoJSON Polygon (RFC 7946) of at most 1,000 vertices whose edges do not cross."""
    if len(text) > MAX_POLYGON_TEXT:
        raise ValueError(f"The polygon is longer than {MAX_POLYGON_TEXT:,} characters.")
    try:
        shape = orjson.loads(text)
    except orjson.JSONDecodeError:
        raise ValueError("Write a GeoJSON Polygon as JSON.") from None
    if not isinstance(shape, dict) or shape.get("type") != "Polygon":
        raise ValueError("Write a GeoJSON object of the type Polygon.")
    outline, *holes = _rings(shape.get("coordinates"))
    found = shapely.Polygon(outline, holes)
    if not found.is_valid:
        raise ValueError(f"The polygon is not a plain area: {explain_validity(found)}.")
    return found


def _rings(rings: Any) -> list[list[Point]]:
    if not isinstance(rings, list) or not rings or not all(isinstance(r, list) for r in rings):
        raise ValueError("A polygon has a list of rings as its coordinates.")
    if sum(len(ring) for ring in rings) > MAX_VERTICES:
        raise ValueError(f"The polygon has more than {MAX_VERTICES:,} vertices.")
    return [_ring(ring) for ring in rings]


def _ring(ring: list[Any]) -> list[Point]:
    points = [_vertex(vertex) for vertex in ring]
    if len(points) < 4 or points[0] != points[-1]:
        raise ValueError("A ring has four or more points, the last of which repeats the first.")
    return points


def _vertex(vertex: Any) -> Point:
    numbers = isinstance(vertex, list) and len(vertex) >= 2
    if not numbers or not all(type(v) in (int, float) for v in vertex[:2]):
        raise ValueError("A vertex is a list of a longitude and a latitude.")
    # PostgreSQL refuses to multiply numbers so small that they vanish; these digits are far less than a hair.
    return round(_longitude(float(vertex[0])), 12), round(_latitude(float(vertex[1])), 12)


def in_polygon(rows: IndexQuerySet, found: list[Any]) -> IndexQuerySet:
    """Points inside the outline, its edge included, and outside the holes."""
    shape: shapely.Polygon = found[0]
    west, south, east, north = shape.bounds
    rows = rows.filter(longitude__gte=west, longitude__lte=east)
    rows = rows.filter(latitude__gte=south, latitude__lte=north)
    inside = _Covers(Value(_ring_text(shape.exterior)), F("longitude"), F("latitude"))
    rows = rows.alias(inside=inside).filter(inside=True)
    for number, hole in enumerate(shape.interiors):
        covered = _Covers(Value(_ring_text(hole)), F("longitude"), F("latitude"))
        rows = rows.alias(**{f"hole{number}": covered}).filter(**{f"hole{number}": False})
    return rows


def _ring_text(ring: shapely.LinearRing) -> str:
    """A ring as PostgreSQL writes a polygon: ((x,y),(x,y),...)."""
    return "(" + ",".join(f"({x!r},{y!r})" for x, y in ring.coords[:-1]) + ")"


class _Covers(Func):
    """Whether a ring covers a point: PostgreSQL's own operator, or the function SQLite is given."""

    function = SQLITE_FUNCTION
    output_field = BooleanField()

    def as_postgresql(self, compiler: Any, connection: Any, **context: Any) -> Any:
        (ring, given), (x, _), (y, _) = (compiler.compile(e) for e in self.source_expressions)
        return f"(CAST({ring} AS polygon) @> point({x}, {y}))", given


@lru_cache(maxsize=64)
def _prepared(text: str) -> shapely.Polygon:
    pairs = text[2:-2].split("),(")
    shape = shapely.Polygon([tuple(map(float, pair.split(","))) for pair in pairs])
    shapely.prepare(shape)
    return shape


def covers(text: str, longitude: float | None, latitude: float | None) -> bool:
    """Whether a ring covers a point: what SQLite calls, which has no function of its own."""
    if longitude is None or latitude is None:
        return False
    return bool(shapely.intersects_xy(_prepared(text), longitude, latitude))


def give_sqlite_its_function(connection: Any, **kwargs: Any) -> None:
    """Called for each new database connection."""
    if connection.vendor == "sqlite":
        connection.connection.create_function(SQLITE_FUNCTION, 3, covers, deterministic=True)
