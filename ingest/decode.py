"""Position messages become Positions; what cannot is rejected with the field that was wrong.

One dirty element of an array is rejected alone. The hot path stays in msgspec's C code: only a
payload that fails there is looked at element by element.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime

import msgspec

from ingest.decode_error import explain
from ingest.position import Position
from ingest.position_payload import PositionPayload
from ingest.rejected_message import RejectedMessage
from ingest.topics import TopicError, storable, terminal_of

MAX_PAYLOAD_BYTES = 1 << 20
"""As NATS and most brokers have it by default; some 5,000 fixes."""
MAX_ELEMENTS = 10_000

_decode_any = msgspec.json.Decoder(PositionPayload | list[PositionPayload]).decode
_decode_one = msgspec.json.Decoder(PositionPayload).decode
_decode_elements = msgspec.json.Decoder(list[msgspec.Raw]).decode

_STRUCTURE = re.compile(rb'"(?:[^"\\]|\\.)*"|[\[\]{},]', re.DOTALL)


def decode_position(
    topic: str, payload: bytes, received_at: datetime, vehicle_of_terminal: Mapping[str, str]
) -> tuple[list[Position], list[RejectedMessage]]:
    """The fixes of one message and what was rejected of it; never raises, whatever the bytes.

    `received_at` is aware. A terminal that the register does not know is its own vehicle.
    """
    try:
        terminal_id = terminal_of(topic)
    except TopicError as error:
        return [], [_rejected(topic, payload, str(error), received_at)]
    if len(payload) > MAX_PAYLOAD_BYTES:
        reason = f"payload: too large, {len(payload)} bytes where {MAX_PAYLOAD_BYTES} are allowed"
        return [], [_rejected(topic, payload, reason, received_at)]
    vehicle_id = vehicle_of_terminal.get(terminal_id, terminal_id)
    try:
        decoded = _decode_any(payload)
        if type(decoded) is PositionPayload:
            return [_position(vehicle_id, terminal_id, decoded, received_at)], []
        if 0 < len(decoded) <= MAX_ELEMENTS:
            return [_position(vehicle_id, terminal_id, fix, received_at) for fix in decoded], []
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, OverflowError):
        pass  # said in detail below
    return _decode_dirty(topic, payload, received_at, vehicle_id, terminal_id)


def _decode_dirty(
    topic: str, payload: bytes, received_at: datetime, vehicle_id: str, terminal_id: str
) -> tuple[list[Position], list[RejectedMessage]]:
    if not payload.lstrip().startswith(b"["):
        outcome = _attempt(payload, received_at, vehicle_id, terminal_id)
        if isinstance(outcome, str):
            return [], [_rejected(topic, payload, outcome, received_at)]
        return [outcome], []
    elements = _elements(payload)
    if not 0 < len(elements) <= MAX_ELEMENTS:
        reason = f"payload: an array of {len(elements)} elements, 1 to {MAX_ELEMENTS} are allowed"
        return [], [_rejected(topic, payload, reason, received_at)]
    positions: list[Position] = []
    rejected: list[RejectedMessage] = []
    for number, element in enumerate(elements):
        outcome = _attempt(element, received_at, vehicle_id, terminal_id)
        if isinstance(outcome, str):
            rejected.append(_rejected(topic, element, outcome, received_at, number))
        else:
            positions.append(outcome)
    return positions, rejected


def _attempt(
    payload: bytes, received_at: datetime, vehicle_id: str, terminal_id: str
) -> Position | str:
    """The position of one JSON object, or the reason why there is none."""
    try:
        return _position(vehicle_id, terminal_id, _decode_one(payload), received_at)
    except OverflowError:
        return "time: outside the years 1 to 9999 in UTC"
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        return explain(payload, error)


def _elements(payload: bytes) -> list[bytes]:
    """The raw bytes of each element of an array, also of one that is not quite JSON."""
    try:
        return [bytes(raw) for raw in _decode_elements(payload)]
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        elements = list(_split(payload))
        return elements if any(element.strip() for element in elements) else []


def _split(payload: bytes) -> Iterator[bytes]:
    """Splits at the commas of the outermost array, by its brackets and strings alone."""
    begin = payload.index(b"[") + 1
    depth = 1
    for token in _STRUCTURE.finditer(payload, begin):
        match token[0]:
            case b"[" | b"{":
                depth += 1
            case b"]" | b"}":
                depth -= 1
                if depth == 0:
                    yield payload[begin : token.start()].strip()
                    begin = token.end()
                    break
            case b"," if depth == 1:
                yield payload[begin : token.start()].strip()
                begin = token.end()
    if rest := payload[begin:].strip():
        yield rest  # cut off, or behind the array's end


def _position(
    vehicle_id: str, terminal_id: str, fix: PositionPayload, received_at: datetime
) -> Position:
    time = fix.time
    return Position(
        vehicle_id=vehicle_id,
        terminal_id=terminal_id,
        fix_time=time if time.tzinfo is UTC else time.astimezone(UTC),
        received_at=received_at,
        lon=fix.lon,
        lat=fix.lat,
        speed_kmh=fix.speed_kmh,
        course_deg=fix.course_deg,
        altitude_m=fix.altitude_m,
        satellites=fix.satellites,
        lid=fix.lid,
        load=fix.load,
        body_raised=fix.body_raised,
        ignition=fix.ignition,
        work=fix.work,
        weight_kg=fix.weight_kg,
        temperature_c=fix.temperature_c,
        antenna_cut=fix.antenna_cut,
        power_cut=fix.power_cut,
        backfill=fix.backfill,
    )


def _rejected(
    topic: str, payload: bytes, reason: str, received_at: datetime, element: int | None = None
) -> RejectedMessage:
    return RejectedMessage(
        topic=storable(topic),
        payload=payload,
        reason=storable(reason),
        received_at=received_at,
        element=element,
    )
