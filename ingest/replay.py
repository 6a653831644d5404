"""Recorded fixes onto MQTT, as terminals would send them (轨迹回放)."""

from __future__ import annotations

import threading
import time
import uuid
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

import msgspec
from paho.mqtt.client import Client, ConnectFlags, DisconnectFlags
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from config.settings import MqttSettings
from ingest.mqtt_client import mqtt_client
from ingest.position import Position
from ingest.position_payload import PositionPayload
from ingest.topics import position_topic

UNACKNOWLEDGED = 500
"""So many messages are on their way at once."""
PROGRESS_EVERY_S = 0.2
_DAY_S = 86400


class Shift(StrEnum):
    """How a recording's times are moved.

    NONE: not. DAYS: by whole days, so that the last fix is as new as it can be without lying in the
    future: the hours of the day stay, and a second replay soon after is the same. NOW: so that the
    last fix is current when it is published.
    """

    NONE = "none"
    DAYS = "days"
    NOW = "now"


class ReplayError(RuntimeError):
    """The broker took nothing for longer than we wait."""


@dataclass(frozen=True, slots=True)
class Replayed:
    """What was sent; every message was acknowledged by the broker. Times are the shifted ones."""

    fixes: int
    messages: int
    vehicles: int
    shift: timedelta
    first_fix: datetime | None
    last_fix: datetime | None
    seconds: float


Progress = Callable[[int, int], None]
"""Called with the fixes published so far, and all; at the end all are acknowledged."""


def replay(
    positions: Iterable[Position],
    settings: MqttSettings,
    *,
    speed: float | None = 1.0,
    shift: Shift = Shift.DAYS,
    fixes_per_message: int = 1,
    terminal_of_vehicle: Mapping[str, str] | None = None,
    progress: Progress = lambda _done, _all: None,
    give_up_after_s: float = 60,
    stop: threading.Event | None = None,
) -> Replayed:
    """Publish in order of fix time at QoS 1 and wait for every PUBACK.

    Args:
        positions: held in memory to be sorted.
        settings: host, port, credentials and root; the client id is one of our own.
        speed: 60 plays an hour in a minute; None goes as fast as the broker acknowledges.
        shift: how the times are moved.
        fixes_per_message: above 1, a vehicle's fixes are sent so many to an array.
        terminal_of_vehicle: whose topic a vehicle's fixes go to; else the position's own terminal.
        progress: called now and then.
        give_up_after_s: without any acknowledgement from the broker.
        stop: ends it early; what was published until then is waited for.

    Raises:
        ReplayError: the broker cannot be reached or takes nothing any more.
        ValueError: `speed` or `fixes_per_message` is not positive.
    """
    if (speed is not None and speed <= 0) or fixes_per_message < 1:
        raise ValueError("speed and fixes per message must be positive")
    fixes = sorted(positions, key=lambda fix: (fix.fix_time, fix.vehicle_id))
    moved = _shift(fixes, shift, speed, datetime.now(UTC))
    terminals = terminal_of_vehicle or {}
    publisher = _Publisher(settings, give_up_after_s)
    began = told = time.monotonic()
    sent = 0
    try:
        for due, group in _messages(fixes, fixes_per_message):
            if stop is not None and stop.is_set():
                break
            if speed is not None:
                offset_s = (due - fixes[0].fix_time).total_seconds() / speed
                _sleep_until(began + offset_s, stop)
            terminal = terminals.get(group[0].vehicle_id, group[0].terminal_id)
            publisher.publish(position_topic(settings.root, terminal), _encode(group, moved))
            sent += len(group)
            if time.monotonic() - told > PROGRESS_EVERY_S:
                progress(sent, len(fixes))
                told = time.monotonic()
        publisher.wait()
        progress(sent, len(fixes))
    finally:
        publisher.close()
    return Replayed(
        fixes=sent,
        messages=publisher.published,
        vehicles=len({fix.vehicle_id for fix in fixes}),
        shift=moved,
        first_fix=fixes[0].fix_time + moved if fixes else None,
        last_fix=fixes[-1].fix_time + moved if fixes else None,
        seconds=time.monotonic() - began,
    )


