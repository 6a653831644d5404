"""A webhook on the wire: signature, body, and what each answer means."""

from __future__ import annotations

import asyncio
import base64
import json
import time
from datetime import UTC, datetime
from uuid import uuid4

import msgspec
import pytest
from fastapi import FastAPI, Request, Response
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from config.settings import WebhookSettings
from exchange.outcome import Deferred, Delivered, Refused
from exchange.webhook import WebhookSender
from store.outbox import OutboxEntry

SECRET = "whsec_" + base64.b64encode(b"a secret of the command centre").decode()


class Receiver:
    """Answers as told and keeps what came."""

    def __init__(self) -> None:
        self.status, self.headers, self.text = 204, {}, ""
        self.requests: list[tuple[dict[str, str], bytes]] = []
        self.app = FastAPI()

        @self.app.post("/hook")
        async def hook(request: Request) -> Response:
            self.requests.append((dict(request.headers), await request.body()))
            return Response(self.text or None, self.status, self.headers)


@pytest.fixture
def receiver(serving):
    receiver = Receiver()
    with serving(receiver.app) as url:
        receiver.url = f"{url}/hook"
        yield receiver


@pytest.fixture
def entry(make_alert, make_passage) -> OutboxEntry:
    alert = make_alert()
    picture = msgspec.structs.asdict(make_passage(alert.alert_id))
    del picture["content"], picture["alert_id"]
    picture["sha256"] = picture["sha256"].hex()
    payload = {**msgspec.structs.asdict(alert), "status": "new", "revision": 1}
    return OutboxEntry(
        outbox_id=uuid4(),
        destination="centre",
        event="alert.raised",
        alert_id=alert.alert_id,
        revision=1,
        payload=json.loads(msgspec.json.encode({**payload, "evidence": [picture]})),
        created_at=datetime(2026, 3, 10, tzinfo=UTC),
        attempts=1,
    )


def send(url: str, *entries: OutboxEntry, timeout_s: float = 5):
    settings = WebhookSettings(id="centre", url=url, secret=SECRET)
    sender = WebhookSender(settings, timeout_s, "https://console.example/")
    try:
        return sender.send(entries, lambda _: [])
    finally:
        sender.close()


def test_the_library_verifies_what_we_sign_and_the_body_is_as_documented(receiver, entry):
    assert send(receiver.url, entry) == [Delivered("HTTP 204")]
    headers, raw = receiver.requests[0]
    body = Webhook(SECRET).verify(raw, headers)
    assert headers["webhook-id"] == str(entry.outbox_id)
    assert headers["content-type"] == "application/json"
    assert abs(int(headers["webhook-timestamp"]) - time.time()) < 60
    assert (body["version"], body["type"]) == (1, "alert.raised")
    assert body["timestamp"] == "2026-03-10T00:00:00Z"
    data = body["data"]
    assert data["alert_id"] == str(entry.alert_id)
    assert data["kind"] == "illegal_dumping"
    assert data["kind_name"] == {"zh": "偷倒乱倒", "en": "Illegal dumping"}
    assert data["severity_name"]["zh"] == "严重"
    picture_id = entry.payload["evidence"][0]["evidence_id"]
    assert data["evidence"][0]["url"] == f"https://console.example/api/v1/evidence/{picture_id}"
    assert data["evidence"][0]["sha256"] == entry.payload["evidence"][0]["sha256"]
    assert "content" not in data["evidence"][0]


def test_a_changed_body_or_another_secret_does_not_verify(receiver, entry):
    send(receiver.url, entry)
    headers, raw = receiver.requests[0]
    with pytest.raises(WebhookVerificationError):
        Webhook(SECRET).verify(raw.replace(b"illegal_dumping", b"illegal_dumpinG"), headers)
    with pytest.raises(WebhookVerificationError):
        Webhook("whsec_" + base64.b64encode(b"another").decode()).verify(raw, headers)


def test_a_second_attempt_has_the_same_id_and_body(receiver, entry):
    send(receiver.url, entry)
    send(receiver.url, entry)
    (first, body), (second, again) = receiver.requests
    assert first["webhook-id"] == second["webhook-id"]
    assert body == again


@pytest.mark.parametrize(
    ("status", "headers", "expected"),
    [
        (200, {}, Delivered("HTTP 200 said")),
        (299, {}, Delivered("HTTP 299 said")),
        (301, {"location": "/elsewhere"}, Deferred("HTTP 301")),
        (400, {}, Refused("HTTP 400 said")),
        (401, {}, Deferred("HTTP 401 said")),
        (404, {}, Deferred("HTTP 404 said")),
        (410, {}, Refused("HTTP 410 said", gone=True)),
        (422, {}, Refused("HTTP 422 said")),
        (429, {"retry-after": "30"}, Deferred("HTTP 429 said", retry_after_s=30.0)),
        (500, {}, Deferred("HTTP 500 said")),
        (503, {"retry-after": "7"}, Deferred("HTTP 503 said", False, 7.0)),
    ],
)
def test_what_an_answer_means(receiver, entry, status, headers, expected):
    receiver.status, receiver.headers, receiver.text = status, headers, "said"
    assert send(receiver.url, entry) == [expected]
    assert len(receiver.requests) == 1  # a redirect is not followed


def test_nobody_there_is_the_destinations_fault(entry):
    (outcome,) = send("http://127.0.0.1:9/hook", entry)
    assert isinstance(outcome, Deferred)
    assert not outcome.reached


def test_an_answer_that_never_comes_times_out(serving, entry):
    app = FastAPI()

    @app.post("/hook")
    async def hook() -> None:
        await asyncio.sleep(60)

    with serving(app) as url:
        (outcome,) = send(f"{url}/hook", entry, timeout_s=0.3)
    assert isinstance(outcome, Deferred)
    assert not outcome.reached
    assert "timed out" in outcome.error


def test_an_entry_that_cannot_be_rendered_does_not_hold_up_the_next(receiver, entry):
    broken = msgspec.structs.replace(entry, outbox_id=uuid4(), payload={"kind": "x"})
    refused, delivered = send(receiver.url, broken, entry)
    assert isinstance(refused, Refused)
    assert isinstance(delivered, Delivered)
