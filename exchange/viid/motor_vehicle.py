"""The MotorVehicleObject of GA/T 1400 for a vehicle that a camera saw pass: pure."""

from __future__ import annotations

from base64 import b64encode
from typing import Any, NamedTuple
from uuid import UUID

from alerts.alert import Evidence
from exchange.viid.codes import Codes
from exchange.viid.ids import image_id, motor_vehicle_id
from exchange.viid.local_time import viid_time
from exchange.viid.picture import clamp_box, crop_jpeg


class Plate(NamedTuple):
    """Of the vehicle that the alert is laid at; `color` as the register has it."""

    text: str
    color: str | None


def motor_vehicle_object(  # noqa: PLR0917  each is what its name says
    alert_id: UUID,
    picture: Evidence,
    device_id: str,
    storage_url: str,
    codes: Codes,
    plate: Plate | None = None,
) -> dict[str, Any]:
    """The object with its two pictures, the scene and the vehicle cut out of it.

    Required fields: MotorVehicleID, InfoKind, SourceID, PassTime, StorageUrl1, VehicleColor; as it
    is collected automatically also DeviceID and the vehicle's box in the scene, in pixels.

    Args:
        alert_id: gives the object's id: the same alert is the same object.
        picture: a passage with `passer_box`.
        device_id: 20 digits, of the camera or of the library that sends.
        storage_url: where the scene can be fetched.
        codes: the platform's.
        plate: None while nobody is named.

    Raises:
        ValueError: the picture lacks the box or is not readable.
    """
    if picture.passer_box is None:
        raise ValueError("the passage has no box of who passed")
    crop, crop_width_px, crop_height_px = crop_jpeg(picture.content, picture.passer_box)
    left, top, right, bottom = clamp_box(picture.passer_box, picture.width_px, picture.height_px)
    source_id = image_id(device_id, picture.captured_at, alert_id)
    color = codes.vehicle_color.get(picture.passer_color or "unknown")

    at = viid_time(picture.captured_at)

    def sub_image(number: int, type_: str, jpeg: bytes, size: tuple[int, int]) -> dict[str, Any]:
        return {
            "ImageID": image_id(device_id, picture.captured_at, alert_id, number),
            "EventSort": codes.picture.event_sort,
            "DeviceID": device_id,
            "StoragePath": storage_url,
            "Type": type_,
            "FileFormat": codes.picture.file_format,
            "ShotTime": at,
            "Width": size[0],
            "Height": size[1],
            "Data": b64encode(jpeg).decode(),
        }

    scene = sub_image(
        0, codes.picture.scene_type, picture.content, (picture.width_px, picture.height_px)
    )
    vehicle = sub_image(1, codes.picture.vehicle_type, crop, (crop_width_px, crop_height_px))
    vehicle_class = codes.vehicle_class.get(picture.passer_class or "")
    plate_color = codes.plate_color.get(plate.color or "") if plate else None
    return {
        **codes.motor_vehicle,
        **({"PlateNo": plate.text} if plate else {}),
        **({"PlateColor": plate_color} if plate_color else {}),
        "MotorVehicleID": motor_vehicle_id(source_id, alert_id),
        "SourceID": source_id,
        "DeviceID": device_id,
        "PassTime": at,
        "StorageUrl1": storage_url,
        "LeftTopX": left,
        "LeftTopY": top,
        "RightBtmX": right,
        "RightBtmY": bottom,
        "VehicleColor": color or codes.vehicle_color["unknown"],
        **({"VehicleClass": vehicle_class} if vehicle_class else {}),
        "SubImageList": {"SubImageInfoObject": [scene, vehicle]},
    }
