"""What rain makes of the ground is no spill and no dump, and soil in rain is one."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import cast

import numpy as np
import pytest

from config.camera import CameraZone, CameraZoneKind
from detection.leftover import Leftover
from detection.picture_zones import PictureZone
from detection.remain import Remain
from detection.rules.found_remain import Found
from detection.rules.puddle import may_be_a_puddle
from detection.scene_view import SceneView

BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
REGION = np.ones((4, 4), bool)
MIRROR = Leftover(
    region=REGION, blob_area=300, area=300, age_s=6.0, since_s=6.0, box=(0, 0, 4, 4),
    cluster=(0, 0, 4, 4), contrast=16.0, added=1.4, displaced=0.1, at_border=False,
    gain=1.2, tint=-0.02,
)  # fmt: skip


def found(first: Leftover, kind: CameraZoneKind, name: str | None = None, at_s: float = 0) -> Found:
    began_at = BEGIN + timedelta(seconds=at_s)
    remain = Remain(1, first, REGION, first.box, began_at, began_at, first.area)
    zone = CameraZone("z", kind, ((0, 0), (1, 0), (1, 1)))
    return Found(remain, PictureZone(zone, REGION), None, name, 0.6 if name else 0.0)


def seen(*, rain: bool, rain_began_at: datetime | None = None) -> SceneView:
    return cast("SceneView", SimpleNamespace(may_rain=rain, rain_began_at=rain_began_at))


ROAD, VERGE = CameraZoneKind.ROAD, CameraZoneKind.NO_DUMP


@pytest.mark.parametrize(
    ("one", "puddle"),
    [
        (found(MIRROR, ROAD), True),
        (found(MIRROR, VERGE), True),
        (found(MIRROR, ROAD, "spill_liquid"), False),  # the model knows it
        (found(replace(MIRROR, tint=0.13), ROAD), False),  # soil
        (found(replace(MIRROR, gain=0.6), ROAD), False),  # slurry
        (found(replace(MIRROR, gain=1.1), ROAD), True),
        (found(replace(MIRROR, gain=1.05), ROAD), False),  # as bright as the ground: no mirror
        (found(replace(MIRROR, contrast=45.0), ROAD), True),
        (found(replace(MIRROR, contrast=24.0), VERGE), True),
        (found(replace(MIRROR, contrast=24.0, crossing=0.78), VERGE), False),  # a pale heap
        (found(replace(MIRROR, contrast=45.0), VERGE), False),  # a pale bag
        (found(replace(MIRROR, tint=-0.4), VERGE), False),  # a grey sofa on grass
    ],
)
def test_in_rain_what_mirrors_is_told_from_matter_by_its_colour(one: Found, puddle: bool) -> None:
    assert may_be_a_puddle(one, seen(rain=True)) is puddle
    assert not may_be_a_puddle(one, seen(rain=False))


@pytest.mark.parametrize(("at_s", "puddle"), [(-20.0, False), (30.0, True), (60.0, False)])
def test_as_rain_begins_a_road_gets_dark_in_patches(at_s: float, puddle: bool) -> None:
    dark = replace(MIRROR, gain=0.7)
    view = seen(rain=True, rain_began_at=BEGIN)
    assert may_be_a_puddle(found(dark, ROAD, at_s=at_s), view) is puddle
    assert not may_be_a_puddle(found(dark, VERGE, at_s=at_s), view)
    assert not may_be_a_puddle(found(replace(dark, tint=0.2), ROAD, at_s=at_s), view)
