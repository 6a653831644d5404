"""Who was seen: the matching of sightings to positions. Figures: benchmarks/attribution.py."""

from __future__ import annotations

import dataclasses
import random
from datetime import UTC, datetime, timedelta
from uuid import UUID

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.attribution_clock import CameraClock, learned_clock
from alerts.attribution_joint import marginals
from alerts.attribution_match import FleetKnown, attribute, together
from alerts.attribution_motion import Origin, VehicleFixes, whereabouts
from alerts.attribution_parameters import AttributionParameters
from alerts.attribution_plate import chance_of_reading, compared
from alerts.attribution_seen import seen_of, seen_of_event
from benchmarks.attribution import nearest, run
from benchmarks.gate_simulation import CAMERA, LAT, LON, GateCase, GateWorld, simulate
from config.camera import Camera, CameraRole
from config.degrees import metres_per_degree
from detection.scene_event import Passer, SceneEvent, TrackPoint
from detection.sighting import PlateReading
from ingest.position import Load, Position, Quality

NOON = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)
P = AttributionParameters()
PER_DEGREE = metres_per_degree(LAT)


def drive(
    *, every_s: float = 10, speed_ms: float = 5.0, motion: bool = True, until_s: float = 60
) -> VehicleFixes:
    """East through the origin at second 0, from 60 s before on."""
    at = np.arange(-60.0, until_s + 1e-9, every_s)
    unknown = np.full(len(at), np.nan)
    return VehicleFixes(
        "v",
        NOON.timestamp() + at,
        LON + at * speed_ms / PER_DEGREE[0],
        np.full(len(at), LAT),
        np.full(len(at), speed_ms * 3.6) if motion else unknown,
        np.full(len(at), 90.0) if motion else unknown,
        unknown,
    )


def spread_at(fixes: VehicleFixes, second: float) -> tuple[float, float]:
    """(metres from where it truly was, one standard deviation) at `second`."""
    times = np.array([NOON.timestamp() + second])
    where = whereabouts(fixes, times, Origin.at(LON, LAT), P)
    return float(np.hypot(*(where.place[0] - [5.0 * second, 0]))), float(where.place_var[0]) ** 0.5


class TestMotion:
    @pytest.mark.parametrize("motion", [True, False])
    def test_between_fixes_it_is_on_the_way(self, motion: bool) -> None:
        for second in (0.0, 3.0, 5.0, 12.5):
            away, sigma = spread_at(drive(motion=motion), second)
            assert away < 1.0
            assert sigma < 2 * P.gps_m

    def test_the_spread_grows_with_the_gap(self) -> None:
        """At the middle of gaps of 10, 20, 60 s, and without speeds more than with them."""
        for motion in (True, False):
            sigmas = [
                spread_at(drive(every_s=gap, motion=motion), gap / 2)[1] for gap in (10, 20, 60)
            ]
            assert sigmas[0] < sigmas[1] < sigmas[2]
        assert (
            spread_at(drive(every_s=60), 30)[1] < spread_at(drive(every_s=60, motion=False), 30)[1]
        )

    def test_beyond_the_last_fix_it_is_less_sure_than_between(self) -> None:
        between = spread_at(drive(every_s=10), 5)[1]
        beyond = [spread_at(drive(until_s=0), second)[1] for second in (5, 10, 30)]
        assert between < beyond[0] < beyond[1] < beyond[2]

    def test_spreads_are_as_wide_as_true_errors(self) -> None:
        """Over simulated trucks the normalised error is about 1 on the mean, as it should be."""
        squares = []
        for seed in range(12):
            world = simulate(GateCase(interval_s=15, terminal_clock_s=0.0, strangers=0.0), seed)
            for sighting in world.sightings:
                fixes = world.fleet.fixes.get(world.truth[sighting.track_uid] or "")
                if fixes is None:
                    continue
                true_s = _true_crossing(world, sighting.track_uid)
                where = whereabouts(fixes, np.array([true_s]), Origin.at(LON, LAT), P)
                true = Origin.at(LON, LAT).metres(
                    np.array([sighting.lon]), np.array([sighting.lat])
                )[0]
                squares.append(((where.place[0] - true) ** 2).sum() / 2 / where.place_var[0])
        assert len(squares) > 40
        assert 0.3 < float(np.mean(squares)) < 2.0

    def test_of_positions_in_any_order_bad_ones_left_out(self) -> None:
        positions = [
            Position(
                vehicle_id="v",
                terminal_id="t",
                fix_time=NOON + timedelta(seconds=s),
                received_at=NOON,
                lon=LON,
                lat=LAT,
                load=load,
                quality=quality,
            )
            for s, load, quality in (
                (20, Load.FULL, Quality.GOOD),
                (0, Load.EMPTY, Quality.GOOD),
                (10, None, Quality.TELEPORT),
                (20, Load.FULL, Quality.GOOD),
            )
        ]
        fixes = VehicleFixes.of("v", positions)
        assert (fixes.at_s - NOON.timestamp()).tolist() == [0, 20]
        assert fixes.laden is True
        assert fixes.gap_s(NOON.timestamp() + 5) == 20
        assert fixes.gap_s(NOON.timestamp() + 50) == 30


