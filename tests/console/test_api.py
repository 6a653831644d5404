from __future__ import annotations

import hashlib
from datetime import timedelta
from uuid import uuid4

import msgspec
import pytest
from fastapi.testclient import TestClient
from psycopg.rows import tuple_row

from alerts.alert import AlertChange, ChangeKind
from store.batch import Batch
from store.site import write_site_files
from tests.console.conftest import USER
from tests.console.world import SITE, World, utc_now

pytestmark = pytest.mark.servers
API = "/api/v1"


@pytest.fixture
def evening(world: World) -> World:
    now = utc_now()
    world.drive(now)
    world.alerts = world.evening(now)  # type: ignore[attr-defined]  # for the tests below
    return world


def test_the_site_as_geojson(client: TestClient, evening: World) -> None:
    site = client.get(f"{API}/site").json()
    assert site["name"] == SITE.name
    assert site["timezone"] == "Asia/Shanghai"
    assert {f["properties"]["id"] for f in site["zones"]["features"]} == set(SITE.zones)
    assert {f["properties"]["kind"] for f in site["routes"]["features"]} >= {"corridor", "sweep"}
    assert len(site["roads"]["features"]) > 10
    camera = site["cameras"]["features"][0]
    assert camera["geometry"]["coordinates"] == [
        SITE.cameras["gate-east"].lon,
        SITE.cameras["gate-east"].lat,
    ]
    assert "rtsp" not in str(site["cameras"])  # the address of a stream may hold its password
    vehicle = next(v for v in site["vehicles"] if v["vehicle_id"] == "v01")
    assert vehicle["plate"] == SITE.vehicles["v01"].plate
    assert vehicle["company"] == SITE.companies[SITE.vehicles["v01"].company_id].name


def test_the_newest_position_of_each_vehicle(client: TestClient, evening: World) -> None:
    later = utc_now()
    evening.drive(later)
    vehicles = client.get(f"{API}/vehicles").json()["vehicles"]
    assert {v["vehicle_id"] for v in vehicles} == set(SITE.vehicles)
    assert {v["fix_time"] for v in vehicles} == {later.isoformat().replace("+00:00", "Z")}
    assert client.get(f"{API}/vehicles?within_s=0").status_code == 422


def test_alerts_page_by_page_without_gap_or_repetition(client: TestClient, evening: World) -> None:
    found, before = [], None
    while True:
        query = {"limit": 7} | ({"before": before} if before else {})
        page = client.get(f"{API}/alerts", params=query).json()
        found += page["alerts"]
        before = page["next"]
        if before is None:
            break
        if len(found) == 7:  # one comes in between
            evening.raise_alert(
                "overspeed", utc_now(), alert_id=uuid4(), vehicle_id="v01", lon=119.9, lat=31.7
            )
    ids = [a["alert_id"] for a in found]
    assert len(ids) == len(set(ids)) == 44
    assert [a["started_at"] for a in found] == sorted(
        (a["started_at"] for a in found), reverse=True
    )


def test_alerts_are_filtered(client: TestClient, evening: World) -> None:
    def kinds(**query: object) -> set[str]:
        alerts = client.get(f"{API}/alerts", params={"limit": 200, **query}).json()["alerts"]
        return {a["kind"] for a in alerts}

    assert kinds(status="new") == {"overspeed", "off_route", "restricted_zone", "illegal_dumping"}
    assert kinds(severity="serious") == {"off_route", "illegal_dumping"}
    assert kinds(kind=["illegal_dumping", "restricted_zone"]) == {
        "illegal_dumping",
        "restricted_zone",
    }
    assert kinds(camera_id="hotspot-canal") == {"illegal_dumping"}
    assert kinds(since=(utc_now() - timedelta(seconds=200)).isoformat()) == {
        "restricted_zone",
        "illegal_dumping",
    }
    assert client.get(f"{API}/alerts?status=nonsense").status_code == 422
    assert client.get(f"{API}/alerts?before={uuid4()}").status_code == 404


def test_one_alert_with_evidence_byte_for_byte(client: TestClient, evening: World) -> None:
    alert = evening.alerts["illegal_dumping"]  # type: ignore[attr-defined]
    answer = client.get(f"{API}/alerts/{alert.alert_id}").json()
    assert answer["alert"]["suspected"] is True
    assert answer["alert"]["values"] == alert.values
    assert answer["alert"]["pictures"] == 3
    assert [e["moment"] for e in answer["evidence"]].count("after") == 1
    assert [step["change"] for step in answer["log"]] == ["raised"]
    for entry in answer["evidence"]:
        picture = client.get(f"{API}/evidence/{entry['evidence_id']}")
        assert picture.headers["content-type"] == "image/jpeg"
        assert hashlib.sha256(picture.content).hexdigest() == entry["sha256"]
        assert entry["sha256"] in picture.headers["etag"]
        assert "private" in picture.headers["cache-control"]
    assert client.get(f"{API}/alerts/{uuid4()}").status_code == 404
    assert client.get(f"{API}/evidence/{uuid4()}").status_code == 404
    assert client.get(f"{API}/alerts/not-an-id").status_code == 422


