"""What a still region is held to be, on made-up regions and ways."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from detection.leftover import Leftover
from detection.remain_verdict import Judge, Verdict
from detection.scene_event import Box
from detection.tracking import MOVING, Track

BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
SHAPE = (360, 640)
BAG: Box = (300.0, 220.0, 330.0, 250.0)
FAR_AWAY: Box = (500.0, 100.0, 540.0, 120.0)


def at(second: float) -> datetime:
    return BEGIN + timedelta(seconds=second)


def still(
    box: Box,
    *,
    age_s: float = 6.0,
    steep: float = 0.2,
    added: float = 1.2,
    displaced: float = 0.1,
    at_border: bool = False,
    wet: bool = False,
    cluster: Box | None = None,
    gain: float = 1.0,
) -> Leftover:
    region = np.zeros(SHAPE, bool)
    x1, y1, x2, y2 = (int(n) for n in box)
    region[y1:y2, x1:x2] = True
    area = int(region.sum())
    return Leftover(
        region=region, blob_area=area, area=area, age_s=age_s, since_s=age_s, box=box,
        cluster=cluster or box, contrast=40.0, added=added, displaced=displaced,
        at_border=at_border, wet=wet, steep=steep, gain=gain,
    )  # fmt: skip


def way(number: int, *keys: tuple[float, Box], named: str | None = None) -> Track:
    """A track every 0.2 s between keys of (second, box); the model names it in each, or in none."""
    seconds = np.arange(keys[0][0], keys[-1][0] + 0.01, 0.2)
    sides = [np.interp(seconds, [k[0] for k in keys], [k[1][i] for k in keys]) for i in range(4)]
    track = Track(number, at(keys[0][0]))
    for second, x1, y1, x2, y2 in zip(seconds, *sides, strict=True):
        track.path.append((at(float(second)), (float(x1), float(y1), float(x2), float(y2))))
        track.votes[named or MOVING] += 1
    if named is not None:
        track.named_from, track.named_at = track.path[0][0], track.last_seen_at
        track.named_lately = 1.0
    return track


def verdict(judge: Judge, leftover: Leftover, second: float, *tracks: Track) -> Verdict:
    (only,) = judge.advance([leftover], 1.0, {t.track_id: t for t in tracks}, at(second))
    return only


@pytest.mark.parametrize(
    ("leftover", "said"),
    [
        (still(BAG), Verdict.OBJECT),
        (still(BAG, added=-0.5), Verdict.TAKEN_AWAY),
        (still(BAG, added=0.2, displaced=0.4), Verdict.TAKEN_AWAY),  # a kerb that shows again
        # Soil of some size has an outline; what a lamp shines on fades away.
        (still((200, 200, 260, 240), steep=0.12), Verdict.OBJECT),
        (still((200, 200, 260, 240), steep=0.06), Verdict.LIGHT),
        (still((200, 200, 212, 208), steep=0.06), Verdict.OBJECT),  # too small to tell
        (still((0, 200, 30, 240), at_border=True), Verdict.DOUBTFUL),
        (still((0, 200, 30, 240), at_border=True, age_s=16), Verdict.OBJECT),
        (still((0, 0, 640, 120)), Verdict.OTHER_VIEW),
    ],
)
def test_by_its_looks_alone(leftover: Leftover, said: Verdict) -> None:
    assert verdict(Judge(5.0), leftover, 60) is said


def test_what_is_left_is_judged_when_who_was_there_has_gone() -> None:
    van: Box = (200.0, 150.0, 300.0, 240.0)
    comes = way(1, (40, (500.0, 150.0, 600.0, 240.0)), (46, van), (60, van), named="van")
    beside = (304.0, 215.0, 330.0, 240.0)  # light of its lamps, or a bag that came out of it
    judge = Judge(5.0)
    said = judge.advance([still(van, age_s=12), still(beside)], 1.0, {1: comes}, at(60))
    assert said == [Verdict.SEEN, Verdict.STANDS]
    goes = way(1, (40, (500.0, 150.0, 600.0, 240.0)), (46, van), (60, van), (63, FAR_AWAY))
    assert verdict(judge, still(beside), 62.8, goes) is Verdict.STANDS
    assert verdict(judge, still(beside), 63.2, goes) is Verdict.OBJECT


def test_parts_about_a_mover_are_of_it_but_a_stain_is_not() -> None:
    whole: Box = (200.0, 150.0, 340.0, 240.0)
    rear: Box = (200.0, 150.0, 300.0, 240.0)
    comes = way(1, (40, (500.0, 150.0, 600.0, 240.0)), (46, rear), (60, rear), named="car")
    front: Box = (318.0, 200.0, 340.0, 238.0)
    for wet, said in ((False, Verdict.STANDS), (True, Verdict.OBJECT)):
        regions = [still(rear, cluster=whole), still(front, cluster=whole, wet=wet)]
        assert Judge(5.0).advance(regions, 1.0, {1: comes}, at(60))[1] is said


def test_whom_the_model_knew_must_be_seen_to_stand() -> None:
    """The walker's id stays on the bag: the model sees nobody there any more."""
    thing: Box = (300.0, 190.0, 345.0, 250.0)
    walker = way(1, (40, (100.0, 150.0, 130.0, 250.0)), (46, (300.0, 150.0, 330.0, 250.0)),
                 (47, thing), (60, thing), named="person")  # fmt: skip
    walker.named_at, walker.named_lately = at(60), 0.5
    walker.votes[MOVING] = walker.votes["person"] + 1  # else he is plainly seen there
    assert verdict(Judge(5.0), still(thing), 60, walker) is Verdict.STANDS
    walker.named_lately = 0.1
    assert verdict(Judge(5.0), still(thing), 60, walker) is Verdict.OBJECT
    walker.named_at, walker.named_lately = at(56), 0.5
    assert verdict(Judge(5.0), still(thing), 60, walker) is Verdict.OBJECT


