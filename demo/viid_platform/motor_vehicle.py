"""What a platform checks of a MotorVehicleObject: pure."""

from __future__ import annotations

import base64
import binascii
import re
from datetime import datetime
from typing import Any

COLORS = frozenset({"1", "2", "3", "4", "5", "6", "8", "9", "99"})
"""1 black, 2 white, 3 grey, 4 red, 5 blue, 6 yellow, 9 green are certain; 8 and 99 from memory."""

_DIGITS = {"MotorVehicleID": 48, "SourceID": 41, "DeviceID": 20}
_REQUIRED = ("MotorVehicleID", "InfoKind", "SourceID", "PassTime", "StorageUrl1", "VehicleColor")
_BOX = ("LeftTopX", "LeftTopY", "RightBtmX", "RightBtmY")
_REQUIRED_AUTOMATIC = ("DeviceID", *_BOX)
_AUTOMATIC = 1


def faults(item: dict[str, Any]) -> list[str]:
    """What is wrong with the object, each naming its field; empty when it can be accepted."""
    required: tuple[str, ...] = _REQUIRED
    if str(item.get("InfoKind")) == str(_AUTOMATIC):
        required += _REQUIRED_AUTOMATIC
    found = [f"{name} is missing" for name in required if item.get(name) in (None, "")]
    if found:
        return found
    for name, digits in _DIGITS.items():
        if not re.fullmatch(rf"\d{{{digits}}}", str(item.get(name, ""))):
            found.append(f"{name} has not {digits} digits")
    if str(item["InfoKind"]) not in {"0", "1", "2"}:
        found.append("InfoKind is none of 0, 1, 2")
    if not is_time(item["PassTime"]):
        found.append("PassTime is no yyyyMMddHHmmss")
    if str(item["VehicleColor"]) not in COLORS:
        found.append("VehicleColor is no known code")
    if not str(item["MotorVehicleID"]).startswith(str(item["SourceID"])):
        found.append("MotorVehicleID does not begin with SourceID")
    box = [int(item[name]) for name in _BOX if _is_pixels(item.get(name), 0)]
    if len(box) < len(_BOX):
        found.append("LeftTopX, LeftTopY, RightBtmX, RightBtmY are not pixels")
    elif not (box[0] < box[2] and box[1] < box[3]):
        found.append("RightBtmX, RightBtmY are not right of and below LeftTopX, LeftTopY")
    for picture in pictures(item):
        found += _picture_faults(picture)
    return found


def pictures(item: dict[str, Any]) -> list[dict[str, Any]]:
    """The SubImageInfoObjects of an object; empty when it has none or they have no sound form."""
    holder = item.get("SubImageList")
    listed = holder.get("SubImageInfoObject") if isinstance(holder, dict) else None
    return [p for p in listed if isinstance(p, dict)] if isinstance(listed, list) else []


def is_time(value: object) -> bool:
    """`yyyyMMddHHmmss`, with or without milliseconds, and a date that exists."""
    text = str(value)
    if not re.fullmatch(r"\d{14}(\d{3})?", text):
        return False
    try:
        datetime.strptime(text[:14], "%Y%m%d%H%M%S")  # noqa: DTZ007 - only whether it exists
    except ValueError:
        return False
    return True


def _is_pixels(value: object, least: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= least


def _picture_faults(picture: dict[str, Any]) -> list[str]:
    found = []
    if not re.fullmatch(r"\d{41}", str(picture.get("ImageID", ""))):
        found.append("ImageID has not 41 digits")
    if not is_time(picture.get("ShotTime")):
        found.append("ShotTime is no yyyyMMddHHmmss")
    found += [
        f"{name} of a picture is no number of pixels"
        for name in ("Width", "Height")
        if not _is_pixels(picture.get(name), 1)
    ]
    try:
        data = base64.b64decode(str(picture.get("Data", "")), validate=True)
    except binascii.Error:
        data = b""
    if not data.startswith(b"\xff\xd8"):
        found.append("Data of a picture is no JPEG in base64")
    return found
