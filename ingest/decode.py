"""Position messages become columns; what cannot is rejected with the field that was wrong.

One dirty element of an array is rejected alone. The hot path stays in msgspec's C code: only a
payload that fails there is looked at element by element.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime

import msgspec
import numpy as np

from config.terminal_register import TerminalRegister
from ingest.decode_error import explain
from ingest.fixes import Fixes, columns_of, numbers, seconds, sensor_columns
from ingest.message import Message
from ingest.position import Quality
from ingest.position_columns import PositionColumns
from ingest.position_payload import PositionPayload
from ingest.rejected_message import RejectedMessage
from ingest.topics import TopicError, storable, terminal_of

MAX_PAYLOAD_BYTES = 1 << 20
"""As NATS and most brokers have it by default; some 5,000 fixes."""
MAX_ELEMENTS = 10_000

_decode_any = msgspec.json.Decoder(PositionPayload | list[PositionPayload]).decode
_decode_one = msgspec.json.Decoder(PositionPayload).decode
_decode_elements = msgspec.json.Decoder(list[msgspec.Raw]).decode

_FIRST, _LAST = datetime(1, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)
_STRUCTURE = re.compile(rb'"(?:[^"\\]|\\.)*"|[\[\]{},]', re.DOTALL)


def decode_positions(
    messages: Iterable[Message], register: TerminalRegister
) -> tuple[PositionColumns, list[RejectedMessage]]:
    """The fixes of messages in their order, and what was rejected. Never raises.

    A fix belongs to the vehicle that its terminal was in at the fix's time; a terminal that the
    register does not know is its own vehicle. All are of quality GOOD as yet.
    """
    rejected: list[RejectedMessage] = []
    fixes: list[PositionPayload] = []
    received_at: list[datetime] = []
    vehicles: dict[str, int] = {}
    vehicle: list[int] = []
    terminals: dict[str, int] = {}
    terminal: list[int] = []
    for message in messages:
        try:
            terminal_id = terminal_of(message.topic)
        except TopicError as error:
            rejected.append(_rejected(message, message.payload, str(error)))
            continue
        for fix in _fixes(message, rejected):
            vehicle_id = register.vehicle_at(terminal_id, fix.time) or terminal_id
            vehicle.append(vehicles.setdefault(vehicle_id, len(vehicles)))
            terminal.append(terminals.setdefault(terminal_id, len(terminals)))
            received_at.append(message.received_at)
            fixes.append(fix)
    if not fixes:
        return PositionColumns.of(()), rejected
    said = columns_of(fixes)
    columns = PositionColumns(
        Fixes(
            vehicle_ids=tuple(vehicles),
            vehicle=np.array(vehicle, dtype=np.intp),
            t=seconds(said["time"]),
            received_t=seconds(received_at),
            quality=np.full(len(fixes), Quality.GOOD, dtype=np.int8),
            **sensor_columns(said),
        ),
        tuple(terminals),
        np.array(terminal, dtype=np.intp),
        numbers(said["altitude_m"]),
        numbers(said["satellites"]),
    )
    return columns, rejected


def _fixes(message: Message, rejected: list[RejectedMessage]) -> Sequence[PositionPayload]:
    """What a message says, element by element where not all of it can be read."""
    payload = message.payload
    if len(payload) > MAX_PAYLOAD_BYTES:
        reason = f"payload: too large, {len(payload)} bytes where {MAX_PAYLOAD_BYTES} are allowed"
        rejected.append(_rejected(message, payload, reason))
        return ()
    try:
        decoded = _decode_any(payload)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return _decode_dirty(message, rejected)  # where it is said in detail
    fixes = (decoded,) if type(decoded) is PositionPayload else decoded
    if 0 < len(fixes) <= MAX_ELEMENTS and all(_in_range(fix.time) for fix in fixes):
        return fixes
    return _decode_dirty(message, rejected)


def _decode_dirty(message: Message, rejected: list[RejectedMessage]) -> Sequence[PositionPayload]:
    payload = message.payload
    if not payload.lstrip().startswith(b"["):
        outcome = _attempt(payload)
        if isinstance(outcome, PositionPayload):
            return (outcome,)
        rejected.append(_rejected(message, payload, outcome))
        return ()
    elements = _elements(payload)
    if not 0 < len(elements) <= MAX_ELEMENTS:
        reason = f"payload: an array of {len(elements)} elements, 1 to {MAX_ELEMENTS} are allowed"
        rejected.append(_rejected(message, payload, reason))
        return ()
    fixes: list[PositionPayload] = []
    for number, element in enumerate(elements):
        outcome = _attempt(element)
        if isinstance(outcome, PositionPayload):
            fixes.append(outcome)
        else:
            rejected.append(_rejected(message, element, outcome, number))
    return fixes


def _attempt(payload: bytes) -> PositionPayload | str:
    """What one JSON object says, or the reason why it says nothing."""
    try:
        fix = _decode_one(payload)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        return explain(payload, error)
    return fix if _in_range(fix.time) else "time: outside the years 1 to 9999 in UTC"


def _in_range(time: datetime) -> bool:
    return _FIRST <= time <= _LAST


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


def _rejected(
    message: Message, payload: bytes, reason: str, element: int | None = None
) -> RejectedMessage:
    return RejectedMessage(
        topic=storable(message.topic),
        payload=payload,
        reason=storable(reason),
        received_at=message.received_at,
        element=element,
    )
