"""The simulated fleet: trucks keep to the roads and do what they are labelled to do, no more."""

from __future__ import annotations

import json
import random
from collections import Counter, defaultdict
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import pairwise

import pytest
import shapely
from shapely import Point

from config.demo_district import folder
from config.site_files import load_site, read_site_folder
from config.vehicle import VehicleKind
from demo.fleet.fleet import TICK_S, Fleet
from demo.fleet.leg import Drive, Halt, Sensors, Stay
from demo.fleet.motion import BRAKE_MS2
from demo.fleet.path import Path
from demo.fleet.plane import Plane
from demo.fleet.receiver import SIGMA_M, Receiver
from demo.fleet.truck import LANE_M, Truck
from demo.fleet.ways import Ways
from demo.timetable import timetable_of

NOON = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)  # 12:00 in Beijing
SECONDS = 600
STEP_S = 0.5


@cache
def district():
    site = load_site(read_site_folder(folder()))
    return site, site.roads


def fleet(start=NOON, seed=1):
    site, roads = district()
    return Fleet(site, roads, seed, start)


@cache
def ways():
    return Ways(*district())


@cache
def day_messages():
    return fleet().advance_to(SECONDS)


@cache
def fixes(start=NOON, seconds=SECONDS):
    """Vehicle -> its good fixes, (seconds, place in metres, payload), in the order of time."""
    site, _roads = district()
    vehicle_of = {v.terminal_id: v.vehicle_id for v in site.vehicles.values()}
    near = shapely.box(-10_000, -10_000, 10_000, 10_000)
    messages = day_messages() if (start, seconds) == (NOON, SECONDS) else None
    found = defaultdict(list)
    for message in messages or fleet(start).advance_to(seconds):
        try:
            body = json.loads(message.payload)
        except ValueError:
            continue
        for fix in body if isinstance(body, list) else [body]:
            if not isinstance(fix.get("lon"), float) or not isinstance(fix["lat"], float):
                continue
            at = datetime.fromisoformat(fix["time"])
            if at.tzinfo is None:
                continue
            due = (at - start).total_seconds()
            place = ways().plane.to_metres(Point(fix["lon"], fix["lat"]))
            if near.contains(place) and 0 <= due <= seconds:
                found[vehicle_of[message.topic.split("/")[1]]].append((due, place, fix))
    return {v: sorted(f, key=lambda one: one[0]) for v, f in found.items()}


def test_every_permit_s_route_leads_from_its_site_to_its_ground():
    site, _roads = district()
    with_both = [p for p in site.permits.values() if p.site_zone and p.ground_zone]
    assert len(with_both) >= 2
    for permit in with_both:
        assert permit.route_ids
        for route in permit.route_ids:
            line = site.routes[route].geometry
            ends = [Point(line.coords[0]), Point(line.coords[-1])]
            zones = [site.zones[permit.site_zone].geometry, site.zones[permit.ground_zone].geometry]
            assert all(zone.contains(end) for zone, end in zip(zones, ends, strict=True)), route


def test_the_district_is_what_it_must_be():
    site, roads = district()
    kinds = Counter(z.kind.value for z in site.zones.values())
    assert kinds["site"] == 2
    assert kinds["ground"] == kinds["transfer_station"] == kinds["hotspot"] == 1
    assert kinds["restricted"] == 2
    assert len(site.companies) == 5
    assert len(site.vehicles) == 40
    assert len(site.cameras) == 4
    assert sum(r.kind.value in ("sweep", "wash") for r in site.routes.values()) == 3
    for route in site.routes.values():
        network = shapely.union_all([r.geometry for r in roads.values()])
        assert route.geometry.within(network.buffer(1e-6)), route.id


def test_some_street_is_shut_at_any_time_of_day():
    site, _roads = district()
    shut = [z.hours for z in site.zones.values() if z.kind.value == "restricted"]
    for minute in range(1440):
        later = (minute + 3) % 1440
        assert any(hours.contains(minute) and hours.contains(later) for hours in shut), minute


def test_the_same_seed_gives_the_same_messages():
    assert fleet().advance_to(60) == [m for m in day_messages() if m.due_s <= 60]
    assert fleet(seed=2).advance_to(60) != fleet().advance_to(60)


def test_small_steps_give_the_same_messages():
    stepped = fleet()
    in_steps = [m for i in range(1, 121) for m in stepped.advance_to(i / 2)]
    assert in_steps == fleet().advance_to(60)


def test_all_forty_report_every_two_seconds_and_do_not_flood():
    assert len(fixes()) == 40
    assert 18 < len(day_messages()) / SECONDS < 22
    for vehicle, own in fixes().items():
        gaps = Counter(round(b[0] - a[0], 3) for a, b in pairwise(own))
        assert gaps.most_common(1)[0][0] == TICK_S, vehicle
        assert len(own) >= SECONDS / TICK_S * 0.97, vehicle
    assert len({round(own[0][0], 2) for own in fixes().values()}) == 40  # staggered


