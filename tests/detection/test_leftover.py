"""What a still region is measured to be, against the scene that was there before."""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

import cv2
import numpy as np
import pytest

from detection.background import Background, Look, Picture
from detection.leftover import Leftover, leftovers

SHAPE = (180, 320)
PLACE = np.s_[60:100, 100:150]


class TwoPictures:
    """`Background`, as far as a region is measured against it."""

    def __init__(self, now: Picture, before: Picture) -> None:
        self._now, self._before = now, before

    def patch(self, rows: slice, columns: slice) -> tuple[Picture, Picture]:
        return self._now[rows, columns], self._before[rows, columns]


def road() -> Picture:
    return np.full((*SHAPE, 3), (92.0, 96.0, 100.0), np.float32)


def snowy() -> Picture:
    """Snow in bands on the road, 6 px of each 28 clear."""
    picture = road()
    for row in range(0, SHAPE[0], 28):
        picture[row : row + 22] = 190
    return picture


def measured(now: Picture, before: Picture) -> Leftover:
    soft_now, soft_before = (
        cv2.GaussianBlur(p, (5, 5), 0).astype(np.float32) for p in (now, before)
    )
    still = np.ones(SHAPE, bool)
    changed = np.abs(soft_now - soft_before).max(axis=2) > 11
    age_s = np.where(changed, 6.0, 0.0).astype(np.float32)
    look = Look(
        ready=True, changed=changed, still=still, age_s=age_s,
        onset_s=np.where(changed, 30.0, np.nan).astype(np.float32), at_s=36.0, scale=1.0,
        lasting=changed,
    )  # fmt: skip
    found = leftovers(look, cast("Background", TwoPictures(soft_now, soft_before)), 5.0)
    return max(found, key=lambda one: one.area)


def with_block(picture: Picture, colour: tuple[float, float, float]) -> Picture:
    there = picture.copy()
    there[PLACE] = colour
    return there


@pytest.mark.parametrize("came", [True, False])
def test_before_a_pattern_an_outline_of_its_own_makes_a_thing(came: bool) -> None:
    """A pale box before bands of snow: they stood out more, and it hides them."""
    empty = snowy()
    full = with_block(empty, (170.0, 170.0, 170.0))
    one = measured(full, empty) if came else measured(empty, full)
    assert (one.added > 0) is not came
    assert one.was_plainly_added is came


@pytest.mark.parametrize(
    ("colour", "browner"),
    [((50.0, 70.0, 100.0), True), ((60.0, 62.0, 65.0), False), ((130.0, 134.0, 138.0), False)],
)
def test_soil_is_browner_than_the_road_and_water_is_not(
    colour: tuple[float, float, float], browner: bool
) -> None:
    assert (measured(with_block(road(), colour), road()).tint > 0.1) is browner


def glow(levels: float, spread_px: float) -> Callable[[Picture], Picture]:
    rows, columns = np.mgrid[: SHAPE[0], : SHAPE[1]]
    away = np.hypot(rows - 80, columns - 140)
    pool = levels * np.exp(-((away / spread_px) ** 2))
    return lambda picture: (picture + pool[:, :, None]).astype(np.float32)


def test_a_faint_glow_is_light_whatever_its_size_and_a_dark_stain_is_none() -> None:
    assert measured(glow(22, 14)(road()), road()).is_light
    assert measured(glow(60, 60)(road()), road()).is_light
    stain = measured(glow(-60, 60)(road()), road())
    assert stain.steep < 0.1  # as soft as light
    assert not stain.is_light
    assert stain.was_plainly_added
    assert measured(road(), glow(60, 60)(road())).is_light  # a lamp that went out
