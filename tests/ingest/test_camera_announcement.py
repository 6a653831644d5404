from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.camera_announcement import CameraAnnouncement, decode_announcement
from ingest.rejected_message import RejectedMessage

NOW = datetime(2026, 5, 1, 4, 0, tzinfo=UTC)
TOPIC = "muckwatch/v1/cameras/gate-1/status"


def test_everything_a_camera_says() -> None:
    said = decode_announcement(
        TOPIC,
        '{"stream_url":"rtsp://10.0.0.5/1","lon":119.9,"lat":31.7,"heading_deg":90,'
        '"place":"凤凰路工地","battery":3}'.encode(),
        NOW,
    )
    assert said == CameraAnnouncement(
        camera_id="gate-1",
        received_at=NOW,
        stream_url="rtsp://10.0.0.5/1",
        lon=119.9,
        lat=31.7,
        heading_deg=90,
        place="凤凰路工地",
    )


def test_nothing_said_is_no_fault() -> None:
    assert decode_announcement(TOPIC, b"{}", NOW) == CameraAnnouncement(
        camera_id="gate-1", received_at=NOW
    )


@pytest.mark.parametrize(
    ("topic", "payload", "reason"),
    [
        (TOPIC, b"", "payload: empty"),
        (TOPIC, b"[]", "payload: Expected object"),
        (TOPIC, b'{"stream_url":"file:///etc/passwd"}', "stream_url: "),
        (TOPIC, b'{"stream_url":"/dev/video0"}', "stream_url: "),
        (TOPIC, b'{"lon":119.9}', "lon, lat: one without the other"),
        (TOPIC, b'{"lon":200,"lat":1}', "lon: "),
        (TOPIC, b'{"heading_deg":NaN}', "heading_deg: not a finite number"),
        (TOPIC, b'{"place":"' + b"x" * 70_000 + b'"}', "payload: too large"),
        ("muckwatch/v1/cameras//status", b"{}", "topic: "),
        ("muckwatch/v1/vehicles/1/status", b"{}", "topic: "),
    ],
)
def test_rejected_with_the_field(topic: str, payload: bytes, reason: str) -> None:
    rejected = decode_announcement(topic, payload, NOW)
    assert isinstance(rejected, RejectedMessage)
    assert rejected.reason.startswith(reason)
    assert rejected.payload == payload


@given(st.text() | st.just(TOPIC), st.binary())
def test_no_bytes_raise(topic: str, payload: bytes) -> None:
    decode_announcement(topic, payload, NOW)