def test_a_part_that_might_be_a_line_is_of_the_thing_it_came_with() -> None:
    whole: Box = (300.0, 220.0, 330.0, 280.0)
    foot: Box = (302.0, 262.0, 330.0, 280.0)
    for age_s, said in ((6.5, Verdict.OBJECT), (20.0, Verdict.TAKEN_AWAY)):
        part = still(foot, cluster=whole, added=0.4, displaced=0.5, age_s=age_s)
        assert Judge(5.0).advance([still(BAG, cluster=whole), part], 1.0, {}, at(60))[1] is said


def test_whoever_was_lost_before_the_place_stood_still_is_not_what_lies_there() -> None:
    """A blob of a truck's is lost where, a moment later, the truck has passed and soil lies."""
    part: Box = (290.0, 205.0, 340.0, 255.0)
    for lost_s, said in ((52.0, Verdict.OBJECT), (53.5, Verdict.STANDS)):
        blob = way(1, (49, (500.0, 205.0, 550.0, 255.0)), (lost_s, part))
        assert verdict(Judge(5.0), still(BAG), 60, blob) is said


def test_a_blob_that_was_lost_beside_the_place_passed_by() -> None:
    """The rear of a truck whose load runs out: it is lost where the trail ends, and goes on."""
    x1, y1, x2, y2 = BAG
    for beside_px, said in ((x2 - x1 + 4, Verdict.OBJECT), (8, Verdict.STANDS)):
        ends: Box = (x1 + beside_px, y1, x2 + beside_px, y2)
        blob = way(1, (49, (x1 + 300, y1, x2 + 300, y2)), (54.5, ends))
        assert verdict(Judge(5.0), still(BAG), 60, blob) is said


def test_an_id_that_jumps_to_the_place_has_not_come_there() -> None:
    """A blob is lost far away; in rain its id goes on as what a truck has left here."""
    elsewhere: Box = (500.0, 100.0, 530.0, 130.0)
    walks = way(1, (50, elsewhere), (54, (BAG[0] + 20, BAG[1], BAG[2] + 20, BAG[3])), (60, BAG))
    assert verdict(Judge(5.0), still(BAG), 60, walks) is Verdict.STANDS
    jumps = way(1, (50, elsewhere), (54, elsewhere))
    jumps.path.extend(way(1, (54.2, BAG), (60, BAG)).path)
    jumps.votes.update({MOVING: 30})
    assert verdict(Judge(5.0), still(BAG), 60, jumps) is Verdict.OBJECT