def test_evidence_that_is_no_picture_is_not_rendered(client: TestClient, evening: World) -> None:
    alert = evening.alerts["illegal_dumping"]  # type: ignore[attr-defined]
    evening.conn.execute("UPDATE evidence SET media_type = 'text/html'")
    entry = client.get(f"{API}/alerts/{alert.alert_id}").json()["evidence"][0]
    answer = client.get(f"{API}/evidence/{entry['evidence_id']}")
    assert answer.headers["content-type"] == "application/octet-stream"
    assert answer.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize(
    ("action", "status"), [("acknowledge", "acknowledged"), ("dismiss", "dismissed")]
)
def test_an_operator_decides_and_the_receivers_are_told(
    client: TestClient, evening: World, action: str, status: str
) -> None:
    alert = evening.alerts["off_route"]  # type: ignore[attr-defined]
    url = f"{API}/alerts/{alert.alert_id}"
    changed = client.post(f"{url}/{action}", json={"note": "  已通知企业 "}).json()
    assert (changed["status"], changed["note"]) == (status, "已通知企业")
    assert changed["acknowledged_by"] == USER[0]
    assert changed["revision"] == 2
    client.post(f"{url}/{action}", json={"note": "已通知企业"}).raise_for_status()  # pressed twice
    log = client.get(url).json()["log"]
    assert [(step["change"], step["actor"]) for step in log] == [
        ("raised", "rules"),
        (status, USER[0]),
    ]
    with evening.conn.cursor(row_factory=tuple_row) as cursor:
        events = cursor.execute(
            "SELECT event FROM outbox WHERE alert_id = %s ORDER BY revision", [alert.alert_id]
        ).fetchall()
    assert events == [("alert.raised",), (f"alert.{status}",)]


def test_a_decision_needs_sound_input(client: TestClient, evening: World) -> None:
    assert client.post(f"{API}/alerts/{uuid4()}/dismiss", json={}).status_code == 404
    url = f"{API}/alerts/{evening.alerts['off_route'].alert_id}/dismiss"  # type: ignore[attr-defined]
    assert client.post(url, json={"note": "x" * 501}).status_code == 422
    assert client.post(url).status_code == 422
    assert client.post(url, json={}, auth=("operator", "wrong")).status_code == 401
    assert client.post(url, json={}, headers={"Origin": "http://evil.example"}).status_code == 403
    assert client.get(f"{API}/alerts?status=dismissed").json()["alerts"] == []


def test_a_withdrawn_alert_is_no_longer_listed(client: TestClient, evening: World) -> None:
    alert = msgspec.structs.replace(evening.alerts["overspeed"], withdrawn=True)  # type: ignore[attr-defined]
    change = AlertChange(change=ChangeKind.WITHDRAWN, alert=alert)
    evening.writer.write(Batch(changes=(change,)))
    listed = client.get(f"{API}/alerts?status=new").json()["alerts"]
    assert str(alert.alert_id) not in {a["alert_id"] for a in listed}
    assert client.get(f"{API}/alerts/{alert.alert_id}").json()["alert"]["withdrawn"] is True


def test_counts(client: TestClient, evening: World) -> None:
    hours = client.get(f"{API}/alerts-per-hour?hours=25").json()["hours"]
    assert sum(h["alerts"] for h in hours) == 44
    status = client.get(f"{API}/status").json()
    assert status["alerts_new"] == 4
    assert status["alerts_going_on"] == 3
    assert (status["vehicles_online"], status["vehicles_registered"]) == (40, 40)
    assert (status["cameras_online"], status["cameras_registered"]) == (3, 4)
    cameras = client.get(f"{API}/cameras").json()["cameras"]
    assert {c["camera_id"]: c["state"] for c in cameras}["hotspot-canal"] == "frozen"


def test_health_tells_process_database_and_site_apart(client: TestClient, world: World) -> None:
    client.auth = None
    assert client.get("/healthz").json()["status"] == "ok"
    assert client.get("/readyz").status_code == 200
    write_site_files(world.conn, {})
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()["detail"]) == (503, "no site")
    assert client.get("/metrics").status_code == 401


def test_metrics_and_the_description_of_the_api(client: TestClient, world: World) -> None:
    assert "muckwatch_console_event_streams" in client.get("/metrics").text
    description = client.get("/openapi.json").json()
    assert set(description["paths"]) >= {
        f"{API}/site",
        f"{API}/events",
        f"{API}/alerts/{{alert_id}}/acknowledge",
        "/healthz",
    }
    for path, methods in description["paths"].items():
        for method in methods.values():
            assert method.get("description"), path
    assert client.get("/docs").status_code == 404  # it would load scripts from elsewhere


def test_the_page_and_nothing_beside_it_is_served(client: TestClient, world: World) -> None:
    page = client.get("/")
    assert page.headers["content-type"].startswith("text/html")
    assert page.headers["cache-control"] == "no-cache"
    assert client.get("/vendor/leaflet/leaflet.js").status_code == 200
    assert client.get("/../application.py").status_code == 404
    assert client.get("/%2e%2e/application.py").status_code == 404
