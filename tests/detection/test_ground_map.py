"""The picture tied to the map, on pinhole cameras whose truth is known."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from config.camera import Camera, CameraRole, GroundPoint
from config.degrees import metres_per_degree
from config.ground_fit import GroundFitError, fit_ground
from demo.scenes.view import View
from detection.ground_map import GroundMap, footprints

LON, LAT = 119.94, 31.70


class Placed:
    """A `View` that looks towards `heading_deg`: where its world's y axis points."""

    def __init__(self, view: View, heading_deg: float) -> None:
        self.view = view
        a = np.radians(heading_deg)
        self._turn = np.array([[np.cos(a), np.sin(a)], [-np.sin(a), np.cos(a)]])

    def degrees(self, world: np.ndarray) -> np.ndarray:
        return (LON, LAT) + (world @ self._turn.T) / metres_per_degree(LAT)

    def fractions(self, world: np.ndarray) -> np.ndarray:
        flat = np.column_stack([world, np.zeros(len(world))])
        pixels, _ = self.view.project(flat)
        return pixels / (self.view.width_px, self.view.height_px)

    def points(self, world: np.ndarray) -> tuple[GroundPoint, ...]:
        pairs = zip(self.fractions(world), self.degrees(world), strict=True)
        return tuple(GroundPoint(*map(float, f), *map(float, d)) for f, d in pairs)


def camera(points: tuple[GroundPoint, ...]) -> Camera:
    return Camera("c", "c", "", LON, LAT, None, CameraRole.GATE, ground_points=points)


def random_camera(seed: int) -> tuple[Placed, np.random.Generator]:
    rng = np.random.default_rng(seed)
    view = View(1920, 1080, rng.uniform(4, 8), rng.uniform(14, 35), rng.uniform(0.7, 1.2))
    return Placed(view, rng.uniform(0, 360)), rng


def ground(rng: np.random.Generator, placed: Placed, count: int) -> np.ndarray:
    """Places that the camera sees, spread over the lower two thirds of the picture."""
    x, y, reach = placed.view.ground
    rows = rng.uniform(0.4, 0.95, 4000) * placed.view.height_px
    columns = rng.uniform(0.05, 0.95, 4000) * placed.view.width_px
    r, c = rows.astype(int), columns.astype(int)
    near = reach[r, c] < 45
    return np.column_stack([x[r, c], y[r, c]])[near][:count]


FOUR = np.array([(-4.0, 9.0), (4.0, 10.0), (9.0, 24.0), (-9.0, 26.0)])


@pytest.mark.parametrize("seed", range(12))
def test_four_points_give_the_map_exactly(seed):
    placed, rng = random_camera(seed)
    found = GroundMap.of(camera(placed.points(FOUR)))
    assert found is not None
    there = ground(rng, placed, 200)
    degrees, sigma_m = found.places(placed.fractions(there))
    off_m = (degrees - placed.degrees(there)) * metres_per_degree(LAT)
    assert np.abs(off_m).max() < 1e-5
    assert (sigma_m > 0).all()
    assert found.fit.residuals_m.max() < 1e-7
    back = found.picture_points(placed.degrees(there))
    assert np.abs(back - placed.fractions(there)).max() < 1e-8


def test_many_exact_points_give_what_opencv_gives():
    placed, rng = random_camera(3)
    there = ground(rng, placed, 12)
    found = fit_ground(placed.points(there))
    metres = found.metres_of(placed.degrees(there))
    theirs, _ = cv2.findHomography(placed.fractions(there), metres)
    ours = found.matrix / found.matrix[2, 2]
    assert ours == pytest.approx(theirs, rel=1e-4, abs=1e-6)


def test_what_is_above_the_horizon_has_no_place():
    placed = Placed(View(1280, 720, 6, 12, 0.9), 80)
    found = GroundMap.of(camera(placed.points(FOUR)))
    horizon = placed.view.horizon_px / placed.view.height_px
    assert 0 < horizon < 0.5
    assert found.place(0.5, horizon - 0.01) is None
    assert found.metres_per_px(0.5, horizon - 0.01, (1280, 720)) is None
    near, far = found.place(0.5, 0.9), found.place(0.5, horizon + 0.02)
    assert near.uncertainty_m < 0.5
    assert far.uncertainty_m > 3
    behind = placed.degrees(np.array([[0.0, -20.0]]))
    assert np.isnan(found.picture_points(behind)).all()


def test_metres_to_a_pixel_are_those_of_the_lens():
    placed = Placed(View(1280, 720, 6, 20, 0.9), 0)
    found = GroundMap.of(camera(placed.points(FOUR)))
    there = np.array([[0.0, 20.0]])
    x, y = placed.fractions(there)[0]
    depth = 20 * np.cos(np.radians(20)) + 6 * np.sin(np.radians(20))
    expected = depth / (0.9 * 1280)
    assert found.metres_per_px(x, y, (1280, 720)) == pytest.approx(expected, rel=1e-5)


