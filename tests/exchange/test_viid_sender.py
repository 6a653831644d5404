"""The GA/T 1400 client against the platform simulator, over HTTP."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from uuid import uuid4

import msgspec
import pytest
from fastapi import FastAPI, Request, Response

from config.settings import ViidSettings
from demo.viid_platform.platform import Platform
from demo.viid_platform.server import create_app
from exchange.outcome import Deferred, Delivered, Refused
from exchange.viid import codes
from exchange.viid.sender import ViidSender
from store.outbox import OutboxEntry

DEVICE = "32041200005030000001"
PASSWORD = "p"
CAMERA_DEVICE = "32041200001190000007"


@dataclass
class Clock:
    now: float = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def platform(clock) -> Platform:
    return Platform(clock, lapse_s=100, rng=Random(1))


@pytest.fixture
def url(platform, serving):
    with serving(create_app("u", "p", platform)) as url:
        yield url


def sender_to(url: str, password: str = PASSWORD, keepalive_s: float = 3600) -> ViidSender:
    settings = ViidSettings(
        url=url,
        device_id=DEVICE,
        username="u",
        password=password,
        keepalive_s=keepalive_s,
        devices={"cam-1": CAMERA_DEVICE},
    )
    return ViidSender(settings, timeout_s=5)


@pytest.fixture
def sender(url):
    sender = sender_to(url)
    yield sender
    sender.close()


@pytest.fixture
def pictures() -> dict:
    return {}


@pytest.fixture
def make_entry(make_alert, make_passage, pictures):
    def make(camera_id: str = "cam-1", **fields) -> OutboxEntry:
        alert = make_alert(camera_id=camera_id)
        pictures[alert.alert_id] = [make_passage(alert.alert_id, **fields)]
        return OutboxEntry(
            outbox_id=uuid4(),
            destination="viid",
            event="alert.raised",
            alert_id=alert.alert_id,
            revision=1,
            payload=msgspec.to_builtins(alert),
            created_at=datetime.now(UTC),
            attempts=1,
        )

    return make


def until(condition) -> None:
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline, "it never happened"
        time.sleep(0.01)


def test_registers_with_digest_and_pushes(sender, platform, make_entry, pictures):
    entries = [make_entry(), make_entry(camera_id="cam-2")]
    results = sender.send(entries, lambda entry: pictures[entry.alert_id])
    assert [type(result) for result in results] == [Delivered, Delivered]
    summary = platform.summary()
    assert (summary["registered"], summary["objects_accepted"], summary["pictures"]) == (1, 2, 4)
    assert [item["DeviceID"] for item in platform.newest] == [CAMERA_DEVICE, DEVICE]


def test_a_wrong_password_is_tried_again_later_and_nothing_is_pushed(
    url, platform, make_entry, pictures
):
    (result,) = sender_to(url, "wrong").send([make_entry()], lambda e: pictures[e.alert_id])
    assert isinstance(result, Deferred)
    assert not result.reached
    assert "password refused" in result.error
    assert platform.summary()["registered"] == 0


def test_a_lapsed_registration_is_renewed_by_the_push(
    sender, platform, clock, make_entry, pictures
):
    sender.send([make_entry()], lambda e: pictures[e.alert_id])
    clock.now += 101
    (result,) = sender.send([make_entry()], lambda e: pictures[e.alert_id])
    assert isinstance(result, Delivered)
    assert platform.summary()["registered"] == 2


def test_a_platform_that_restarts_in_between_gets_the_rest(platform, serving, make_entry, pictures):
    entries = [make_entry() for _ in range(3)]
    with serving(create_app("u", "p", platform)) as url:
        sender = sender_to(url)
        (first,) = sender.send(entries[:1], lambda e: pictures[e.alert_id])
    platform.forget_all()
    (down,) = sender.send(entries[1:2], lambda e: pictures[e.alert_id])
    port = int(url.rsplit(":", 1)[1])
    with serving(create_app("u", "p", platform), port):
        rest = sender.send(entries[1:], lambda e: pictures[e.alert_id])
        sender.close()
    assert isinstance(first, Delivered)
    assert isinstance(down, Deferred)
    assert not down.reached
    assert [type(result) for result in rest] == [Delivered, Delivered]
    summary = platform.summary()
    assert (summary["registered"], summary["objects_accepted"]) == (2, 3)


def test_keeps_alive_registers_again_and_unregisters(url, platform):
    sender = sender_to(url, keepalive_s=0.02)
    sender.open()
    until(lambda: platform.keepalives >= 3)
    platform.forget_all()
    until(lambda: platform.registered >= 2 and platform.keepalives >= 6)
    sender.close()
    assert platform.unregistered == 1
    assert not platform.knows(DEVICE)


def test_one_bad_object_does_not_fail_the_rest(sender, platform, make_entry, pictures):
    entries = [make_entry(), make_entry(content=b"broken"), make_entry(), make_entry()]
    pictures[entries[3].alert_id] = []
    results = sender.send(entries, lambda e: pictures[e.alert_id])
    assert [type(result) for result in results] == [Delivered, Refused, Delivered, Refused]
    assert platform.summary()["objects_accepted"] == 2


def test_an_object_the_platform_refuses_keeps_its_reason(
    url, platform, make_entry, pictures, tmp_path
):
    own = tmp_path / "codes.toml"
    text = Path(codes.__file__).with_name("codes.toml").read_text("utf-8")
    own.write_text(text.replace('blue = "5"', 'blue = "55"'), encoding="utf-8")
    settings = ViidSettings(url=url, device_id=DEVICE, username="u", password="p", codes=own)
    entries = [make_entry(), make_entry(passer_color="blue"), make_entry()]
    results = ViidSender(settings, 5).send(entries, lambda e: pictures[e.alert_id])
    assert [type(result) for result in results] == [Delivered, Refused, Delivered]
    assert "VehicleColor is no known code" in results[1].error
    summary = platform.summary()
    assert (summary["objects_accepted"], summary["objects_rejected"]) == (2, 1)


def test_busy_is_tried_again_and_the_object_is_the_same(sender, platform, make_entry, pictures):
    platform.busy_rate = 1.0
    entry = make_entry()
    (busy,) = sender.send([entry], lambda e: pictures[e.alert_id])
    assert isinstance(busy, Deferred)
    assert busy.reached
    platform.busy_rate = 0.0
    for _ in range(2):
        (result,) = sender.send([entry], lambda e: pictures[e.alert_id])
        assert isinstance(result, Delivered)
    summary = platform.summary()
    assert (summary["objects_accepted"], summary["objects_repeated"]) == (1, 1)


def test_a_call_too_large_is_sent_object_by_object(serving, make_entry, pictures):
    sizes = []
    app = FastAPI()

    @app.post("/VIID/System/{call}")
    async def system(call: str) -> Response:
        return Response(status_code=200)

    @app.post("/VIID/MotorVehicles")
    async def vehicles(request: Request) -> Response:
        objects = (await request.json())["MotorVehicleListObject"]["MotorVehicleObject"]
        sizes.append(len(objects))
        if len(objects) > 1:
            return Response(status_code=413)
        status = {"StatusCode": 0, "Id": objects[0]["MotorVehicleID"]}
        return Response(msgspec.json.encode({"ResponseStatusObject": status}))

    with serving(app) as url:
        results = sender_to(url).send(
            [make_entry(), make_entry(), make_entry()], lambda e: pictures[e.alert_id]
        )
    assert [type(result) for result in results] == [Delivered] * 3
    assert sizes == [3, 1, 1, 1]


def test_the_truck_that_it_was_laid_at_replaces_what_was_pushed(
    sender, platform, make_entry, pictures
):
    raised, other = make_entry(), make_entry()
    sender.send([raised], lambda entry: pictures[entry.alert_id])
    assert platform.newest[0]["PlateNo"] == "无车牌"
    laid = msgspec.structs.replace(
        raised,
        outbox_id=uuid4(),
        event="alert.amended",
        revision=2,
        payload=raised.payload | {"plate": "苏DA1234", "plate_color": "yellow"},
    )
    results = sender.send([laid, other], lambda entry: pictures[entry.alert_id])
    assert [type(result) for result in results] == [Delivered, Delivered]
    summary = platform.summary()
    assert (summary["objects_accepted"], summary["objects_amended"]) == (2, 1)
    shown = {item["MotorVehicleID"]: item["PlateNo"] for item in platform.newest}
    assert list(shown.values()) == ["苏DA1234", "无车牌"]
    assert platform.newest[0]["PlateColor"] == "6"
    assert "PlateColor" not in platform.newest[1]


def test_what_replaces_nothing_is_refused(sender, make_entry, pictures):
    entry = msgspec.structs.replace(make_entry(), event="alert.amended")
    (result,) = sender.send([entry], lambda e: pictures[e.alert_id])
    assert isinstance(result, Refused)
    assert "no such object" in result.error
