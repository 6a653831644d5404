"""A camera's video for ever: reconnects, watches, rests while nothing moves (视频接入)."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime

import structlog

from config.camera import Camera
from config.settings import VisionSettings
from ingest.frame import Frame
from ingest.packet_ring import PacketRing
from ingest.stream_clock import StreamClock
from ingest.stream_connection import StreamError, VideoConnection, gathered
from ingest.stream_cue import CUE_WIDTH_PX
from ingest.stream_duty import ChosenPicture, DutyReader
from ingest.stream_health import StreamHealth, StreamState
from ingest.stream_watchdog import FrozenStream

log = structlog.get_logger()

_LONGEST_BACK_OFF_S = 5.0
_GATHER_S = 0.5
"""Reading costs 1.8 ms a camera and second instead of 3.1 with 0.15 s (docs/streams.md), and a
picture comes so much later at most."""
_STEADY_S = 10.0
"""A connection that gave packets for so long was a good one: the next attempt comes at once."""
_BLIND_AFTER_S, _BLIND_KEYS = 4.0, 2
"""Nothing could be decoded for so long, and so many key frames in a row: as good as offline. Ours;
one damaged key frame is no fault, whatever lies between two."""


class CameraStream:
    """A camera's video by RTSP, HTTP or what else PyAV opens; its packets of late are in `ring`.

    `start` opens it on a thread of its own, which only reads packets; `next_frame` decodes, on the
    caller's thread. Any end is a disconnect: it is opened again after 0.5 s, 1 s … 5 s, each
    shortened at random by up to half so that cameras behind one router do not return in step.
    """

    def __init__(
        self, camera: Camera, settings: VisionSettings, *, stop: threading.Event | None = None
    ) -> None:
        if not camera.stream_url:
            raise ValueError(f"camera {camera.id} has no stream_url: its frames come over MQTT")
        self.camera = camera
        self.ring = PacketRing(settings.ring_s, settings.ring_mb << 20)
        self._settings = settings
        self._stop = stop or threading.Event()
        self._duty = DutyReader(
            self.ring, settings.analysed_fps, settings.longest_lag_s, self._key_seen
        )
        self._frozen = FrozenStream(settings.frozen_after_s)
        self._clock = StreamClock(trusted_s=settings.sender_clock_within_s)
        self._ready: Callable[[], None] = lambda: None
        self._lock = threading.Lock()
        self._health = StreamHealth()
        self._number = 0
        self._last_at_s = 0.0
        self._arrivals = 0
        self._arrived_s: float | None = None
        self._blind = False

    @property
    def health(self) -> StreamHealth:
        counts = self._duty.counts
        seen_s = self._duty.decoded_at_s if self._blind else self._arrived_s
        return replace(
            self._health,
            frames_seen=self._arrivals,
            last_seen_at=None if seen_s is None else datetime.fromtimestamp(seen_s, UTC),
            frames_decoded=counts.decoded,
            frames_dropped=counts.dropped,
            errors=self._health.errors + counts.errors,
            awake=self._duty.awake,
            awake_share=counts.awake_s / counts.seen_s if counts.seen_s else 0.0,
            wakes=counts.wakes,
            wakes_false=counts.wakes_false,
            restrained=counts.restrained,
            lag_s=round(self._duty.lag_s, 2),
            sender_clock=self._clock.follows_sender,
            sender_off_s=self._clock.sender_off_s,
        )

    @property
    def lag_s(self) -> float:
        return self._duty.lag_s

    def start(self, ready: Callable[[], None]) -> None:
        """Connect, and stay connected; `ready` is called when `next_frame` may have something."""
        self._ready = ready
        name = f"stream-{self.camera.id}"
        threading.Thread(target=self._keep_connected, name=name, daemon=True).start()

    def stop(self) -> None:
        """The reading thread ends after at most the read timeout."""
        self._stop.set()
        self._ready()

    def next_frame(self) -> Frame | None:
        """The next frame to analyse; None until more came. For one thread at a time."""
        chosen = self._duty.next()
        self._watch_for_blindness()
        if chosen is None:
            return None
        at_s = max(chosen.at_s, self._last_at_s + 1e-3)
        self._last_at_s = at_s
        captured_at = datetime.fromtimestamp(at_s, UTC)
        frame = Frame(self.camera.id, captured_at, chosen.picture, self._number)
        self._number += 1
        return frame

    def told(self, *, moving: bool) -> None:
        """What the analysis says of the frame given last: stay awake, or rest."""
        self._duty.told(moving=moving)

    def frames(self) -> Iterator[Frame]:
        """Starts, and gives frames until `stop`, all of them as if everything moved."""
        come = threading.Event()
        self.start(come.set)
        while not self._stop.is_set():
            come.wait(0.5)
            come.clear()
            while not self._stop.is_set() and (frame := self.next_frame()) is not None:
                yield frame
                self.told(moving=True)

    def _keep_connected(self) -> None:
        failures = 0
        while not self._stop.is_set():
            began_s, seen = time.monotonic(), self._arrivals
            reason = "the stream ended"
            try:
                self._read_connection()
            except StreamError as error:
                reason = str(error)
            if self._stop.is_set():
                return
            held = self._arrivals > seen and time.monotonic() - began_s > _STEADY_S
            failures = 0 if held else failures + 1
            self._set_state(StreamState.OFFLINE, reason)
            back_off_s = min(0.5 * 2 ** min(failures, 6), _LONGEST_BACK_OFF_S)
            self._stop.wait(back_off_s * random.uniform(0.5, 1))  # noqa: S311  jitter, no secret

    def _read_connection(self) -> None:
        settings = self._settings
        with VideoConnection(
            self.camera.stream_url, settings.open_timeout_s, settings.read_timeout_s
        ) as connection:
            self.ring.opened(connection.codec)
            self._clock = StreamClock(trusted_s=settings.sender_clock_within_s)
            opened = False
            feed, frozen = self._duty.feed, self._frozen
            for arrived in gathered(connection.packets(), _GATHER_S):
                if self._stop.is_set():
                    return
                self._arrivals += 1
                arrived_s = time.time()
                self._arrived_s = arrived_s
                if arrived.damaged:
                    self._health = replace(self._health, errors=self._health.errors + 1)
                    self.ring.await_key()
                    continue
                zero_s = self._clock.zero_s(arrived.presented_s, arrived_s, arrived.taken_at_s)
                kept = feed(arrived.packet, arrived.presented_s, zero_s, is_key=arrived.is_key)
                if kept is None:
                    continue
                if not arrived.is_key:
                    frozen.packet(arrived.packet.size, kept.at_s)
                elif not opened:
                    opened = True
                    self._health = replace(self._health, connections=self._health.connections + 1)
                    self._set_state(StreamState.ONLINE, "")
                if arrived.is_key or self._duty.awake or self._duty.alarmed:
                    self._ready()

    def _key_seen(self, chosen: ChosenPicture) -> None:
        sample, grey = chosen.picture.luma_sample(), chosen.picture.grey(CUE_WIDTH_PX)
        stands = self._frozen.key_picture(sample, grey, chosen.at_s)
        if self._health.state is StreamState.OFFLINE and not self._blind:
            return  # what lay in the ring when the connection broke off
        if stands:
            self._set_state(StreamState.FROZEN, "the same picture again and again")
        else:
            self._set_state(StreamState.ONLINE, "")

    def _watch_for_blindness(self) -> None:
        """Packets come, and no picture can be made of them."""
        duty = self._duty
        if self._health.state is StreamState.OFFLINE or duty.undecoded_keys < _BLIND_KEYS:
            return
        decoded_s = duty.decoded_at_s
        if decoded_s is None or duty.undecoded_at_s - decoded_s >= _BLIND_AFTER_S:
            self._set_state(StreamState.OFFLINE, "no picture can be decoded", blind=True)

    def _set_state(self, state: StreamState, detail: str, *, blind: bool = False) -> None:
        with self._lock:
            self._blind = blind
            if state is not self._health.state:
                log.info("camera stream", camera=self.camera.id, state=state.value, detail=detail)
            self._health = replace(self._health, state=state, detail=detail)