def test_the_uncertainty_is_what_marking_errors_make():
    """300 placements marked with errors: where points fall scatters as far as was said."""
    placed, rng = random_camera(5)
    marked = np.vstack([FOUR, [(0.0, 15.0), (5.0, 17.0)]])
    fractions, degrees = placed.fractions(marked), placed.degrees(marked)
    spot = np.array([[1.5, 14.0]])
    picture = placed.fractions(spot)
    said, landed = [], []
    for _ in range(300):
        seen = fractions + rng.normal(0, 0.003, fractions.shape)
        mapped = degrees + rng.normal(0, 0.3, degrees.shape) / metres_per_degree(LAT)
        pairs = zip(seen, mapped, strict=True)
        found = GroundMap.of(camera(tuple(GroundPoint(*f, *d) for f, d in pairs)))
        place = found.place(*(picture[0] + rng.normal(0, 0.003, 2)))
        said.append(place.uncertainty_m)
        landed.append(((place.lon, place.lat) - placed.degrees(spot)[0]) * metres_per_degree(LAT))
    greatest = np.sqrt(np.linalg.eigvalsh(np.cov(np.array(landed).T))[-1])
    assert np.median(said) == pytest.approx(greatest, rel=0.35)


def test_a_wrong_point_shows_in_the_residuals():
    placed, _ = random_camera(7)
    points = list(placed.points(np.vstack([FOUR, [(0.0, 15.0), (5.0, 17.0)]])))
    wrong = points[4]
    points[4] = GroundPoint(wrong.x, wrong.y, wrong.lon, wrong.lat + 6 / 111_000)
    residuals = fit_ground(tuple(points)).residuals_m
    assert residuals.max() > 1.0
    assert fit_ground(tuple(points[:4])).residuals_m.max() < 1e-6


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda p: p[:3], "at least 4"),
        (lambda p: [*p[:3], GroundPoint((p[0].x + p[1].x) / 2, (p[0].y + p[1].y) / 2, LON, LAT)],
         "in a line in the picture"),
        (lambda p: [*p[:3], GroundPoint(p[3].x, p[3].y, (p[0].lon + p[1].lon) / 2,
                                        (p[0].lat + p[1].lat) / 2)], "in a line on the map"),
        (lambda p: [GroundPoint(p[0].x, p[0].y, p[1].lon, p[1].lat),
                    GroundPoint(p[1].x, p[1].y, p[0].lon, p[0].lat), *p[2:]], "wrong way round"),
    ],
)  # fmt: skip
def test_points_that_give_no_map_say_why(change, message):
    points = change(list(Placed(View(1280, 720, 6, 20, 0.9), 40).points(FOUR)))
    with pytest.raises(GroundFitError, match=message):
        fit_ground(tuple(points))
    assert GroundMap.of(camera(tuple(points))) is None


def test_without_ground_points_there_is_no_map():
    assert GroundMap.of(camera(())) is None


@pytest.mark.parametrize(("speed_kmh", "turn_deg"), [(12.0, 0.0), (30.0, 90.0), (55.0, 215.0)])
def test_speed_and_heading_of_a_track(speed_kmh, turn_deg):
    placed = Placed(View(1920, 1080, 6, 20, 0.9), 40)
    found = GroundMap.of(camera(placed.points(FOUR)))
    times = np.arange(0, 1.6, 0.2)
    way = np.array([np.sin(np.radians(turn_deg)), np.cos(np.radians(turn_deg))])
    world = np.array([0.0, 16.0]) + ((times - 0.8) * speed_kmh / 3.6)[:, None] * way
    feet = placed.fractions(world) * (1920, 1080)
    rng = np.random.default_rng(1)
    noisy = feet + rng.normal(0, 2, feet.shape)
    noisy[3] += (60, 90)  # one box that took a shadow in
    boxes = [(x - 40, y - 60, x + 40, y) for x, y in noisy]
    moved = found.motion(boxes, list(times), (1920, 1080))
    assert abs(moved.speed_kmh - speed_kmh) < max(3 * moved.speed_error_kmh, 0.5)
    assert moved.speed_error_kmh < 0.12 * speed_kmh + 1.5
    heading = (40 + turn_deg) % 360
    assert abs((moved.heading_deg - heading + 180) % 360 - 180) < 3 * moved.heading_error_deg + 0.5


def test_boxes_cut_by_the_edge_say_nothing_of_the_speed():
    placed = Placed(View(1920, 1080, 6, 20, 0.9), 40)
    found = GroundMap.of(camera(placed.points(FOUR)))
    cut = [(100.0 + 30 * i, 500.0, 400.0 + 30 * i, 1080.0) for i in range(8)]
    assert found.motion(cut, [0.2 * i for i in range(8)], (1920, 1080)) is None
    _feet, seen = footprints([(1, 2, 50, 90), (300, 2, 500, 90)], (1920, 1080))
    assert list(seen) == [False, True]
