"""Boxes, circles and polygons, held against plain geometry; both engines choose the same points."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest
import shapely
from django.core.cache import cache
from django.db import transaction
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.base import found, path_of

from . import public

pytestmark = pytest.mark.django_db

# Longitude and latitude.
Point = tuple[float, float]

# Two decimals: points on an edge or a bound come up often, and no rounding decides.
LONGITUDES = st.integers(-180, 180).map(float) | st.integers(-18000, 18000).map(lambda n: n / 100)
LATITUDES = st.integers(-90, 90).map(float) | st.integers(-9000, 9000).map(lambda n: n / 100)
POINTS = st.lists(st.tuples(LONGITUDES, LATITUDES), max_size=15)

EARTH = 6371.0088

database = settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)


def place(point: Point | None) -> dict[str, Any]:
    longitude, latitude = point or (None, None)
    keys = ("country", "admin1", "admin2", "locality", "radius_km", "as_reported")
    known = {"longitude": longitude, "latitude": latitude, "precision": "exact_place"}
    return {"place": {**dict.fromkeys(keys), **known}}


def incidents_at(points: list[Point]) -> dict[str, Point]:
    """An incident at each point, by id, beside two of which no point is known."""
    original = public.incident()
    public.copies(original, [place(None)])
    return dict(zip(public.copies(original, map(place, points)), points, strict=True))


def chosen(client: Client, points: list[Point], **asked: str) -> set[Point]:
    """Which of the points the filter chooses; rows without a point are never among them."""
    cache.clear()
    with transaction.atomic():
        at = incidents_at(points)
        points_found = {at[key] for key in found(client, "incidents", **asked)}
        transaction.set_rollback(True)
    return points_found


def distance(one: Point, other: Point) -> float:
    """Kilometres along the great circle, by the chord between the two: no arc sine of a rounded haversine."""
    (x1, y1, z1), (x2, y2, z2) = _unit(one), _unit(other)
    chord = math.dist((x1, y1, z1), (x2, y2, z2))
    return 2 * EARTH * math.asin(min(1.0, chord / 2))


def _unit(point: Point) -> tuple[float, float, float]:
    longitude, latitude = map(math.radians, point)
    return math.cos(latitude) * math.cos(longitude), math.cos(latitude) * math.sin(longitude), math.sin(latitude)


@database
@given(points=POINTS, west=LONGITUDES, east=LONGITUDES, across=st.tuples(LATITUDES, LATITUDES).map(sorted))
def test_any_box(client: Client, points: list[Point], west: float, east: float, across: list[float]) -> None:
    """Its edges belong to it; west of east it is plain, else it spans the 180th meridian."""
    south, north = across
    expected = {
        (x, y)
        for x, y in points
        if south <= y <= north and (west <= x <= east if west <= east else x >= west or x <= east)
    }
    assert chosen(client, points, bbox=f"{west:.2f},{south:.2f},{east:.2f},{north:.2f}") == expected


@pytest.mark.parametrize(
    ("box", "expected"),
    [
        ("170,-20,-170,-10", {"Fiji", "Samoa"}),
        ("-170,-20,170,-10", {"Zambia"}),
        ("-180,-90,180,90", {"Fiji", "Samoa", "Zambia"}),
        ("178.4,-18.1,178.4,-18.1", {"Fiji"}),
        ("180,-90,-180,90", set()),
    ],
)
def test_a_box_across_the_180th_meridian(client: Client, box: str, expected: set[str]) -> None:
    places = {(178.4, -18.1): "Fiji", (-171.8, -13.8): "Samoa", (28.3, -15.4): "Zambia"}
    assert {places[point] for point in chosen(client, [*places], bbox=box)} == expected


@database
@given(points=POINTS, centre=st.tuples(LONGITUDES, LATITUDES), km=st.integers(1, 20_038))
def test_any_circle(client: Client, points: list[Point], centre: Point, km: int) -> None:
    """The poles and the 180th meridian are places like others."""
    longitude, latitude = centre
    # The last metres are left to rounding.
    inside = {point for point in points if distance(centre, point) < km - 0.01}
    outside = {point for point in points if distance(centre, point) > km + 0.01}
    points_found = chosen(client, points, near=f"{latitude:.2f},{longitude:.2f},{km}")
    assert inside <= points_found
    assert not points_found & outside


@pytest.mark.parametrize(
    ("centre", "point"),
    [((0, 0), (180, 0)), ((45.1, 33.3), (-134.9, -33.3)), ((10.01, 89.99), (-169.99, -89.99)), ((0, 90), (0, -90))],
)
def test_the_other_end_of_the_world(client: Client, centre: Point, point: Point) -> None:
    """Antipodes, where rounding takes a haversine above one, which has no arc sine."""
    longitude, latitude = centre
    assert chosen(client, [point, centre], near=f"{latitude},{longitude},20038") == {point, centre}
    assert chosen(client, [point, centre], near=f"{latitude},{longitude},20000") == {centre}


@pytest.mark.slow
@settings(max_examples=300, parent=database)
@given(longitude=st.floats(-180, 180), latitude=st.floats(-90, 90))
def test_any_antipodes(client: Client, longitude: float, latitude: float) -> None:
    point = (longitude - 180 if longitude > 0 else longitude + 180, -latitude)
    asked = f"{latitude:.10f},{longitude:.10f},20038"
    assert chosen(client, [point], near=asked) == {point}


TINY: list[Point] = [(1e-200, 1e-200), (5e-324, -5e-324), (-1e-170, 0.0), (1e-15, 1e-15)]


def test_points_next_to_nothing(client: Client) -> None:
    """Products of such numbers vanish, which one of the engines takes for an error."""
    points = [*TINY, (0.0, 0.0)]
    expected = set(points)
    assert chosen(client, points, near="0,0,1") == expected
    assert chosen(client, points, near="0.000000000000001,0,1") == expected
    assert chosen(client, points, within=polygon([(-1, -1), (1, -1), (1, 1), (-1, 1), (-1, -1)])) == expected


@pytest.mark.parametrize("corner", TINY)
def test_corners_next_to_nothing(client: Client, corner: Point) -> None:
    ring: list[Point] = [corner, (2, 0), (2, 2), (0, 2), corner]
    assert (1, 1) in chosen(client, [*TINY, (1, 1), (0.0, 0.0)], within=polygon(ring))


def test_circles_around_a_city(client: Client) -> None:
    kabul, jalalabad, kunduz = (69.18, 34.53), (70.45, 34.43), (68.86, 36.73)
    points: list[Point] = [kabul, jalalabad, kunduz]
    for km, expected in ((1, {kabul}), (115, {kabul}), (118, {kabul, jalalabad}), (250, {*points})):
        assert chosen(client, points, near=f"34.53,69.18,{km}") == expected


def polygon(*rings: list[Point]) -> str:
    return json.dumps({"type": "Polygon", "coordinates": rings})


def star(points: int, turn: float, radii: list[float], centre: Point) -> list[Point]:
    """A ring that does not cross itself: its vertices go round the centre once."""
    angles = [turn + 2 * math.pi * n / points for n in range(points)]
    x, y = centre
    ring = [(round(x + r * math.cos(a), 3), round(y + r * math.sin(a), 3)) for a, r in zip(angles, radii, strict=True)]
    return [*ring, ring[0]]


STARS = st.integers(3, 12).flatmap(
    lambda n: st.builds(
        star,
        st.just(n),
        st.floats(0, 1),
        st.lists(st.integers(2, 20).map(float), min_size=n, max_size=n),
        st.just((10.0, 10.0)),
    )
)
NEARBY = st.lists(
    st.tuples(st.integers(-1000, 3000).map(lambda n: n / 100), st.integers(-1000, 3000).map(lambda n: n / 100)),
    max_size=15,
)


@database
@given(ring=STARS, points=NEARBY)
def test_any_polygon(client: Client, ring: list[Point], points: list[Point]) -> None:
    shape = shapely.Polygon(ring)
    points = [*points, ring[0]]
    # A point closer to an edge than a few centimetres may be on either side of it.
    sure = [point for point in points if shape.exterior.distance(shapely.Point(point)) > 1e-5 or point in ring]
    expected = {point for point in sure if shape.covers(shapely.Point(point))}
    assert chosen(client, sure, within=polygon(ring)) == expected


SQUARE: list[Point] = [(0, 0), (4, 0), (4, 4), (0, 4), (0, 0)]
HOLE: list[Point] = [(1, 1), (3, 1), (3, 3), (1, 3), (1, 1)]


@pytest.mark.parametrize(
    ("point", "inside"),
    [
        ((0.5, 0.5), True),
        ((2, 2), False),  # in the hole
        ((5, 2), False),
        ((0, 0), True),  # a corner
        ((4, 2), True),  # an edge
        ((2, 4), True),
        ((-0.001, 2), False),
        ((1, 0.999), True),
        ((1, 2), False),  # the hole's edge is the hole's
        ((3.001, 2), True),
    ],
)
def test_a_polygon_with_a_hole(client: Client, point: Point, inside: bool) -> None:
    for rings in ([SQUARE, HOLE], [SQUARE, HOLE[::-1]], [SQUARE[::-1], HOLE]):
        assert (chosen(client, [point], within=polygon(*rings)) == {point}) is inside


def test_polygons_of_every_winding_and_start(client: Client) -> None:
    points: list[Point] = [(2, 2), (5, 5)]
    for turn in range(4):
        ring = [*SQUARE[turn:-1], *SQUARE[:turn], SQUARE[turn]]
        assert chosen(client, points, within=polygon(ring)) == {(2, 2)}
        assert chosen(client, points, within=polygon(ring[::-1])) == {(2, 2)}


def test_a_thousand_vertices(client: Client) -> None:
    ring = star(999, 0, [5.0] * 999, (10.0, 10.0))
    assert len(ring) == 1000
    assert chosen(client, [(10, 10), (16, 10)], within=polygon(ring)) == {(10, 10)}


def test_altitudes_and_other_members_are_passed_over(client: Client) -> None:
    ring = [[x, y, 100.5] for x, y in SQUARE]
    shape = json.dumps({"type": "Polygon", "coordinates": [ring], "bbox": [0, 0, 4, 4]})
    assert chosen(client, [(2, 2), (5, 5)], within=shape) == {(2, 2)}


def test_places_filter_together(client: Client) -> None:
    points: list[Point] = [(1, 1), (2, 2), (3, 3)]
    assert chosen(client, points, bbox="0,0,2,2", near="3,3,200") == {(2, 2)}
    assert chosen(client, points, within=polygon(SQUARE), bbox="2.5,2.5,9,9") == {(3, 3)}


def test_no_row_without_a_point_is_chosen(client: Client) -> None:
    public.incident()
    for asked in ({"bbox": "-180,-90,180,90"}, {"near": "0,0,20038"}, {"within": polygon(SQUARE)}):
        assert client.get(path_of("incidents", **asked)).json()["count"] == 0