def _shift(
    fixes: Sequence[Position], shift: Shift, speed: float | None, now: datetime
) -> timedelta:
    if not fixes or shift is Shift.NONE:
        return timedelta(0)
    last = fixes[-1].fix_time
    if shift is Shift.DAYS:
        return timedelta(days=(now - last).total_seconds() // _DAY_S)
    lasts_s = 0.0 if speed is None else (last - fixes[0].fix_time).total_seconds() / speed
    return now + timedelta(seconds=lasts_s) - last


def _messages(
    fixes: Iterable[Position], fixes_per_message: int
) -> Iterator[tuple[datetime, list[Position]]]:
    """Each message's fixes, all of one vehicle, and the recorded time at which it is sent."""
    waiting: dict[str, list[Position]] = defaultdict(list)
    last = None
    for fix in fixes:
        group = waiting[fix.vehicle_id]
        group.append(fix)
        last = fix.fix_time
        if len(group) == fixes_per_message:
            yield last, waiting.pop(fix.vehicle_id)
    for group in waiting.values():
        yield last or group[-1].fix_time, group


def _encode(group: Sequence[Position], moved: timedelta) -> bytes:
    payloads = [
        PositionPayload(
            time=fix.fix_time + moved,
            **{name: getattr(fix, name) for name in PositionPayload.__struct_fields__[1:]},
        )
        for fix in group
    ]
    return msgspec.json.encode(payloads if len(payloads) > 1 else payloads[0])


def _sleep_until(monotonic_s: float, stop: threading.Event | None) -> None:
    left_s = monotonic_s - time.monotonic()
    if left_s <= 0:
        return
    if stop is None:
        time.sleep(left_s)
    else:
        stop.wait(left_s)


class _Publisher:
    """Publishes at QoS 1 and counts PUBACKs; paho sends again what a lost connection left open.

    Nothing is handed to paho before the broker's CONNACK: what it is given earlier it sends after
    what it is given while the connection is being made, and the order would be lost.
    """

    def __init__(self, settings: MqttSettings, give_up_after_s: float) -> None:
        self.published = 0
        self._acknowledged = 0
        self._give_up_after_s = give_up_after_s
        self._settings = settings
        self._changed = threading.Condition()
        self._connected = threading.Event()
        self._refused = ""
        client_id = f"muckwatch-replay-{uuid.uuid4().hex[:12]}"
        self._client = mqtt_client(settings, client_id, persistent=False, in_flight=UNACKNOWLEDGED)
        self._client.on_connect = self._on_connect
        self._client.on_disconnect = self._on_disconnect
        self._client.on_publish = self._on_publish
        self._client.loop_start()

    def publish(self, topic: str, payload: bytes) -> None:
        self._until(UNACKNOWLEDGED - 1)
        if not self._connected.wait(self._give_up_after_s):
            raise ReplayError(f"{self._broker} accepted no connection for {self._waited}")
        self.published += 1
        self._client.publish(topic, payload, qos=1)

    def wait(self) -> None:
        self._until(0)

    def close(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()

    def _until(self, open_messages: int) -> None:
        """Waits until no more than so many are unacknowledged."""
        with self._changed:
            while self.published - self._acknowledged > open_messages:
                before = self._acknowledged
                self._changed.wait(self._give_up_after_s)
                if self._acknowledged == before:
                    raise ReplayError(
                        f"{self._broker} acknowledged nothing for {self._waited}; "
                        f"{self._acknowledged} of {self.published} messages were acknowledged"
                    )

    @property
    def _broker(self) -> str:
        return f"the broker at {self._settings.host}:{self._settings.port}"

    @property
    def _waited(self) -> str:
        return f"{self._give_up_after_s:g} s{self._refused}"

    def _on_connect(
        self,
        _client: Client,
        _userdata: object,
        _flags: ConnectFlags,
        reason: ReasonCode,
        _properties: Properties | None,
    ) -> None:
        if reason.is_failure:
            self._refused = f" ({reason})"
        else:
            self._refused = ""
            self._connected.set()

    def _on_disconnect(
        self,
        _client: Client,
        _userdata: object,
        _flags: DisconnectFlags,
        _reason: ReasonCode,
        _properties: Properties | None,
    ) -> None:
        self._connected.clear()

    def _on_publish(
        self,
        _client: Client,
        _userdata: object,
        _packet_id: int,
        _reason: ReasonCode,
        _properties: Properties,
    ) -> None:
        with self._changed:
            self._acknowledged += 1
            self._changed.notify()
