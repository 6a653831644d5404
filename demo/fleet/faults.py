"""What real terminals do wrong now and then: broken messages, impossible fixes, dead areas."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

Payload = dict[str, Any]


def _cut_off(payload: Payload) -> bytes:
    return json.dumps(payload).encode()[:-17]


def _no_longitude(payload: Payload) -> bytes:
    return json.dumps({k: v for k, v in payload.items() if k != "lon"}).encode()


def _latitude_as_text(payload: Payload) -> bytes:
    return json.dumps({**payload, "lat": "N31.7"}).encode()


def _no_offset(payload: Payload) -> bytes:
    return json.dumps({**payload, "time": payload["time"][:19]}).encode()


def _wrong_encoding(payload: Payload) -> bytes:
    text = json.dumps({**payload, "lid": "关闭"}, ensure_ascii=False)
    return text.encode("gbk")


MALFORMED: tuple[Callable[[Payload], bytes], ...] = (
    _cut_off,
    _no_longitude,
    _latitude_as_text,
    _no_offset,
    _wrong_encoding,
)


def implausible(number: int, payload: Payload, rng: random.Random) -> Payload:
    """A well-formed message whose fix cannot be: no fix at all, a stray, a wrong clock."""
    at = datetime.fromisoformat(payload["time"])
    match number % 4:
        case 0:
            return {**payload, "lon": 0.0, "lat": 0.0, "satellites": 0}
        case 1:
            stray = {"lon": payload["lon"] + rng.uniform(0.4, 0.9), "lat": payload["lat"] - 0.3}
            return {**payload, **stray}
        case 2:
            return {**payload, "time": (at + timedelta(hours=8)).isoformat()}
        case _:
            return {**payload, "time": at.replace(year=2000).isoformat()}
