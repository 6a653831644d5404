"""Whether a picture is still the one that zones were drawn in, on rendered scenes."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

from benchmarks.faulty_pictures import SIZE_PX, Aim, gain, headlights, seen, snow, truck_side
from demo.scenes.light import make_light
from demo.scenes.random_scene import random_place
from demo.scenes.stage import Stage
from detection.registration import Reference, View, register


@cache
def scene(seed: int, condition: str) -> np.ndarray:
    """Larger than what the camera sees of it."""
    place = random_place(seed, 960, 540)
    rng = np.random.default_rng((seed, 9))
    stage = Stage(place.view, place.backdrop, make_light(condition, place.road, rng), rng)
    return stage.draw([], [], np.random.default_rng((seed, 1))).image


@cache
def reference(seed: int) -> Reference:
    return Reference(seen(scene(seed, "day")))


CONDITIONS = ("day", "dusk", "night", "rain")
PLACES = range(4)


@pytest.mark.parametrize("condition", CONDITIONS)
@pytest.mark.parametrize("seed", PLACES)
def test_the_same_view_is_known_in_any_light(seed, condition):
    found = reference(seed).register(seen(scene(seed, condition)))
    assert found.view is View.SAME
    assert found.moved_share < 0.002


@pytest.mark.parametrize("condition", ["day", "night"])
@pytest.mark.parametrize(("x_px", "y_px"), [(2, 1), (5, -3), (-7, 0)])
def test_a_small_drift_is_measured(condition, x_px, y_px):
    for seed in PLACES:
        found = reference(seed).register(seen(scene(seed, condition), Aim(x_px, y_px)))
        assert found.view is View.SAME
        assert found.shift_px(*SIZE_PX) == pytest.approx((x_px, y_px), abs=0.9)


@pytest.mark.parametrize(
    ("aim", "moved_share"),
    [
        (Aim(x_px=17), 0.0266),
        (Aim(x_px=-64, y_px=10), 0.101),
        (Aim(x_px=150), 0.234),
        (Aim(turn_deg=6), 0.042),
        (Aim(zoom=1.12), 0.049),
    ],
)
def test_a_re_aimed_camera_is_told_with_how_far(aim, moved_share):
    results = [reference(seed).register(seen(scene(seed, "day"), aim)) for seed in PLACES]
    assert all(r.view is not View.SAME for r in results)
    found = [r for r in results if r.view is View.MOVED]
    assert len(found) >= 3
    for r in found:
        assert r.moved_share == pytest.approx(moved_share, rel=0.12)
        assert r.rotation_deg == pytest.approx(aim.turn_deg, abs=0.5)
        assert r.scale == pytest.approx(aim.zoom, abs=0.03)


def test_another_place_is_never_the_same():
    for seed in PLACES:
        others = [other for other in (*PLACES, 11, 12) if other != seed]
        for other in others:
            assert reference(seed).register(seen(scene(other, "day"))).view is not View.SAME


@pytest.mark.parametrize(
    "distort", [truck_side(0.5), truck_side(0.7), headlights, snow, gain(0.5), gain(1.7)]
)
def test_what_stands_before_it_or_falls_does_not_move_it(distort):
    for seed in PLACES:
        found = reference(seed).register(distort(seen(scene(seed, "day")), 3))
        assert found.view is View.SAME
        assert found.moved_share < 0.004


def test_a_truck_hides_the_tiles_it_covers():
    found = reference(0).register(truck_side(0.5)(seen(scene(0, "day")), 3))
    corners = np.array(reference(0).corners)
    left, right = corners[:, 0] < 100, corners[:, 0] > 200
    low = corners[:, 1] > 40
    assert found.found[left & low].mean() < 0.2
    assert found.found[right].mean() > 0.9


def test_nothing_is_said_of_an_even_picture():
    even = np.full((SIZE_PX[1], SIZE_PX[0], 3), 90, np.uint8)
    found = reference(0).register(even)
    assert found.view is View.UNSURE
    assert found.texture < 0.05
    blank = Reference(even)
    assert not blank.recognisable
    assert blank.register(seen(scene(0, "day"))).view is View.UNSURE


def test_of_several_lights_the_one_that_agrees_is_taken():
    night = Reference(seen(scene(1, "night")))
    found, taken = register([reference(1), night], seen(scene(1, "night")))
    assert taken is night
    assert found.agreement > 0.9


def test_another_shape_of_picture_is_not_compared():
    assert reference(0).register(seen(scene(0, "day"))[:, :400]).view is View.UNSURE
