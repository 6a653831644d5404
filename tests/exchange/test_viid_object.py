"""The MotorVehicleObject, its ids, its pictures and the platform's replies: pure parts."""

from __future__ import annotations

import base64
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import cv2
import msgspec
import numpy as np
import pytest

from demo.viid_platform.motor_vehicle import faults
from exchange.outcome import Deferred, Delivered, Refused
from exchange.viid import codes
from exchange.viid.codes import load_codes
from exchange.viid.ids import image_id, motor_vehicle_id
from exchange.viid.local_time import viid_time
from exchange.viid.motor_vehicle import motor_vehicle_object
from exchange.viid.picture import clamp_box, crop_jpeg
from exchange.viid.reply import outcomes, statuses

DEVICE = "32041200001190000001"
ALERT = UUID("5d6c0f0e-6d2b-5a54-9a0c-6f0a4f6f8f3e")
AT = datetime(2026, 3, 9, 22, 30, 15, tzinfo=UTC)
CODES = load_codes()


def test_time_is_14_digits_in_china():
    assert viid_time(AT) == "20260310063015"


def test_ids_have_their_lengths_and_hold_device_and_time():
    source = image_id(DEVICE, AT, ALERT)
    vehicle = motor_vehicle_id(source, ALERT)
    assert source[:36] == f"{DEVICE}0220260310063015"
    assert (len(source), len(vehicle)) == (41, 48)
    assert vehicle[:43] == f"{source}02"
    assert (source + vehicle).isdigit()
    assert image_id(DEVICE, AT, ALERT, 1) != source


def test_alerts_of_one_second_have_different_ids():
    # Alike in the last five digits, in the five before them, or in neither.
    alerts = [UUID(int=ALERT.int + n * step) for step in (1, 100_000, 7919) for n in range(1, 999)]
    ids = {motor_vehicle_id(image_id(DEVICE, AT, alert), alert) for alert in alerts}
    assert len(ids) == len(alerts)


def make_object(make_passage, **fields):
    return motor_vehicle_object(ALERT, make_passage(ALERT, **fields), DEVICE, "http://c/e/1", CODES)


def test_the_object_has_what_the_standard_requires(make_passage, jpeg):
    item = make_object(make_passage)
    pictures = item.pop("SubImageList")["SubImageInfoObject"]
    source = image_id(DEVICE, AT, ALERT)
    assert item == {
        "MotorVehicleID": motor_vehicle_id(source, ALERT),
        "InfoKind": 1,
        "SourceID": source,
        "DeviceID": DEVICE,
        "PassTime": "20260310063015",
        "StorageUrl1": "http://c/e/1",
        "LeftTopX": 200,
        "LeftTopY": 100,
        "RightBtmX": 400,
        "RightBtmY": 220,
        "VehicleColor": "4",
        "VehicleClass": "H17",
        "PlateNo": "无车牌",
    }
    scene, vehicle = pictures
    assert (scene["Type"], scene["Width"], scene["Height"]) == ("14", 640, 360)
    assert base64.b64decode(scene["Data"]) == jpeg
    assert (vehicle["Type"], vehicle["Width"], vehicle["Height"]) == ("01", 200, 120)
    crop = cv2.imdecode(np.frombuffer(base64.b64decode(vehicle["Data"]), np.uint8), 1)
    assert crop.shape == (120, 200, 3)
    assert np.abs(crop[60, 100].astype(int) - (0, 0, 220)).max() < 12


def test_the_simulator_accepts_it_and_the_same_alert_is_the_same_object(make_passage):
    one, two = make_object(make_passage), make_object(make_passage)
    assert faults(one) == []
    assert one == two


@pytest.mark.parametrize(
    ("color", "code"),
    [
        *[("black", "1"), ("white", "2"), ("grey", "3"), ("red", "4"), ("blue", "5")],
        *[("yellow", "6"), ("green", "9"), ("unknown", "99"), ("pink", "99"), (None, "99")],
    ],
)
def test_colors(make_passage, color, code):
    assert make_object(make_passage, passer_color=color)["VehicleColor"] == code


def test_a_class_without_a_code_is_left_out(make_passage):
    assert "VehicleClass" not in make_object(make_passage, passer_class="tricycle")


@pytest.mark.parametrize(
    ("box", "expected"),
    [
        ((10.2, 20.7, 30.1, 40.0), (10, 20, 31, 40)),
        ((-5, -5, 5, 5), (0, 0, 5, 5)),
        ((630, 350, 700, 400), (630, 350, 640, 360)),
        ((5, 5, 5, 5), (5, 5, 6, 6)),
        ((900, 900, 950, 950), (639, 359, 640, 360)),
    ],
)
def test_boxes_stay_in_the_picture(box, expected):
    assert clamp_box(box, 640, 360) == expected


@pytest.mark.parametrize("content", [b"", b"not a jpeg", b"\xff\xd8\xff\xe0"])
def test_a_broken_picture_is_an_error(content):
    with pytest.raises(ValueError, match="no readable picture"):
        crop_jpeg(content, (0, 0, 1, 1))


def test_a_deployment_can_correct_the_codes(tmp_path):
    package = Path(codes.__file__).with_name("codes.toml").read_text("utf-8")
    own = tmp_path / "codes.toml"
    own.write_text(package.replace("H17", "H27"), encoding="utf-8")
    assert load_codes(own).vehicle_class["muck_truck"] == "H27"
    own.write_text("[vehicle_color]\nblack = 1\n", encoding="utf-8")
    with pytest.raises(ValueError, match=r"codes\.toml.*vehicle_color"):
        load_codes(own)


def reply(*items, single: bool = False) -> bytes:
    status = items[0] if single else list(items)
    return msgspec.json.encode({"ResponseStatusListObject": {"ResponseStatusObject": status}})


def status(id_: str, code: object, text: str = "") -> dict[str, object]:
    return {"Id": id_, "StatusCode": code, "StatusString": text}


def judged(body: bytes, *ids: str):
    return [type(outcome) for outcome in outcomes(ids, statuses(body), CODES.reply)]


def test_each_object_has_its_own_reply():
    body = reply(status("b", 2, "busy"), status("a", "0"), status("c", 8, "PlateNo too long"))
    found = outcomes(["a", "b", "c"], statuses(body), CODES.reply)
    assert [type(outcome) for outcome in found] == [Delivered, Deferred, Refused]
    assert "PlateNo too long" in found[2].error


@pytest.mark.parametrize("code", [0, "0"])
def test_accepted_as_int_and_string(code):
    assert judged(reply(status("a", code)), "a") == [Delivered]


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        *[(1, Refused), (2, Deferred), (3, Refused), (4, Refused), (7, Refused), (8, Refused)],
        *[("9", Deferred), (500, Refused), ("x", Deferred), (None, Deferred)],
    ],
)
def test_which_codes_are_tried_again(code, kind):
    assert judged(reply(status("a", code)), "a") == [kind]


def test_platforms_that_leave_out_ids_or_lists():
    assert judged(reply(status("", 0), status("", 8)), "a", "b") == [Delivered, Refused]
    assert judged(reply(status("", 0), single=True), "a") == [Delivered]
    alone = msgspec.json.encode({"ResponseStatusObject": status("", 0)})
    assert judged(alone, "a", "b") == [Delivered, Delivered]


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b"{}", b'{"ResponseStatusListObject":7}'])
def test_an_answer_that_says_nothing_is_not_taken_for_success(body):
    assert judged(body, "a", "b") == [Deferred, Deferred]


def test_an_object_left_out_of_the_reply_is_sent_again():
    assert judged(reply(status("a", 0)), "a", "b") == [Delivered, Deferred]
