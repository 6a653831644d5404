"""Trips, rounds and a day of both over HTTP."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta
from itertools import pairwise
from uuid import uuid4

import pytest
from fastapi.testclient import TestClient

from geofence.finding import RoundState, SegmentState, TripOutcome
from store.round_writer import round_id_of
from store.trip_writer import trip_id_of
from tests.console.shift import Shift
from tests.console.world import SITE, World, utc_now

pytestmark = pytest.mark.servers
API = "/api/v1"


@pytest.fixture
def shift(world: World) -> Shift:
    """All of it on the day before."""
    noon = utc_now().astimezone(SITE.timezone).replace(hour=12, minute=0, second=0, microsecond=0)
    return Shift(world, noon - timedelta(hours=14))


def test_trips_page_by_page_and_filtered(client: TestClient, shift: Shift) -> None:
    found, before = [], None
    while True:
        query = {"limit": 7} | ({"before": before} if before else {})
        page = client.get(f"{API}/trips", params=query).json()
        found += page["trips"]
        before = page["next"]
        if before is None:
            break
    began = [datetime.fromisoformat(t["began_at"]) for t in found]
    assert began == sorted((t.began_at for t in shift.trips.values()), reverse=True)

    def names(**query: object) -> set[str]:
        trips = client.get(f"{API}/trips", params={"limit": 200, **query}).json()["trips"]
        ids = {str(trip_id_of(t.vehicle_id, t.began_at)): n for n, t in shift.trips.items()}
        return {ids[t["trip_id"]] for t in trips if not ids[t["trip_id"]].startswith("plain")}

    assert names(outcome=["dumped", "under_way"]) == {"dumped", "under_way"}
    assert names(vehicle_id="v12") == {"overspeed"}
    assert names(site_id="site-south") == {"gap", "no_permit", "dumped"}
    assert names(ground_id="ground-west") == {"gap", "overspeed", "no_permit"}
    assert names(permit_id=SITE_PERMIT_OF["v12"]) == {"overspeed"}
    began_at = shift.trips["dumped"].began_at
    assert names(since=began_at.isoformat()) == {"dumped", "under_way"}
    assert names(
        since=began_at.isoformat(), until=(began_at + timedelta(seconds=1)).isoformat()
    ) == {"dumped"}
    assert client.get(f"{API}/trips?outcome=nonsense").status_code == 422
    assert client.get(f"{API}/trips?before={uuid4()}").status_code == 404
    assert client.get(f"{API}/trips/{uuid4()}").status_code == 404


SITE_PERMIT_OF = {v: p.permit_id for p in SITE.permits.values() for v in p.vehicle_ids}


def test_one_trip_with_permit_track_stops_visits_alerts(client: TestClient, shift: Shift) -> None:
    def page(name: str) -> dict[str, object]:
        trip = shift.trips[name]
        answer = client.get(f"{API}/trips/{trip_id_of(trip.vehicle_id, trip.began_at)}")
        assert answer.status_code == 200
        body: dict[str, object] = answer.json()
        return body

    dumped = page("dumped")
    assert dumped["permit"]["route_ids"] == ["corridor-south"]  # type: ignore[index]
    stops = dumped["stops"]
    stayed = [
        (datetime.fromisoformat(s["ended_at"]) - datetime.fromisoformat(s["began_at"])).seconds
        for s in stops  # type: ignore[attr-defined]
    ]
    assert stayed == [120, 405]  # eight fixes and the one that drove on; 28, 15 s apart
    (alert,) = dumped["alerts"]  # type: ignore[misc]
    assert alert["kind"] == "suspected_dumping"
    (stretch,) = dumped["track"]  # type: ignore[misc]
    assert len(stretch["points"]) == shift.trips["dumped"].fixes
    assert stretch["points"][-1]["body_raised"] is True
    assert [v["zone_id"] for v in dumped["visits"]] == ["site-south"]  # type: ignore[attr-defined]
    assert len(page("gap")["track"]) == 2  # type: ignore[arg-type]
    assert [v["zone_id"] for v in page("overspeed")["visits"]] == ["site-east", "ground-west"]  # type: ignore[attr-defined]
    assert page("no_permit")["permit"] is None


def test_rounds_with_their_segments_on_the_map(client: TestClient, shift: Shift) -> None:
    listed = client.get(f"{API}/rounds").json()["rounds"]
    assert {r["plan_id"]: (r["state"], r["punctual"]) for r in listed} == {
        "清扫-2": ("incomplete", False),
        "清扫-1": ("late", False),
        "冲洗-1": ("held_back", None),
        "收集-1": ("under_way", None),
    }
    told = shift.rounds["清扫-2"]
    page = client.get(f"{API}/rounds/{round_id_of(told.plan_id, told.window_from)}").json()
    assert page["round"]["coverage"] == pytest.approx(told.coverage)
    assert [s["state"] for s in page["segments"]] == [s.state.value for s in told.segments]
    route = SITE.routes[told.route_id].geometry
    lines = [s["geometry"]["coordinates"] for s in page["segments"]]
    assert [lines[0][0], lines[-1][-1]] == [
        pytest.approx(route.coords[0]),
        pytest.approx(route.coords[-1]),
    ]
    assert all(a[-1] == pytest.approx(b[0]) for a, b in pairwise(lines))
    counts = {c["state"]: c["segments"] for c in page["round"]["counts"]}
    assert counts[SegmentState.MISSED] == 2
    assert [t["vehicle_id"] for t in page["tracks"]] == ["v32"]
    late = client.get(f"{API}/rounds", params={"state": RoundState.LATE.value, "limit": 1}).json()
    assert [r["plan_id"] for r in late["rounds"]] == ["清扫-1"]
    newest = client.get(f"{API}/rounds", params={"limit": 1}).json()
    rest = client.get(f"{API}/rounds", params={"before": newest["next"]}).json()
    assert len(newest["rounds"]) + len(rest["rounds"]) == 4
    assert client.get(f"{API}/rounds?before={uuid4()}").status_code == 404
    assert client.get(f"{API}/rounds/{uuid4()}").status_code == 404


def test_the_reconciliation_of_a_day(client: TestClient, shift: Shift) -> None:
    day = shift.trips["dumped"].began_at.astimezone(SITE.timezone).date()
    told = client.get(f"{API}/reconciliation", params={"day": day.isoformat()}).json()
    trips = shift.trips.values()
    total = told["total"]
    assert total["trips"] == len(shift.trips)
    assert total["outcomes"] == {"finished": 17, "dumped": 1, "under_way": 1}
    assert (total["reconciled"], total["failed"]) == (16, 2)
    assert total["site"] == {"ok": 18, "failed": 1, "unknown": 0}
    assert total["route"] == {"ok": 18, "failed": 1, "unknown": 0}
    assert total["ground"] == {"ok": 17, "failed": 1, "unknown": 1}
    assert total["distance_m"] == pytest.approx(sum(t.distance_m for t in trips))
    for group, key in (("sites", "site_id"), ("grounds", "ground_id"), ("permits", "permit_id")):
        counted = {entry["id"]: entry["trips"] for entry in told[group]}
        assert counted == Counter(getattr(trip, key) for trip in trips)
        assert None not in counted or told[group][-1]["id"] is None
    assert {e["name"] for e in told["companies"]} <= {c.name for c in SITE.companies.values()}
    plans = {p["plan_id"]: p for p in told["plans"]}
    assert (plans["清扫-2"]["name"], plans["清扫-2"]["missed"]) == (SITE.rounds["清扫-2"].name, 2)
    assert plans["清扫-1"]["late_s"] == 780
    next_day = (day + timedelta(days=1)).isoformat()
    empty = client.get(f"{API}/reconciliation", params={"day": next_day}).json()
    assert (empty["total"]["trips"], empty["companies"], empty["plans"]) == (0, [], [])
    today = client.get(f"{API}/reconciliation").json()["day"]
    assert today >= next_day
    assert client.get(f"{API}/reconciliation?day=never").status_code == 422


def test_they_are_described(client: TestClient, world: World) -> None:
    paths = client.get("/openapi.json").json()["paths"]
    for name in ("trips", "trips/{trip_id}", "rounds", "rounds/{round_id}", "reconciliation"):
        answer = paths[f"{API}/{name}"]["get"]["responses"]["200"]
        assert "$ref" in answer["content"]["application/json"]["schema"]
    assert TripOutcome.DUMPED in str(client.get("/openapi.json").json()["components"])