def _true_crossing(world: GateWorld, track: UUID) -> float:
    """The fleet's time of a crossing: the camera's, less what its clock is off."""
    sighting = next(s for s in world.sightings if s.track_uid == track)
    return sighting.at.timestamp() - world.camera_off_s


class TestPlates:
    @pytest.mark.parametrize(
        ("read", "plate", "said"),
        [
            ("苏D12345", "苏D12345", "same"),
            ("苏D12345", "苏D12346", "similar"),
            ("苏D8B345", "苏DBB345", "similar"),
            ("苏D8B345", "苏DB8345", "similar"),
            ("苏D12345", "苏D12389", "other"),
            ("苏D12345", "苏D12345F", "other"),
        ],
    )
    def test_compared(self, read: str, plate: str, said: str) -> None:
        assert compared(PlateReading(text=read, reliability=0.9, readings=1), plate) == said

    def test_the_chance_of_the_right_text_is_the_reliability(self) -> None:
        for reliability in (0.5, 0.9, 0.99):
            reading = PlateReading(text="苏D12345", reliability=reliability, readings=1)
            assert chance_of_reading(reading, "苏D12345") == pytest.approx(reliability, abs=0.01)
            like, other = (
                chance_of_reading(reading, "苏D1Z345"),
                chance_of_reading(reading, "苏D19345"),
            )
            assert reliability > like > other > 0


class TestClock:
    def test_few_teach_nothing(self) -> None:
        assert learned_clock([4.0] * 4, P) == CameraClock(0.0, P.camera_clock_s)

    def test_the_median_of_many(self) -> None:
        dice = random.Random(1)
        offsets = [3.0 + dice.gauss(0, 1) for _ in range(30)] + [-40.0, 60.0]
        clock = learned_clock(offsets, P)
        assert clock.offset_s == pytest.approx(3.0, abs=0.6)
        assert 0.5 <= clock.sigma_s < 1.0

    def test_a_learned_clock_makes_answers_surer(self) -> None:
        case = GateCase(interval_s=10, strangers=0.0, silent=0.0)
        known, unknown = 0.0, 0.0
        for seed in range(15):
            world = simulate(case, seed)
            tracks = seen_of(world.sightings)
            told = {CAMERA: CameraClock(-world.camera_off_s, 0.5)}
            for clocks in (told, None):
                answers = attribute(tracks, world.fleet, world.site, clocks=clocks)
                sure = sum(
                    c.confidence
                    for a in answers
                    for c in a.candidates
                    if c.vehicle_id == world.truth[a.track_uid]
                )
                known, unknown = (known + sure, unknown) if clocks else (known, unknown + sure)
        assert known > unknown


