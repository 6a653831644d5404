"""Who stands or parks and was not seen to come is not told, until the model names it a thing."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest

from config.camera import CameraZoneKind
from detection.detections import Detections
from detection.leftover import Leftover
from detection.picture_zones import WHOLE_PICTURE
from detection.remain import Remain, RemainsChange
from detection.rules.told_remains import ToldRemains
from detection.rules.zone_remains import ZoneRemains
from detection.scene_event import Box
from detection.scene_view import SceneView
from detection.tracking import MOVING, Track

BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
SIZE = (640, 360)
# 20 m wide and 40 m deep: a pixel is 0.03 m wide and 0.11 m deep, wherever.
GROUND = SimpleNamespace(
    fit=SimpleNamespace(metres=lambda points: points * [20, 40]), metres_per_px=lambda *_: 20 / 640
)
ROAD, VERGE = CameraZoneKind.ROAD, CameraZoneKind.NO_DUMP
NAMES = ("person", "bag", "spill_solid", "spill_liquid", "waste_pile", "bulky_item")


def remain(
    box: Box,
    *,
    filled: float = 1.0,
    wet: bool = False,
    added: float = 1.2,
    steep: float = 0.2,
    displaced: float = 0.1,
    crossing: float = 0.0,
    at_s: float = 0.0,
) -> Remain:
    region = np.zeros(SIZE[::-1], bool)
    x1, y1, x2, y2 = (int(n) for n in box)
    region[y1:y2, x1 : x1 + round((x2 - x1) * filled)] = True
    first = Leftover(
        region=region, blob_area=1, area=1, age_s=5.0, since_s=5.0, box=box, cluster=box,
        contrast=40.0, added=added, displaced=displaced, at_border=False, wet=wet, steep=steep,
        crossing=crossing,
    )  # fmt: skip
    at = BEGIN + timedelta(seconds=at_s)
    return Remain(1, first, region, box, at, at, int(region.sum()))


def named(name: str, box: Box, score: float = 0.7) -> Detections:
    return Detections(
        np.array([box], np.float32), np.array([score], np.float32),
        np.array([NAMES.index(name)]), dict(enumerate(NAMES)),
    )  # fmt: skip


@dataclass
class Scene:
    """The views of one camera with one zone all over its picture."""

    kind: CameraZoneKind
    ground: Any = field(default_factory=lambda: GROUND)
    tracks: dict[int, Track] = field(default_factory=dict)

    def view(
        self, change: RemainsChange | None = None, seen: Detections | None = None
    ) -> SceneView:
        return cast(
            "SceneView",
            SimpleNamespace(
                at=BEGIN + timedelta(seconds=20), suspended=False, ground=self.ground,
                camera=SimpleNamespace(zones=(replace(WHOLE_PICTURE, kind=self.kind),)),
                look=SimpleNamespace(changed=np.zeros(SIZE[::-1], bool)),
                frame=SimpleNamespace(size_px=SIZE), tracks=self.tracks,
                remains=change or RemainsChange(), detections=seen or Detections.none(),
            ),
        )  # fmt: skip


VAN: Box = (100, 100, 200, 180)  # 3.1 m wide, 8.9 m deep as if it lay flat
STRIPE: Box = (100, 100, 300, 130)  # 6.2 m by 3.3 m
LAMP: Box = (300, 100, 316, 164)
TRAIL: Box = (400, 100, 440, 190)  # 1.3 m wide
WALKER: Box = (400, 100, 420, 145)
AWAY: Box = (300, 0, 340, 40)
CLOUD: Box = (50, 100, 250, 250)  # 6.2 m by 16.7 m
DROP: Box = (300, 200, 309, 211)  # 99 pixels


@pytest.mark.parametrize(
    ("kind", "one", "name", "told"),
    [
        (ROAD, remain(VAN), None, False),
        (ROAD, remain(VAN), "bag", False),  # no bag is as large as a van
        (ROAD, remain(VAN), "spill_solid", True),
        (ROAD, remain(VAN, filled=0.5), None, True),  # ragged, as what is spilled
        (ROAD, remain(STRIPE), None, True),
        (VERGE, remain(VAN), None, True),  # a truckload
        (VERGE, remain(CLOUD), None, False),
        (VERGE, remain(CLOUD), "waste_pile", True),
        (VERGE, remain(LAMP), None, False),
        (VERGE, remain(LAMP, wet=True), None, True),
        (VERGE, remain(LAMP), "bulky_item", True),
        (VERGE, remain(WALKER), None, True),  # a wardrobe
        (VERGE, remain((400, 100, 420, 160)), None, False),  # somebody
        (ROAD, remain(WALKER), None, False),
        (ROAD, remain(WALKER), "bag", True),
        (ROAD, remain(TRAIL, filled=0.5), None, True),
        (VERGE, remain(STRIPE, wet=True), None, True),
        (VERGE, remain(STRIPE, wet=True, added=0.7), None, False),  # a shadow
        (ROAD, remain(STRIPE, wet=True, added=0.7), None, True),  # slurry across lines
        (ROAD, remain(STRIPE, wet=True, added=0.7, steep=0.08), None, False),  # light that is gone
        (ROAD, remain(STRIPE, wet=True, added=0.7, steep=0.08), "spill_liquid", True),
        (ROAD, remain(STRIPE, wet=True, added=0.7, steep=0.08, crossing=0.3), None, True),
        (VERGE, remain(STRIPE, added=0.7), None, True),
        (VERGE, remain(DROP), None, False),  # too little of it to say
        (VERGE, remain(DROP), "bag", True),
        (ROAD, remain(DROP), None, True),  # a clod
        (ROAD, remain(DROP, displaced=0.4), None, False),  # a patch that dries
        (ROAD, remain(STRIPE, displaced=0.4), None, True),
        (VERGE, remain(AWAY), None, False),  # who knows how far up it goes
        (VERGE, remain(AWAY), "bulky_item", True),
    ],
)
def test_a_remain_is_told_by_its_place_and_size_or_by_its_name(
    kind: CameraZoneKind, one: Remain, name: str | None, told: bool
) -> None:
    seen = named(name, one.box) if name else None
    assert bool(ZoneRemains(kind).found(Scene(kind).view(RemainsChange([one]), seen))) is told


def test_without_a_ground_map_nobody_knows_how_large_it_is() -> None:
    for kind, box in ((ROAD, VAN), (VERGE, CLOUD)):
        view = Scene(kind, ground=None).view(RemainsChange([remain(box)]))
        assert len(ZoneRemains(kind).found(view)) == 1


def test_a_doubt_is_lifted_where_the_model_names_it_surely_and_again() -> None:
    scene, remains, one = Scene(VERGE), ZoneRemains(VERGE), remain(LAMP)
    assert not remains.found(scene.view(RemainsChange([one])))
    assert not remains.found(scene.view(RemainsChange(grown=[one])))
    for _ in range(5):
        assert not remains.found(scene.view(seen=named("bag", LAMP, 0.4)))  # not sure
        assert not remains.found(scene.view(seen=named("person", LAMP)))
    pictures = [remains.found(scene.view(seen=named("bag", LAMP))) for _ in range(4)]
    assert [len(found) for found in pictures] == [0, 0, 1, 0]
    assert pictures[2][0].class_name == "bag"


def test_a_patch_of_road_that_dries_may_grow() -> None:
    scene, remains, one = Scene(ROAD), ZoneRemains(ROAD), remain(DROP, displaced=0.4)
    assert not remains.found(scene.view(RemainsChange([one])))
    one.region[200:216, 300:314] = True
    assert not remains.found(scene.view(RemainsChange(grown=[one])))


def test_what_was_too_small_to_tell_is_told_when_it_has_grown() -> None:
    scene, remains, one = Scene(VERGE), ZoneRemains(VERGE), remain(DROP)
    assert not remains.found(scene.view(RemainsChange([one])))
    one.region[200:211, 300:310] = True
    (found,) = remains.found(scene.view(RemainsChange(grown=[one])))
    assert found.remain is one
    one.told = True
    assert not any(remains.found(scene.view(seen=named("bag", DROP))) for _ in range(4))


def test_what_is_gone_is_not_told_any_more() -> None:
    scene, remains, one = Scene(VERGE), ZoneRemains(VERGE), remain(LAMP)
    remains.found(scene.view(RemainsChange([one])))
    remains.found(scene.view(RemainsChange(ended=[one])))
    assert not any(remains.found(scene.view(seen=named("bag", LAMP))) for _ in range(4))


def drives(
    number: int,
    name: str,
    *,
    from_s: float,
    to_s: float,
    top: float = 60.0,
    lost_at_px: float = 999,
) -> Track:
    """From left to right through the picture."""
    track = Track(number, BEGIN + timedelta(seconds=from_s))
    for second in np.arange(from_s, to_s + 0.1, 0.2):
        x = float(640 * (second - from_s) / (to_s - from_s))
        if x > lost_at_px:
            break
        at = BEGIN + timedelta(seconds=float(second))
        track.path.append((at, (x - 100, top, x + 100, 300.0)))
        track.votes[name] += 1
    return track


CLOD: Box = (80, 200, 110, 220)
NEXT: Box = (500, 200, 530, 220)


def test_what_lies_on_a_road_was_lost_by_a_vehicle_though_a_walker_was_nearer() -> None:
    walker = drives(1, "person", from_s=-0.5, to_s=4)
    truck = drives(2, "muck_truck", from_s=-4, to_s=1)
    for tracks, kind, passer in (
        ([walker, truck], ROAD, 2),
        ([walker, truck], VERGE, 1),
        ([walker], ROAD, 1),
    ):
        scene = Scene(kind, tracks={track.track_id: track for track in tracks})
        (found,) = ZoneRemains(kind).found(scene.view(RemainsChange([remain(CLOD)])))
        assert found.passer is not None
        assert found.passer.track_id == passer


@pytest.mark.parametrize(("after_s", "joined"), [(4.0, True), (9.0, False)])
def test_what_one_passed_within_a_moment_is_one_spill_whoever_is_named(
    after_s: float, joined: bool
) -> None:
    """By night a truck has one id here and another there; the ids that passed both are common."""
    common = drives(7, MOVING, from_s=-2, to_s=after_s + 2, top=210)
    near = drives(8, "muck_truck", from_s=-1, to_s=0.5, lost_at_px=300)
    scene = Scene(ROAD, tracks={7: common, 8: near})
    first = remain(CLOD)
    second = replace(remain(NEXT, at_s=after_s), number=2)
    remains, told = ZoneRemains(ROAD), ToldRemains("spillage", along_a_way=True)
    (one,) = remains.found(scene.view(RemainsChange([first])))
    (other,) = remains.found(scene.view(RemainsChange([second])))
    assert one.passer is not None
    assert other.passer is not None
    assert (one.passer.track_id, other.passer.track_id) == (8, 7)
    groups = told.together([one, other], 0.0, SIZE[0])
    assert (len(groups) == 1) is joined


@pytest.mark.parametrize(("apart_px", "joined"), [(45, True), (60, False)])
def test_what_begins_beside_a_thing_soon_after_it_is_a_part_of_it(
    apart_px: int, joined: bool
) -> None:
    """Beside: within 8 % of the picture's width, 51 px of 640."""
    scene = Scene(VERGE)
    _, y1, x2, y2 = CLOD
    beside: Box = (x2 + apart_px, y1, x2 + apart_px + 30, y2)
    later = replace(remain(beside, at_s=8.0), number=2)
    both = ZoneRemains(VERGE).found(scene.view(RemainsChange([remain(CLOD), later])))
    groups = ToldRemains("illegal_dumping").together(both, 0.0, SIZE[0])
    assert (len(groups) == 1) is joined
