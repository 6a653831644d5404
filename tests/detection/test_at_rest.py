"""Who came and who went tells a mover at rest from what one left behind."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from detection.at_rest import Moment, is_mover_at_rest, looks_like_somebody, somebody_left
from detection.scene_event import Box
from detection.tracking import Track

BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
SIZE = (640, 360)
SPOT: Box = (300, 200, 320, 250)
WIDE, TALL = 20.0, 50.0


def at(second: float) -> datetime:
    return BEGIN + timedelta(seconds=second)


def walk(*keys: tuple[float, float], size: tuple[float, float] = (WIDE, TALL)) -> Track:
    """A box that stands on the spot's ground line; keys of (second, left side)."""
    seconds = np.arange(keys[0][0], keys[-1][0] + 0.01, 0.2)
    lefts = np.interp(seconds, [k[0] for k in keys], [k[1] for k in keys])
    track = Track(int(keys[0][0] * 10 + keys[0][1]), at(keys[0][0]))
    for second, left in zip(seconds, lefts, strict=True):
        box = (float(left), 250 - size[1], float(left) + size[0], 250.0)
        track.path.append((at(float(second)), box))
    return track


COMES = walk((2, 100), (6, 300), (20, 300))  # and its box is still on the spot at 20 s
GOES = walk((8, 325), (14, 600))  # came to light beside the spot
PASSES = walk((5, 100), (12, 600))
OWN = walk((7, 300), (20, 300))  # of what lies there


@pytest.mark.parametrize(
    ("tracks", "rests"),
    [
        ([COMES], True),
        ([COMES, GOES], False),  # its box stayed on the thing, the walker's began beside it
        ([OWN, PASSES], False),
        ([], False),
        ([OWN], False),
        ([COMES, PASSES], True),
        # Somebody passes who stands, and the two swap their ids.
        ([COMES, walk((7, 100), (10, 296)), walk((10.4, 324), (15, 600))], True),
        # A child of the parked car goes: too small to be the car itself.
        ([walk((2, 40), (6, 300), (20, 300)), walk((8, 318), (14, 600), size=(8, 18))], True),
        # What stands still since 7 s did not come at 10 s: the id of somebody passed to it.
        ([walk((8, 100), (10, 300), (20, 300))], False),
        ([walk((5, 100), (8, 300), (20, 300))], True),
        # Long ago.
        ([walk((-60, 100), (-40, 300))], False),
    ],
)
def test_who_came_and_who_went(tracks: Sequence[Track], rests: bool) -> None:
    moment = Moment(at(20), at(7), SIZE)
    assert is_mover_at_rest(SPOT, tracks, moment) is rests


def test_who_leaves_by_the_pictures_edge_is_of_unknown_size() -> None:
    place: Box = (560, 200, 600, 250)
    comes = walk((2, 300), (6, 560), (20, 560), size=(40, 50))
    goes = walk((8, 602), (12, 634), size=(6, 12))
    moment = Moment(at(20), at(7), SIZE)
    assert is_mover_at_rest(place, [comes], moment)
    assert not is_mover_at_rest(place, [comes, goes], moment)


def test_a_box_that_held_two_and_holds_one_lost_somebody() -> None:
    track = walk((2, 100), (6, 300), (8, 300))
    for second in np.arange(8.2, 9.2, 0.2):
        track.path.append((at(float(second)), (296.0, 196.0, 345.0, 250.0)))
    for second in np.arange(9.2, 20, 0.2):
        track.path.append((at(float(second)), SPOT))
    assert not is_mover_at_rest(SPOT, [track], Moment(at(20), at(7), SIZE))


def test_upright_things_are_doubted_until_somebody_left() -> None:
    assert looks_like_somebody(SPOT, [PASSES])
    assert not looks_like_somebody((300, 230, 320, 250), [PASSES])  # low
    assert not looks_like_somebody(SPOT, [walk((5, 100), (12, 600), size=(6, 12))])
    assert somebody_left(SPOT, at(7), [GOES])
    assert not somebody_left(SPOT, at(7), [PASSES])
    assert not somebody_left(SPOT, at(60), [GOES])