def test_trucks_keep_to_the_roads():
    roads = shapely.union_all(list(ways().roads.lines.values()))
    shapely.prepare(roads)
    limit = LANE_M + 3 * SIGMA_M * 2**0.5 + 0.2  # rounding to a decimetre
    for vehicle, own in fixes().items():
        far = max(place.distance(roads) for _due, place, _fix in own)
        assert far < limit, vehicle


def test_trucks_move_as_trucks_do():
    for vehicle, own in fixes().items():
        for (t0, a, _fix0), (t1, b, _fix1) in pairwise(own):
            assert a.distance(b) / (t1 - t0) < 22 + 4 * SIGMA_M, vehicle
    moved = sum(own[0][1].distance(own[-1][1]) > 300 for own in fixes().values())
    assert moved > 25


def test_only_labelled_trucks_break_a_rule_in_the_first_minutes():
    site, _roads = district()
    permit_of = {v: p for p in site.permits.values() for v in p.vehicle_ids}
    labelled = {o.vehicle_id for o in fleet().openings}
    labelled |= {t.vehicle_id for t in timetable_of(site).tippings}
    shut = shapely.union_all(
        [ways().area(z.id) for z in site.zones.values() if z.kind.value == "restricted"]
    )
    for vehicle, own in fixes().items():
        if vehicle in labelled:
            continue
        corridors = ways().corridors(permit_of[vehicle])
        for due, place, fix in own:
            if due < 240:
                assert corridors.contains(place), (vehicle, due)
                assert fix["speed_kmh"] <= permit_of[vehicle].speed_limit_kmh, (vehicle, due)
                assert not shut.contains(place), (vehicle, due)


@pytest.mark.parametrize("local", ["06:28", "06:58", "12:00", "18:58", "19:29", "23:59"])
def test_the_promised_offences_happen_within_25_s(local):
    start = datetime.fromisoformat(f"2026-11-22T{local}:00+08:00")
    site, _roads = district()
    labels = {o.kind: o.vehicle_id for o in fleet(start).openings}
    assert labels.keys() == {"off_route", "restricted_zone", "overspeed"}
    assert len(set(labels.values())) == 3
    own = {kind: fixes(start, 60)[vehicle] for kind, vehicle in labels.items()}
    permit_of = {v: p for p in site.permits.values() for v in p.vehicle_ids}

    def first_and_share(kind, wrong):
        """When it begins, and how much of what follows is an offence too."""
        flags = [(due, wrong(due, place, fix)) for due, place, fix in own[kind]]
        begin = next(due for due, is_wrong in flags if is_wrong)
        after = [is_wrong for due, is_wrong in flags if due >= begin]
        return begin, sum(after) / len(after)

    corridors = ways().corridors(permit_of[labels["off_route"]])
    begin, share = first_and_share("off_route", lambda _t, p, _f: not corridors.contains(p))
    assert 2 < begin < 25  # it was on its corridor first
    assert share == 1

    limit = permit_of[labels["overspeed"]].speed_limit_kmh
    begin, share = first_and_share("overspeed", lambda _t, _p, f: f["speed_kmh"] > limit * 1.2)
    assert begin < 25
    assert share == 1

    def in_force(due):
        local = (start + timedelta(seconds=due)).astimezone(site.timezone)
        zones = (z for z in site.zones.values() if z.kind.value == "restricted")
        return [z for z in zones if z.hours.contains(local.hour * 60 + local.minute)]

    def inside(due, place, _fix):
        return any(ways().area(z.id).contains(place) for z in in_force(due))

    begin, share = first_and_share("restricted_zone", inside)
    assert 2 < begin < 25
    assert share == 1


def test_real_fleets_send_nonsense_too():
    broken, null_island, batches = 0, 0, []
    for message in day_messages():
        try:
            body = json.loads(message.payload)
        except ValueError:
            broken += 1
            continue
        if isinstance(body, list):
            batches.append(body)
        elif body.get("lon") == body.get("lat") == 0:
            null_island += 1
    assert 5 < broken < SECONDS / 20
    assert null_island >= 1
    assert len(batches) > 5
    for body in batches:
        assert all(fix["backfill"] for fix in body[:-1])
        assert "backfill" not in body[-1]
        times = [fix["time"] for fix in body]
        assert times == sorted(times)


