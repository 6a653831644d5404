"""Who passed, over HTTP; and people's word on it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from fastapi.testclient import TestClient

from alerts.alert import PassedBy, Severity
from detection.sighting import Sighting
from store.batch import Batch
from tests.console.world import SITE, World
from tests.store.made import NOON
from tests.store.seen import CAMERA, attribution, sighting, track

pytestmark = pytest.mark.servers

FIRST, SECOND = list(SITE.vehicles)[:2]


@pytest.fixture
def seen(world: World) -> list[Sighting]:
    """Three passages: one laid at a truck by the rules, the others not judged."""
    made = [sighting(n, n * 60) for n in range(2)]
    made.append(sighting(2, 120, snapshot=None, plate=None))
    world.writer.write(Batch(sightings=tuple(made), attributions=(attribution(0, FIRST),)))
    return made


def get(client: TestClient, path: str, **query: Any) -> Any:
    answer = client.get(f"/api/v1{path}", params=query)
    assert answer.status_code == 200, answer.text
    return answer.json()


def lay(client: TestClient, path: str, vehicle: str | None, status: int = 200) -> Any:
    body = {"vehicle_id": vehicle, "note": " 看了录像 "}
    answer = client.post(f"/api/v1{path}/lay", json=body)
    assert answer.status_code == status, answer.text
    return answer.json()


def test_a_list_by_page_camera_and_vehicle(client: TestClient, seen: list[Sighting]) -> None:
    first = get(client, "/sightings", limit=2)
    assert [s["sighting_id"] for s in first["sightings"]] == [
        str(s.sighting_id) for s in seen[:0:-1]
    ]
    rest = get(client, "/sightings", limit=2, before=first["next"])
    [laid] = rest["sightings"]
    assert rest["next"] is None
    assert (laid["vehicle_id"], laid["nobody"], laid["final"]) == (FIRST, 0.01, False)
    assert [c["plate_read"] for c in laid["candidates"]] == ["same", None]
    assert laid["plate"] == {
        "text": "苏DA1234",
        "color": "yellow",
        "reliability": 0.9,
        "readings": 7,
    }
    assert [s["vehicle_id"] for s in get(client, "/sightings", vehicle_id=FIRST)["sightings"]] == [
        FIRST
    ]
    assert get(client, "/sightings", camera_id="other")["sightings"] == []
    late = (NOON + timedelta(seconds=90)).isoformat()
    assert len(get(client, "/sightings", camera_id=CAMERA, since=late)["sightings"]) == 1
    assert client.get("/api/v1/sightings", params={"before": str(uuid4())}).status_code == 404


def test_one_with_its_way_and_its_picture(client: TestClient, seen: list[Sighting]) -> None:
    answer = get(client, f"/sightings/{seen[0].sighting_id}")
    assert [p["lon"] for p in answer["track"]] == [119.9, None]
    assert answer["sighting"]["picture_at"] is not None
    picture = client.get(f"/api/v1/sightings/{seen[0].sighting_id}/picture")
    assert (picture.content, picture.headers["content-type"]) == (b"\xff\xd8passing", "image/jpeg")
    assert client.get(f"/api/v1/sightings/{seen[2].sighting_id}/picture").status_code == 404
    assert client.get(f"/api/v1/sightings/{uuid4()}").status_code == 404


def test_a_person_says_who_it_was(client: TestClient, world: World, seen: list[Sighting]) -> None:
    passer = PassedBy(track_uid=track(0), class_name="muck_truck", color="red", seen_at=NOON)
    spill = world.raise_alert(
        "spillage", NOON, camera_id=CAMERA, passers=(passer,), severity=Severity.SERIOUS,
        lon=119.9, lat=31.7,
    )  # fmt: skip
    entry = lay(client, f"/alerts/{spill.alert_id}", SECOND)
    vehicle = SITE.vehicles[SECOND]
    assert (entry["vehicle_id"], entry["plate"]) == (SECOND, vehicle.plate)
    assert (entry["attributed_by"], entry["attribution_note"]) == ("operator", "看了录像")
    assert [p["class_name"] for p in entry["passers"]] == ["muck_truck"]
    known = get(client, f"/sightings/{seen[0].sighting_id}")["sighting"]
    assert (known["vehicle_id"], known["chosen_by"]) == (SECOND, "operator")
    assert known["candidates"][0]["vehicle_id"] == "v01"
    again = lay(client, f"/sightings/{seen[0].sighting_id}", None)
    assert (again["vehicle_id"], again["chosen_by"]) == (None, "operator")
    page = get(client, f"/alerts/{spill.alert_id}")
    assert (page["alert"]["vehicle_id"], page["alert"]["attributed_by"]) == (None, "operator")
    steps = [(s["change"], (s["detail"] or {}).get("vehicle_id")) for s in page["log"]]
    assert steps == [("raised", None), ("attributed", SECOND), ("attributed", None)]
    assert get(client, "/alerts", vehicle_id=SECOND)["alerts"] == []


def test_what_cannot_be_laid(client: TestClient, world: World, seen: list[Sighting]) -> None:
    fleet = world.raise_alert("overspeed", NOON, vehicle_id=FIRST, lon=119.9, lat=31.7)
    assert "registered" in lay(client, f"/sightings/{seen[0].sighting_id}", "x", 422)["detail"]
    assert "camera" in lay(client, f"/alerts/{fleet.alert_id}", FIRST, 422)["detail"]
    for path in ("alerts", "sightings"):
        lay(client, f"/{path}/{UUID(int=9)}", FIRST, 404)


def test_an_alert_is_found_true(client: TestClient, world: World) -> None:
    raised = world.raise_alert("overspeed", NOON, vehicle_id=FIRST, lon=119.9, lat=31.7)
    path = f"/api/v1/alerts/{raised.alert_id}"
    for word, status, verdict in (
        ("confirm", "acknowledged", True),
        ("dismiss", "dismissed", False),
        ("acknowledge", "acknowledged", None),
    ):
        entry = client.post(f"{path}/{word}", json={"note": ""}).json()
        assert (entry["status"], entry["verdict"]) == (status, verdict)
