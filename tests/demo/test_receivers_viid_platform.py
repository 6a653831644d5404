"""The pretend GA/T 1400 platform, checked with requests' digest and with hand-made objects."""

from __future__ import annotations

import base64
import hashlib

import pytest
from fastapi.testclient import TestClient

from demo.viid_platform.digest import Digest
from demo.viid_platform.motor_vehicle import faults
from demo.viid_platform.platform import Platform
from demo.viid_platform.server import create_app

DEVICE = "32041200005030000001"
REGISTER = {"RegisterObject": {"DeviceID": DEVICE}}
KEEPALIVE = {"KeepaliveObject": {"DeviceID": DEVICE}}
USER = {"User-Identify": DEVICE}
SOURCE = f"{DEVICE}022026031006301500001"


def vehicle(**fields) -> dict:
    return {
        "MotorVehicleID": f"{SOURCE}0200001",
        "InfoKind": 1,
        "SourceID": SOURCE,
        "DeviceID": DEVICE,
        "PassTime": "20260310063015",
        "StorageUrl1": "/e/1",
        "VehicleColor": "4",
        "LeftTopX": 1,
        "LeftTopY": 1,
        "RightBtmX": 20,
        "RightBtmY": 20,
        **fields,
    }


def picture(**fields) -> dict:
    return {
        "ImageID": SOURCE,
        "Type": "14",
        "ShotTime": "20260310063015",
        "Width": 640,
        "Height": 360,
        "Data": base64.b64encode(b"\xff\xd8 a jpeg").decode(),
        **fields,
    }


def with_picture(**fields) -> dict:
    return vehicle(SubImageList={"SubImageInfoObject": [picture(**fields)]})


@pytest.fixture
def now() -> list[float]:
    return [0.0]


@pytest.fixture
def platform(now) -> Platform:
    return Platform(lambda: now[0], lapse_s=100)


@pytest.fixture
def client(platform) -> TestClient:
    return TestClient(create_app("viid", "a password", platform))


def response_to(challenge: str, password: str = "a password", nonce: str | None = None) -> str:  # noqa: S107 - pretend
    """RFC 2617 3.2.2.1, written out: not the server's code, not a library's."""
    given = dict(part.strip().split("=", 1) for part in challenge[7:].split(","))
    given = {name: value.strip('"') for name, value in given.items()}
    nonce = nonce or given["nonce"]

    def md5(text: str) -> str:
        return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()

    uri = "/VIID/System/Register"
    ha1 = md5(f"viid:{given['realm']}:{password}")
    answer = md5(f"{ha1}:{nonce}:00000001:cn:auth:{md5(f'POST:{uri}')}")
    return (
        f'Digest username="viid", realm="{given["realm"]}", nonce="{nonce}", uri="{uri}", '
        f'qop=auth, nc=00000001, cnonce="cn", response="{answer}", opaque="{given["opaque"]}"'
    )


def register(client: TestClient, password: str = "a password") -> int:  # noqa: S107 - pretend
    first = client.post("/VIID/System/Register", json=REGISTER)
    assert first.status_code == 401
    headers = {"Authorization": response_to(first.headers["www-authenticate"], password).encode()}
    return client.post("/VIID/System/Register", json=REGISTER, headers=headers).status_code


def test_only_the_password_answers_a_challenge_and_once():
    digest = Digest("viid", "a password")
    challenge = digest.challenge()
    answer = response_to(challenge)
    assert digest.holds(answer, "POST", "/VIID/System/Register")
    assert not digest.holds(answer, "POST", "/VIID/System/Register")  # a nonce serves once
    assert not digest.holds(response_to(challenge, nonce="made up"), "POST", "/x")
    assert not digest.holds("Basic abc", "POST", "/x")
    assert not digest.holds("Digest nonsense", "POST", "/x")


def test_register_keep_alive_unregister(client, platform):
    assert client.post("/VIID/System/Keepalive", json=KEEPALIVE, headers=USER).status_code == 401
    assert register(client, "wrong") == 401
    assert register(client) == 200
    alive = client.post("/VIID/System/Keepalive", json=KEEPALIVE, headers=USER)
    assert alive.json()["ResponseStatusObject"]["StatusCode"] == 0
    time = client.get("/VIID/System/Time", headers=USER).json()["SystemTimeObject"]
    assert len(time["LocalTime"]) == 14
    body = {"UnRegisterObject": {"DeviceID": DEVICE}}
    assert client.post("/VIID/System/UnRegister", json=body, headers=USER).status_code == 200
    assert client.post("/VIID/System/Keepalive", json=KEEPALIVE, headers=USER).status_code == 401
    summary = client.get("/summary").json()
    assert (summary["registered"], summary["keepalives"], summary["unregistered"]) == (1, 1, 1)


def test_a_registration_lapses_without_life(client, platform, now):
    register(client)
    now[0] += 99
    assert client.post("/VIID/System/Keepalive", json=KEEPALIVE, headers=USER).status_code == 200
    now[0] += 101
    assert client.post("/VIID/System/Keepalive", json=KEEPALIVE, headers=USER).status_code == 401


def test_one_reply_an_object(client, platform):
    register(client)
    items = [with_picture(), vehicle(MotorVehicleID=f"{SOURCE}0200002", PassTime="")]
    body = {"MotorVehicleListObject": {"MotorVehicleObject": items}}
    replied = client.post("/VIID/MotorVehicles", json=body, headers=USER).json()
    statuses = replied["ResponseStatusListObject"]["ResponseStatusObject"]
    assert [status["StatusCode"] for status in statuses] == [0, 8]
    assert statuses[1]["StatusString"] == "PassTime is missing"
    summary = platform.summary()
    assert (summary["objects_accepted"], summary["objects_rejected"]) == (1, 1)
    assert summary["pictures"] == 1


@pytest.mark.parametrize("body", [b"", b"[]", b'{"MotorVehicleListObject": {}}'])
def test_an_unsound_envelope_is_400(client, body):
    register(client)
    assert client.post("/VIID/MotorVehicles", content=body, headers=USER).status_code == 400


def test_a_sound_object_has_no_faults():
    assert faults(vehicle()) == []
    assert faults(with_picture()) == []


@pytest.mark.parametrize(
    ("item", "field"),
    [
        (vehicle(StorageUrl1=None), "StorageUrl1"),
        (vehicle(DeviceID=None), "DeviceID"),
        (vehicle(MotorVehicleID="1" * 47), "MotorVehicleID"),
        (vehicle(SourceID="x" * 41), "SourceID"),
        (vehicle(SourceID="1" * 41), "MotorVehicleID does not begin"),
        (vehicle(InfoKind=5), "InfoKind"),
        (vehicle(PassTime="20260231000000"), "PassTime"),
        (vehicle(PassTime="2026-03-10"), "PassTime"),
        (vehicle(VehicleColor="red"), "VehicleColor"),
        (vehicle(VehicleColor=[1]), "VehicleColor"),
        (vehicle(LeftTopX=-1), "LeftTopX"),
        (vehicle(LeftTopX=0.5), "LeftTopX"),
        (vehicle(RightBtmX=1), "RightBtmX"),
        (with_picture(ImageID="1"), "ImageID"),
        (with_picture(ShotTime=""), "ShotTime"),
        (with_picture(Width=0), "Width"),
        (with_picture(Data="!!"), "Data"),
        (with_picture(Data=base64.b64encode(b"GIF89a").decode()), "Data"),
    ],
)
def test_faults_name_their_field(item, field):
    assert any(field in fault for fault in faults(item))