def test_sensors_say_what_the_truck_does():
    site, _roads = district()
    table = timetable_of(site)
    dumping = {t.vehicle_id for t in table.tippings}
    unsealed = {p.vehicle_id for p in table.passages if p.load == "open"}
    seen = defaultdict(set)
    for vehicle, own in fixes().items():
        muck = site.vehicles[vehicle].kind is VehicleKind.MUCK
        for _due, place, fix in own:
            assert ("lid" in fix) == muck
            assert not (muck and "work" in fix)
            here = {z for z in site.zones if ways().area(z).contains(place)}
            may_tip = {"ground-west", "hotspot-canal"} if vehicle in dumping else {"ground-west"}
            if fix.get("body_raised"):
                assert here & may_tip, vehicle
            if fix.get("lid") == "open" and vehicle not in unsealed:
                assert here & {*may_tip, "site-east", "site-south"}, vehicle
            for work in fix.get("work", ()):
                seen[work].add(vehicle)
                assert fix["speed_kmh"] < {"sweep": 10, "wash": 15, "collect": 35}[work]
    assert {k: len(v) for k, v in seen.items()} == {"sweep": 5, "wash": 4, "collect": 3}


def test_a_truck_stops_at_a_red_light_and_at_the_end():
    path = Path([(0.0, 0.0), (0.0, 1000.0)], lambda _p: 54.0)
    end = Stay(10, ((4, Sensors(lid="open")),))
    halted = Drive(path, Sensors(lid="closed"), cruise=1.0, halts=(Halt(400, 20),))
    truck = Truck(iter([halted, end, halted]))
    speeds, places, lids = [], [], []
    for _ in range(400):
        truck.advance(STEP_S)
        speeds.append(truck.speed_ms)
        places.append(truck.place()[0][1])
        lids.append(truck.sensors.lid)
        if places[-1] < places[0]:
            break
    assert max(speeds) == pytest.approx(15.0)
    changes = [(b - a) / STEP_S for a, b in pairwise(speeds) if b > 0]
    assert min(changes) > -2.5 * BRAKE_MS2
    waiting = [p for p, v in zip(places, speeds, strict=True) if v == 0 and 100 < p < 900]
    assert len(waiting) == pytest.approx(20 / STEP_S, abs=2)
    assert all(abs(p - 400) < 3 for p in waiting)
    assert "open" in lids
    assert max(places) > 998


def test_the_error_of_a_fix_has_a_memory():
    receiver = Receiver(random.Random(5))
    errors = [receiver.locate((0, 0), TICK_S)[0] for _ in range(20_000)]
    mean = sum(errors) / len(errors)
    spread = (sum((e - mean) ** 2 for e in errors) / len(errors)) ** 0.5
    step = (sum((b - a) ** 2 for a, b in pairwise(errors)) / len(errors)) ** 0.5
    assert spread == pytest.approx(SIGMA_M, rel=0.15)
    assert step < spread / 2  # without a memory it were 1.4 times the spread


def test_a_plane_is_true_to_metres():
    plane = Plane(119.94, 31.70)
    # GRS80/WGS-84 at 31.7 N: 94,790 m a degree of longitude, 110,870 m a degree of latitude.
    east = plane.to_metres(Point(120.0, 31.70))
    north = plane.to_metres(Point(119.94, 31.76))
    assert east.x == pytest.approx(0.06 * 94_790, rel=1e-3)
    assert north.y == pytest.approx(0.06 * 110_870, rel=1e-3)
    assert plane.to_degrees((east.x, north.y)) == pytest.approx((120.0, 31.76))


def test_any_sound_site_will_do():
    """Sanitation trucks on a corridor, a route of a few metres, nothing to leave the route for."""
    files = read_site_folder(folder())
    head, features = files["roads.geojson"].decode().split('"features": [\n', 1)
    one_road = features[: features.index("\n    },")] + "\n    }"
    road = json.loads(one_road)["geometry"]["coordinates"]
    near = [road[0], [road[0][0] + 0.0002, road[0][1]]]
    routes = [("r1", road), ("r2", near)]
    rows = ["permit_id,route_ids,vehicle_ids", "p1,r1,v01|v30|v36", "p2,r2,v02|v40"]
    small = {
        "site.toml": files["site.toml"],
        "companies.csv": files["companies.csv"],
        "vehicles.csv": files["vehicles.csv"],
        "roads.geojson": (head + '"features": [\n' + one_road + "]}").encode(),
        "permits.csv": "\n".join(rows).encode(),
        "routes.geojson": json.dumps(
            {
                "type": "FeatureCollection",
                "features": [
                    {
                        "type": "Feature",
                        "properties": {"id": i, "name": i, "kind": "corridor", "half_width_m": 50},
                        "geometry": {"type": "LineString", "coordinates": line},
                    }
                    for i, line in routes
                ],
            }
        ).encode(),
    }
    site = load_site(small)
    small_fleet = Fleet(site, site.roads, 1, NOON)
    assert small_fleet.openings == []  # not even room to speed
    assert len(small_fleet.unused) == 35
    assert len(small_fleet.advance_to(400)) > 5 * 190


def test_a_site_without_roads_is_refused():
    site, _roads = district()
    with pytest.raises(ValueError, match=r"roads\.geojson"):
        Fleet(site, {}, 1, NOON)