WEIGHT = st.floats(0, 1e3, allow_nan=False)


@st.composite
def groups(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    k, m, n = draw(st.integers(1, 3)), draw(st.integers(1, 4)), draw(st.integers(0, 4))
    weights = np.array(draw(st.lists(WEIGHT, min_size=k * m * n, max_size=k * m * n)))
    stranger = np.array(draw(st.lists(st.floats(1e-6, 10), min_size=m, max_size=m)))
    pairs = np.array(draw(st.lists(st.booleans(), min_size=m * m, max_size=m * m))).reshape(m, m)
    return weights.reshape(k, m, n), stranger, pairs | pairs.T, np.full(k, 1 / k)


class TestJoint:
    @given(groups())
    @settings(max_examples=80, deadline=None)
    def test_rows_sum_to_one(self, group: tuple[np.ndarray, ...]) -> None:
        weights, stranger, excludes, prior = group
        found = marginals(weights, stranger, excludes, prior)
        assert (found.vehicle >= 0).all()
        assert found.vehicle.sum(axis=1) + found.nobody == pytest.approx(np.ones(len(stranger)))
        assert found.offset.sum() == pytest.approx(1)

    @given(groups())
    @settings(max_examples=60, deadline=None)
    def test_exclusive_tracks_share_a_vehicle_at_most_once(
        self, group: tuple[np.ndarray, ...]
    ) -> None:
        weights, stranger, _, prior = group
        m = len(stranger)
        found = marginals(weights, stranger, ~np.eye(m, dtype=bool), prior)
        assert (found.vehicle.sum(axis=0) <= 1 + 1e-9).all()

    @given(groups(), st.randoms(use_true_random=False))
    @settings(max_examples=60, deadline=None)
    def test_the_order_does_not_matter(
        self, group: tuple[np.ndarray, ...], dice: random.Random
    ) -> None:
        weights, stranger, excludes, prior = group
        order = list(range(len(stranger)))
        dice.shuffle(order)
        one = marginals(weights, stranger, excludes, prior)
        other = marginals(weights[:, order], stranger[order], excludes[np.ix_(order, order)], prior)
        assert other.vehicle == pytest.approx(one.vehicle[order], abs=1e-4)

    def test_against_the_sum_written_out(self) -> None:
        """Two tracks that exclude each other, two vehicles: nine assignments less two."""
        w, s = np.array([[[3.0, 1.0], [2.0, 5.0]]]), np.array([0.5, 0.25])
        found = marginals(w, s, np.array([[False, True], [True, False]]), np.ones(1))
        r = w[0] / s[:, None]
        total = 1 + r.sum() + r[0, 0] * r[1, 1] + r[0, 1] * r[1, 0]
        assert found.vehicle[0, 0] == pytest.approx((r[0, 0] * (1 + r[1, 1])) / total)
        assert found.nobody[1] == pytest.approx((1 + r[0].sum()) / total)


class TestAttribute:
    def test_answers_do_not_depend_on_the_order_given(self) -> None:
        world = simulate(GateCase(interval_s=10, plates=0.5), 7)
        tracks = seen_of(world.sightings)
        turned = dataclasses.replace(
            world.fleet, fixes=dict(reversed(list(world.fleet.fixes.items())))
        )
        assert attribute(tracks, world.fleet, world.site) == attribute(
            tracks[::-1], turned, world.site
        )
        assert seen_of(world.sightings[::-1] * 2) == tracks

    def test_candidates_and_nobody_make_one_and_no_truck_is_two(self) -> None:
        for seed in range(10):
            world = simulate(GateCase(interval_s=15, plates=0.3), seed)
            answers = attribute(seen_of(world.sightings), world.fleet, world.site)
            shares: dict[str, float] = {}
            for answer in answers:
                total = answer.nobody + sum(c.confidence for c in answer.candidates)
                assert total == pytest.approx(1)
                for c in answer.candidates:
                    shares[c.vehicle_id] = shares.get(c.vehicle_id, 0) + c.confidence
            ways = {s.direction for s in world.sightings}
            assert all(share <= len(ways) + 1e-6 for share in shares.values())
            named = [a.vehicle_id for a in answers if a.vehicle_id]
            assert len(named) <= len(ways) * len(set(named))

    def test_two_that_fit_stay_two(self) -> None:
        """Two trucks side by side all the way, one passage, no plate."""
        world = simulate(GateCase(interval_s=10, trucks=1, strangers=0, silent=0, passing=1), 3)
        (sighting,) = world.sightings
        true = world.truth[sighting.track_uid]
        assert true is not None
        twin = next(v for v in world.site.vehicles if v not in world.fleet.fixes)
        fixes = {true: world.fleet.fixes[true]}
        fixes[twin] = dataclasses.replace(fixes[true], vehicle_id=twin)
        fleet = dataclasses.replace(world.fleet, fixes=fixes)
        (answer,) = attribute(seen_of([sighting]), fleet, world.site)
        assert {c.vehicle_id for c in answer.candidates} == {true, twin}
        first, second = answer.candidates
        assert first.confidence == pytest.approx(second.confidence)
        assert answer.vehicle_id is None
        plate = PlateReading(text=world.site.vehicles[twin].plate, reliability=0.98, readings=3)
        (answer,) = attribute(
            seen_of([msgspec.structs.replace(sighting, plate=plate)]), fleet, world.site
        )
        assert answer.vehicle_id == twin
        assert answer.candidates[0].plate_read == "same"

    def test_positions_still_to_come(self) -> None:
        """Not final while they are, and then it is; after ten minutes at all events."""
        world = simulate(GateCase(interval_s=10, trucks=1, strangers=0, silent=0, passing=0), 5)
        (sighting,) = world.sightings
        tracks = seen_of([sighting])
        seen_s = sighting.at.timestamp()
        for after_s, late_s, final in ((-3, 5, False), (12, 30, True), (-3, 700, True)):
            fixes = {
                v: VehicleFixes(
                    v,
                    f.at_s[m],
                    f.lon[m],
                    f.lat[m],
                    f.speed_kmh[m],
                    f.course_deg[m],
                    f.satellites[m],
                )
                for v, f in world.fleet.fixes.items()
                if (m := f.at_s <= seen_s + after_s).any()
            }
            fleet = FleetKnown(fixes, sighting.at + timedelta(seconds=late_s))
            (answer,) = attribute(tracks, fleet, world.site)
            assert answer.final is final
            if not final:
                assert answer.vehicle_id is None

    def test_a_silent_truck_is_known_by_its_plate(self) -> None:
        world = simulate(GateCase(trucks=1, strangers=0, silent=1, passing=2), 4)
        (sighting,) = world.sightings
        true = world.truth[sighting.track_uid]
        assert true is not None
        plate = PlateReading(text=world.site.vehicles[true].plate, reliability=0.97, readings=4)
        (answer,) = attribute(
            seen_of([msgspec.structs.replace(sighting, plate=plate)]), world.fleet, world.site
        )
        assert answer.candidates[0].vehicle_id == true
        assert (answer.candidates[0].distance_m, answer.candidates[0].gap_s) == (None, None)

    def test_groups_are_chains_and_never_large(self) -> None:
        (track,) = seen_of(simulate(GateCase(trucks=1), 1).sightings)
        tracks = [
            dataclasses.replace(
                track,
                track_uid=UUID(int=i),
                moments=(
                    dataclasses.replace(track.moments[0], at=NOON + timedelta(seconds=20 * i)),
                ),
            )
            for i in range(30)
        ]
        groups = together(tracks, P)
        assert sorted(len(g) for g in groups)[-1] <= 8
        assert [t for g in groups for t in g] == tracks

    def test_a_spill_is_laid_by_the_passer_s_own_way(self) -> None:
        """No gate line: the track's points on the map are matched."""
        world = simulate(GateCase(interval_s=5, trucks=1, strangers=0, silent=0), 8)
        (sighting,) = world.sightings
        assert sighting.heading_deg is not None
        assert sighting.speed_kmh is not None
        heading, speed = np.radians(sighting.heading_deg), sighting.speed_kmh / 3.6
        points = tuple(
            TrackPoint(
                at=sighting.at + timedelta(seconds=s),
                box=sighting.box,
                lon=sighting.lon + s * speed * np.sin(heading) / PER_DEGREE[0],
                lat=sighting.lat + s * speed * np.cos(heading) / PER_DEGREE[1],
            )
            for s in (-1.0, -0.5, 0.0, 0.5, 1.0)
        )
        event = SceneEvent(
            kind="spillage",
            camera_id=CAMERA,
            camera_zone_id="road",
            started_at=sighting.at,
            raised_at=sighting.at,
            box=sighting.box,
            confidence=0.8,
            passer=Passer(
                track_id=1,
                track_uid=sighting.track_uid,
                class_name="muck_truck",
                box=sighting.box,
                seen_at=sighting.at,
                confidence=0.9,
            ),
            track=points,
        )
        camera = Camera(CAMERA, "", "", LON, LAT, None, CameraRole.GATE)
        seen = seen_of_event(event, camera)
        assert seen is not None
        assert seen.moments[0].velocity == pytest.approx(
            (speed * np.sin(heading), speed * np.cos(heading)), rel=0.02
        )
        (answer,) = attribute([seen], world.fleet, world.site)
        assert answer.candidates[0].vehicle_id == world.truth[sighting.track_uid]
        # Feet that the picture's edge cut off have no place, and pull at no velocity.
        cut = tuple(msgspec.structs.replace(p, lon=None, lat=None) for p in points[:1])
        partly = seen_of_event(msgspec.structs.replace(event, track=cut + points[1:]), camera)
        assert partly is not None
        assert partly.moments[0].velocity == pytest.approx(seen.moments[0].velocity, rel=0.02)
        came = [
            msgspec.structs.replace(points[0], at=sighting.at + timedelta(seconds=s))
            for s in (-8.0, -6.0, -4.0)
        ]
        stood = [
            msgspec.structs.replace(points[2], at=sighting.at + timedelta(seconds=s))
            for s in (-3.4, -1.7, 0.0, 1.7, 3.4, 5.1)
        ]
        stands = seen_of_event(msgspec.structs.replace(event, track=(*came, *stood)), camera)
        assert stands is not None
        assert [m.at for m in stands.moments] == [came[0].at, sighting.at, stood[-1].at]
        assert stands.moments[-1].velocity == (0.0, 0.0)
        few = seen_of_event(msgspec.structs.replace(event, track=points[:3]), camera)
        assert few is not None
        assert few.moments[0].velocity is None
        assert seen_of_event(msgspec.structs.replace(event, passer=None), camera) is None


@pytest.mark.parametrize(
    ("case", "least"),
    [
        (GateCase(interval_s=10, plates=0.6), 0.95),
        (GateCase(interval_s=5), 0.88),
        (GateCase(interval_s=30, plates=0.0), 0.75),
    ],
)
def test_the_simulated_gate(case: GateCase, least: float) -> None:
    """The benchmark in small, on seeds that it leaves alone."""
    tally = run(case, range(5000, 5020))
    assert tally.right / tally.known >= least
    assert tally.right > tally.peer
    assert tally.named_wrong == 0


def test_the_peer_takes_the_nearest_fix() -> None:
    world = simulate(GateCase(interval_s=5, trucks=1, strangers=0, silent=0, passing=0), 2)
    (seen,) = seen_of(world.sightings)
    assert nearest(world, seen) == world.truth[seen.track_uid]