def test_who_is_a_few_pixels_tall_and_upright_may_be_somebody_far_away() -> None:
    passes = way(2, (30, (100.0, 100.0, 108.0, 114.0)), (40, (400.0, 100.0, 408.0, 114.0)))
    assert verdict(Judge(5.0), still((200, 100, 208, 112)), 60, passes) is Verdict.DOUBTFUL
    assert verdict(Judge(5.0), still((200, 100, 214, 112)), 60, passes) is Verdict.OBJECT


@pytest.mark.parametrize(
    ("named", "said"),
    [(None, Verdict.DOUBTFUL), ("person", Verdict.DOUBTFUL), ("muck_truck", Verdict.OBJECT)],
)
def test_a_trail_as_tall_as_the_truck_that_lost_it_is_nobody(
    named: str | None, said: Verdict
) -> None:
    passes = way(2, (30, (0, 100, 160, 240)), (40, (400, 100, 560, 240)), named=named)
    assert verdict(Judge(5.0), still((200, 120, 250, 230)), 60, passes) is said


def test_what_is_twice_as_broad_as_who_walks_by_is_nobody() -> None:
    passes = way(2, (30, (0, 100, 40, 210)), (40, (400, 100, 440, 210)), named="person")
    assert verdict(Judge(5.0), still((200, 100, 260, 220)), 60, passes) is Verdict.DOUBTFUL
    assert verdict(Judge(5.0), still((200, 100, 280, 250)), 60, passes) is Verdict.OBJECT


def test_the_ground_under_a_vehicle_that_stood_there_from_the_first_is_no_thing() -> None:
    """Its track began where it stood, and the ground has more of a pattern than the car had."""
    place: Box = (200.0, 150.0, 320.0, 220.0)
    for named, said in (("car", Verdict.TAKEN_AWAY), (None, Verdict.OBJECT)):
        stood = way(1, (40, place), (50, (204.0, 150.0, 310.0, 220.0)), named=named)
        went = way(2, (50, (260.0, 150.0, 380.0, 220.0)), (54, (520.0, 150.0, 640.0, 220.0)))
        assert verdict(Judge(5.0), still(place, age_s=8), 60, stood, went) is said
    came = way(
        1,
        (40, (20.0, 150.0, 140.0, 220.0)),
        (45, place),
        (50, (500.0, 150.0, 620.0, 220.0)),
        named="car",
    )
    assert verdict(Judge(5.0), still(place, age_s=8), 60, came) is Verdict.OBJECT
    small = still((220.0, 190.0, 260.0, 220.0), age_s=8)  # what it left there
    stood = way(1, (40, place), (50, place), named="car")
    assert verdict(Judge(5.0), small, 60, stood) is Verdict.OBJECT


def test_a_place_where_traffic_comes_to_light_was_not_uncovered_by_it() -> None:
    """In dense traffic some car is first seen just where something lies."""
    place: Box = (200.0, 150.0, 320.0, 220.0)
    stood = way(1, (40, place), (50, place), named="car")
    assert verdict(Judge(5.0), still(place, age_s=8), 60, stood) is Verdict.TAKEN_AWAY
    assert verdict(Judge(5.0), still(place, age_s=3), 60, stood) is Verdict.OBJECT  # left long ago
    stood.named_from = at(42)  # the thing itself, until a car took its id
    assert verdict(Judge(5.0), still(place, age_s=8), 60, stood) is Verdict.OBJECT


def test_what_is_faint_must_stand_out_clearly() -> None:
    for contrast, said in ((40.0, Verdict.OBJECT), (15.0, Verdict.TAKEN_AWAY)):
        one = replace(still(BAG, added=0.5, displaced=0.2), contrast=contrast)
        assert verdict(Judge(5.0), one, 60) is said
    plain = replace(still(BAG, added=1.2, displaced=0.2), contrast=15.0)
    assert verdict(Judge(5.0), plain, 60) is Verdict.OBJECT


