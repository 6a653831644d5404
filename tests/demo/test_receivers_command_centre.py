"""The pretend command centre."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from random import Random

import pytest
from fastapi.testclient import TestClient
from standardwebhooks.webhooks import Webhook

from demo.command_centre.received import Received
from demo.command_centre.server import create_app

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
BODY = {
    "version": 1,
    "type": "alert.raised",
    "timestamp": "2026-03-10T00:00:00Z",
    "data": {
        "kind": "off_route",
        "kind_name": {"zh": "偏离核准路线", "en": "Off the permitted route"},
        "severity": "warning",
        "vehicle_id": "<b>苏D12345</b>",
        "lon": 119.94,
        "lat": 31.7,
        "started_at": "2026-03-10T00:00:00Z",
    },
}


def signed(body: dict, id_: str = "m1", at: datetime | None = None) -> tuple[bytes, dict]:
    raw = json.dumps(body, ensure_ascii=False)
    at = at or datetime.now(UTC)
    headers = {
        "webhook-id": id_,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": Webhook(SECRET).sign(id_, at, raw),
    }
    return raw.encode(), headers


@pytest.fixture
def received() -> Received:
    return Received()


@pytest.fixture
def client(received) -> TestClient:
    return TestClient(create_app(SECRET, received))


def post(client: TestClient, raw: bytes, headers: dict) -> int:
    return client.post("/", content=raw, headers=headers).status_code


def test_takes_each_message_once(client):
    raw, headers = signed(BODY)
    assert [post(client, raw, headers) for _ in range(3)] == [204, 204, 204]
    raw, headers = signed({**BODY, "type": "alert.ended"}, "m2")
    assert post(client, raw, headers) == 204
    assert client.get("/summary").json() == {
        "received": 4,
        "distinct": 2,
        "by_type": {"alert.raised": 1, "alert.ended": 1},
        "by_kind": {"off_route": 2},
        "invalid": 0,
        "failed_on_demand": 0,
    }


def test_what_is_not_signed_by_us_is_refused(client):
    raw, headers = signed(BODY)
    assert post(client, raw.replace(b"off_route", b"overspeed"), headers) == 401
    assert post(client, raw, {}) == 401
    assert post(client, b"\xff", headers) == 401
    assert post(client, *signed(BODY, at=datetime.now(UTC) - timedelta(hours=1))) == 401
    assert post(client, *signed({"type": "alert.raised"})) == 400
    summary = client.get("/summary").json()
    assert (summary["received"], summary["invalid"]) == (0, 5)


def test_misbehaves_on_demand_and_forgets_what_it_failed(received):
    client = TestClient(create_app(SECRET, received, fail_rate=0.5, rng=Random(1)))
    statuses = [post(client, *signed(BODY, f"m{n}")) for n in range(50)]
    assert set(statuses) == {204, 500}
    assert received.summary()["distinct"] == statuses.count(204)
    assert received.summary()["failed_on_demand"] == statuses.count(500)


def test_the_page_shows_what_arrived_in_chinese_and_escapes_it(client):
    post(client, *signed(BODY))
    page = client.get("/").text
    assert "偏离核准路线" in page
    assert "告警产生" in page
    assert "2026-03-10 08:00:00" in page
    assert "&lt;b&gt;苏D12345&lt;/b&gt;" in page
