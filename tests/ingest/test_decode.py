"""Position messages: what passes, what is rejected, and that no bytes stop the stream."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import msgspec
import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from config.terminal_register import TerminalRegister
from config.vehicle import Mounting, PlateColor, Vehicle, VehicleKind
from ingest.decode import MAX_ELEMENTS, MAX_PAYLOAD_BYTES, decode_positions
from ingest.fixes import Fixes
from ingest.message import Message, Token
from ingest.position import Lid, Load, Position, Quality, Work
from ingest.position_columns import PositionColumns
from ingest.rejected_message import RejectedMessage

NOW = datetime(2026, 5, 1, 4, 0, tzinfo=UTC)
TOPIC = "muckwatch/v1/vehicles/T1/position"
FIX = b'{"time":"2026-05-01T12:00:00+08:00","lon":119.95,"lat":31.7}'


MOVED = datetime(2026, 6, 1, tzinfo=UTC)
REGISTER = TerminalRegister(
    [Vehicle("truck-1", "", PlateColor.YELLOW, VehicleKind.MUCK, "c", "T1")],
    [Mounting("T1", "truck-2", valid_from=MOVED)],
)


def decode(payload: bytes, topic: str = TOPIC) -> tuple[list[Position], list[RejectedMessage]]:
    columns, rejected = decode_positions([Message(topic, payload, NOW, Token(1, 1, 1))], REGISTER)
    return list(columns), rejected


def test_every_field_is_read() -> None:
    positions, rejected = decode(
        b'{"time":"2026-05-01T12:00:00.25+08:00","lon":119.95,"lat":31.7,"speed_kmh":41.5,'
        b'"course_deg":270,"altitude_m":6.5,"satellites":11,"lid":"open","load":"half",'
        b'"body_raised":true,"ignition":false,"work":["sweep","spray"],"weight_kg":18200,'
        b'"temperature_c":-3.5,"antenna_cut":true,"power_cut":false,"backfill":true,'
        b'"firmware":{"of":["no","interest"]}}'
    )
    assert rejected == []
    assert positions == [
        Position(
            vehicle_id="truck-1",
            terminal_id="T1",
            fix_time=datetime(2026, 5, 1, 4, 0, 0, 250_000, tzinfo=UTC),
            received_at=NOW,
            lon=119.95,
            lat=31.7,
            speed_kmh=41.5,
            course_deg=270,
            altitude_m=6.5,
            satellites=11,
            lid=Lid.OPEN,
            load=Load.HALF,
            body_raised=True,
            ignition=False,
            work=(Work.SWEEP, Work.SPRAY),
            weight_kg=18200,
            temperature_c=-3.5,
            antenna_cut=True,
            power_cut=False,
            backfill=True,
            quality=Quality.GOOD,
        )
    ]
    assert positions[0].fix_time.tzinfo is UTC


def test_a_fix_belongs_to_the_vehicle_that_had_the_terminal_then() -> None:
    def at(time: str) -> bytes:
        return FIX.replace(b"2026-05-01T12:00:00", time.encode())

    positions, _ = decode(b"[%b,%b]" % (at("2026-06-01T07:59:59"), at("2026-06-01T08:00:00")))
    assert [p.vehicle_id for p in positions] == ["truck-1", "truck-2"]
    assert [p.terminal_id for p in positions] == ["T1", "T1"]


def test_columns_of_messages_are_those_of_their_positions() -> None:
    """Some say what others do not; one message's vehicles are another's."""
    said = [
        FIX,
        FIX[:-1] + b',"lid":"open","satellites":0,"weight_kg":0,"backfill":true}',
        b"[%b,%b]" % (FIX, FIX[:-1] + b',"work":["collect","wash"],"power_cut":true}'),
    ]
    topics = [TOPIC, TOPIC.replace("T1", "T9"), TOPIC]
    messages = [
        Message(topic, payload, NOW, Token(1, 1, 1))
        for topic, payload in zip(topics, said, strict=True)
    ]
    columns, rejected = decode_positions(messages, REGISTER)
    alone = [p for m in messages for p in decode_positions([m], REGISTER)[0]]
    assert (list(columns), rejected) == (alone, [])
    assert [p.vehicle_id for p in alone] == ["truck-1", "T9", "truck-1", "truck-1"]
    assert alone[3].work == (Work.WASH, Work.COLLECT)
    assert columns == PositionColumns.of(alone)
    assert columns[-1] == alone[3]
    assert columns[1:3] == tuple(alone[1:3])
    again = Fixes.of(alone)
    for name in ("vehicle", "t", "received_t", "speed_kmh", "lid", "work", "weight_kg"):
        np.testing.assert_array_equal(getattr(columns.fixes, name), getattr(again, name))


def test_an_unregistered_terminal_is_its_own_vehicle() -> None:
    positions, _ = decode(FIX, "any/root/at/all/vehicles/苏D.123/position")
    assert (positions[0].vehicle_id, positions[0].terminal_id) == ("苏D.123", "苏D.123")


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        (b"", "payload: empty"),
        (b" \n", "payload: empty"),
        (b"hello", "payload: not JSON"),
        (b"\xff\xfe{", "payload: not JSON"),
        (FIX[:-1] + ',"lid":"关闭"}'.encode("gbk"), "lid: not UTF-8"),
        (b"3", "payload: Expected object, got int"),
        (b"null", "payload: Expected object, got null"),
        (FIX + b"}", "payload: not JSON"),
        (FIX[:-5], "payload: not JSON"),
        (b"{}", "time: missing"),
        (b'{"time":"2026-05-01T12:00:00Z","lon":119.95}', "lat: missing"),
        (b'{"time":"2026-05-01T12:00:00Z","lat":31.7}', "lon: missing"),
        (FIX.replace(b"+08:00", b""), "time: no offset from UTC"),
        (FIX.replace(b"05-01", b"13-01"), "time: Invalid RFC3339"),
        (FIX.replace(b'"2026-05-01T12:00:00+08:00"', b"1777608000"), "time: Expected datetime"),
        (FIX.replace(b"2026", b"0001").replace(b"12:", b"00:").replace(b"05-", b"01-"), "time: "),
        (FIX.replace(b"119.95", b"180.01"), "lon: Expected float <= 180"),
        (FIX.replace(b"119.95", b"-180.01"), "lon: Expected float >= -180"),
        (FIX.replace(b"31.7", b"90.5"), "lat: Expected float <= 90"),
        (FIX.replace(b"31.7", b"-91"), "lat: Expected float >= -90"),
        (FIX.replace(b"31.7", b"NaN"), "lat: not a finite number (NaN)"),
        (FIX.replace(b"31.7", b"-nan"), "lat: not a finite number (-nan)"),
        (FIX.replace(b"119.95", b"Infinity"), "lon: not a finite number (Infinity)"),
        (FIX.replace(b"119.95", b"1e999"), "lon: Number out of range"),
        (FIX.replace(b"119.95", b'"119.95"'), "lon: Expected float, got str"),
        (FIX.replace(b"}", b',"lid":"ajar"}'), "lid: Invalid enum value 'ajar'"),
        (FIX.replace(b"}", b',"lid":"a\\u0000b"}'), "lid: Invalid enum value 'a\\x00b'"),
        (FIX.replace(b"}", b',"load":7}'), "load: Expected"),
        (FIX.replace(b"}", b',"work":["sweep","dig"]}'), "work[1]: Invalid enum value 'dig'"),
        (FIX.replace(b"}", b',"speed_kmh":-1}'), "speed_kmh: Expected float >= 0"),
        (FIX.replace(b"}", b',"course_deg":361}'), "course_deg: Expected float <= 360"),
        (FIX.replace(b"}", b',"satellites":99999999999}'), "satellites: Expected int <= 255"),
        (FIX.replace(b"}", b',"body_raised":1}'), "body_raised: Expected bool"),
        (b'{"deep":' + b"[" * 200_000, "payload: nested too deeply"),
        (b"[]", "payload: an array of 0 elements"),
        (b"[" + b"1," * MAX_ELEMENTS + b"1]", "payload: an array of 10001 elements"),
        (b" " * MAX_PAYLOAD_BYTES + FIX, "payload: too large"),
    ],
)
def test_a_bad_message_is_kept_with_its_reason(payload: bytes, reason: str) -> None:
    positions, (rejected,) = decode(payload)
    assert positions == []
    assert rejected.reason.startswith(reason)
    assert (rejected.topic, rejected.payload) == (TOPIC, payload)
    assert (rejected.received_at, rejected.element) == (NOW, None)


@pytest.mark.parametrize(
    "topic",
    [
        "muckwatch/v1/vehicles//position",
        "vehicles/position",
        "muckwatch/v1/vehicles/T1/status",
        "muckwatch/v1/cameras/T1/position",
        "position",
        "",
        f"muckwatch/v1/vehicles/{'T' * 129}/position",
        "muckwatch/v1/vehicles/T\0/position",
    ],
)
def test_a_topic_without_terminal_is_rejected(topic: str) -> None:
    positions, (rejected,) = decode(FIX, topic)
    assert positions == []
    assert rejected.reason.startswith("topic: ")
    assert "\0" not in rejected.topic


@pytest.mark.parametrize(
    "dirty",
    [
        b'{"time":"2026-05-01T12:00:00","lon":1,"lat":1}',
        b'{"time":"2026-05-01T12:00:00Z","lon":nan,"lat":1}',
        b'{"time":"2026-05-01T12:00:00Z","lon":,"lat":1}',
        b'{"time":"a \\"],{[ string","lon":1,"lat":1}',
        b"[1,[2]]",
        b"null",
        b"rubbish",
    ],
)
def test_a_dirty_element_is_rejected_alone(dirty: bytes) -> None:
    positions, (rejected,) = decode(b" [ " + b" , ".join([FIX, dirty, FIX, FIX]) + b" ] ")
    assert len(positions) == 3
    assert (rejected.element, rejected.payload) == (1, dirty)


def test_of_an_array_cut_off_the_whole_elements_pass() -> None:
    positions, (rejected,) = decode(b"[" + FIX + b"," + FIX + b"," + FIX[:20])
    assert len(positions) == 2
    assert (rejected.element, rejected.payload) == (2, FIX[:20])


def test_an_array_without_fault_keeps_its_order() -> None:
    fixes = [FIX.replace(b"12:00", f"12:{minute:02}".encode()) for minute in range(40)]
    positions, rejected = decode(b"[" + b",".join(fixes) + b"]")
    assert rejected == []
    assert [p.fix_time.minute for p in positions] == list(range(40))


json_like = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.just(float("nan")),
    lambda inner: (
        st.lists(inner)
        | st.dictionaries(st.text() | st.sampled_from(["time", "lon", "lat", "work"]), inner)
    ),
    max_leaves=8,
)


@given(topic=st.text() | st.just(TOPIC), payload=st.binary())
@example(topic=TOPIC, payload=b"[")
@example(topic=TOPIC, payload=b"[,]")
@example(topic=TOPIC, payload=b'["')
@example(topic=TOPIC, payload=b"[" * 100_000)
def test_no_bytes_raise(topic: str, payload: bytes) -> None:
    _check(topic, payload)


@given(st.lists(json_like, min_size=1, max_size=5), st.binary(max_size=3), st.integers(0, 400))
def test_no_mangled_array_raises(elements: list[object], junk: bytes, at: int) -> None:
    payload = json.dumps(elements).encode()
    _check(TOPIC, payload)
    _check(TOPIC, payload[:at] + junk + payload[at:])
    _check(TOPIC, payload[:at])


def _check(topic: str, payload: bytes) -> None:
    positions, rejected = decode(payload, topic)
    assert positions or rejected, "a message must leave a trace"
    for message in rejected:
        assert message.reason
        assert message.payload in payload
        for text in (message.reason, message.topic):
            assert "\0" not in text
            text.encode()
    for position in positions:
        assert position.fix_time.tzinfo is UTC
        assert -180 <= position.lon <= 180
        msgspec.json.encode(position)


def test_one_element_in_another_encoding_does_not_spoil_the_others() -> None:
    positions, rejected = decode(b"[" + FIX + b"," + FIX[:-1] + ',"lid":"关闭"}]'.encode("gbk"))
    assert len(positions) == 1
    assert [(r.element, r.reason[:14]) for r in rejected] == [(1, "lid: not UTF-8")]