@pytest.mark.parametrize(
    ("gain", "steep", "age_s", "said"),
    [
        (1.5, 0.12, 9.0, Verdict.LIGHT),
        (1.5, 0.2, 9.0, Verdict.OBJECT),  # it has an outline: a thing that lay in the light
        (0.6, 0.12, 9.0, Verdict.OBJECT),  # darker than the ground was without lamps
        (1.5, 0.12, 5.0, Verdict.OBJECT),  # came later
    ],
)
def test_what_is_left_of_light_is_light(
    gain: float, steep: float, age_s: float, said: Verdict
) -> None:
    """Somebody passes before the lamps; part of their light is too small to be told by itself."""
    judge = Judge(5.0)
    pool = still((200, 150, 320, 200), steep=0.06, gain=1.6)
    assert verdict(judge, pool, 60) is Verdict.LIGHT
    part = still((220, 160, 250, 185), steep=steep, gain=gain, age_s=age_s)
    assert verdict(judge, part, 63) is said


@pytest.mark.parametrize(("lost_at_px", "said"), [(300.0, Verdict.SEEN), (180.0, Verdict.DOUBTFUL)])
def test_who_came_and_got_another_id_is_seen_to_stand(lost_at_px: float, said: Verdict) -> None:
    """The model names a box that never moved: the walker who was lost there a moment ago."""
    place: Box = (300.0, 150.0, 330.0, 230.0)
    lost: Box = (lost_at_px, 150.0, lost_at_px + 30, 230.0)
    walker = way(1, (36, (100.0, 150.0, 130.0, 230.0)), (44.4, lost), named="person")
    stands = way(2, (45, place), (60, place), named="person")
    assert verdict(Judge(5.0), still(place, age_s=14), 60, walker, stands) is said


def test_one_with_a_long_shadow_is_seen_in_a_region_that_holds_both() -> None:
    """Of who was mostly a blob on the way, too, once the model names it picture by picture."""
    person: Box = (300.0, 150.0, 320.0, 192.0)
    came = way(1, (36, (100.0, 150.0, 120.0, 192.0)), (45, person), (60, person), named="person")
    came.votes[MOVING] = 2 * came.votes["person"]
    with_shadow = still((300.0, 150.0, 370.0, 204.0), age_s=14)
    assert verdict(Judge(5.0), with_shadow, 60, came) is Verdict.SEEN
    came.named_lately = 0.5
    assert verdict(Judge(5.0), with_shadow, 60, came) is not Verdict.SEEN


@pytest.mark.parametrize(
    "looks",
    [
        {"added": 0.1, "displaced": 0.2},  # it hides a bright kerb
        {"at_border": True},
    ],
)
def test_what_the_model_names_again_and_again_is_a_thing(looks) -> None:
    one = still(BAG, **looks)
    named: Box = (298.0, 222.0, 332.0, 252.0)
    for place, said in ((named, True), (FAR_AWAY, False)):
        judge = Judge(5.0)
        verdicts = [judge.advance([one], 1.0, {}, at(60 + n / 5), [place])[0] for n in range(4)]
        assert verdicts[1] is not Verdict.OBJECT
        assert (verdicts[3] is Verdict.OBJECT) is said


@pytest.mark.parametrize(
    ("seen_until_s", "left", "said"),
    [
        (32, (300, 190, 360, 250), Verdict.SEEN),  # it has not changed since
        (25, (300, 190, 360, 250), Verdict.OBJECT),  # the model was wrong for some seconds
        (32, (300, 220, 330, 250), Verdict.OBJECT),  # what they left
    ],
)
def test_who_was_seen_to_stand_for_long_stands_there_while_the_place_looks_the_same(
    seen_until_s: int, left: Box, said: Verdict
) -> None:
    """The model sees them no more, and somebody who passed may have been taken for them."""
    place: Box = (300.0, 190.0, 360.0, 250.0)
    came = way(
        1, (15, (0.0, 190.0, 60.0, 250.0)), (19, place), (seen_until_s, place), named="person"
    )
    left_later = way(2, (34, place), (40, (580.0, 190.0, 640.0, 250.0)))
    judge = Judge(5.0)
    for second in np.arange(20.0, seen_until_s, 0.5):
        verdict(judge, still(place, age_s=float(second) - 19), float(second), came)
    assert verdict(judge, still(left, age_s=26), 45, came, left_later) is said
