"""What a camera says of itself: where it stands, and where its stream is (探头状态)."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import msgspec
from msgspec import Meta

from ingest.decode_error import explain
from ingest.position_payload import Lat, Lon
from ingest.rejected_message import RejectedMessage
from ingest.topics import TopicError, camera_of_status, storable

MAX_PAYLOAD_BYTES = 64 << 10
STREAM_URL = r"^$|^(rtsps?|https?)://\S+$"
"""Empty: frames come over MQTT. No `file:`, as anybody on the broker could name one of ours."""


class CameraAnnouncement(msgspec.Struct, frozen=True, kw_only=True):
    """None means that the camera did not say. WGS-84 degrees, heading clockwise from north."""

    camera_id: str
    received_at: datetime
    stream_url: str | None = None
    lon: float | None = None
    lat: float | None = None
    heading_deg: float | None = None
    place: str | None = None


class _Payload(msgspec.Struct, frozen=True):
    stream_url: Annotated[str, Meta(max_length=2048, pattern=STREAM_URL)] | None = None
    lon: Lon | None = None
    lat: Lat | None = None
    heading_deg: Annotated[float, Meta(ge=0, le=360)] | None = None
    place: Annotated[str, Meta(max_length=512, pattern=r"^[^\x00]*$")] | None = None


_decode = msgspec.json.Decoder(_Payload).decode


def decode_announcement(
    topic: str, payload: bytes, received_at: datetime
) -> CameraAnnouncement | RejectedMessage:
    """Reads `…/cameras/<camera>/status`; `received_at` is aware. Never raises."""
    try:
        camera_id = camera_of_status(topic)
        if len(payload) > MAX_PAYLOAD_BYTES:
            reason = f"payload: too large, {len(payload)} bytes, {MAX_PAYLOAD_BYTES} are allowed"
        else:
            said = _decode(payload)
            if (said.lon is None) == (said.lat is None):
                return CameraAnnouncement(
                    camera_id=camera_id, received_at=received_at, **msgspec.structs.asdict(said)
                )
            reason = "lon, lat: one without the other"
    except TopicError as error:
        reason = str(error)
    except (msgspec.DecodeError, RecursionError) as error:
        reason = explain(payload, error)
    return RejectedMessage(
        topic=storable(topic), payload=payload, reason=storable(reason), received_at=received_at
    )
