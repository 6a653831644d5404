"""Cameras that give a picture a request over HTTP; what is no picture is played as video."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from http.client import HTTPException
from urllib.error import HTTPError
from urllib.parse import unquote, urlsplit, urlunsplit
from urllib.request import (
    HTTPBasicAuthHandler,
    HTTPDigestAuthHandler,
    HTTPPasswordMgrWithDefaultRealm,
    OpenerDirector,
    Request,
    build_opener,
)

import cv2
import numpy as np
import structlog

from config.camera import Camera
from config.settings import VisionSettings
from ingest.frame import Frame
from ingest.jpeg_ring import JpegRing
from ingest.packet_ring import PacketRing
from ingest.stream import CameraStream
from ingest.stream_connection import StreamError
from ingest.stream_health import StreamHealth, StreamState
from ingest.stream_mqtt import LARGEST_JPEG_BYTES, jpeg_fault
from ingest.stream_watchdog import FrozenWatchdog

log = structlog.get_logger()

_LONGEST_BACK_OFF_S = 5.0
_CHUNK_BYTES = 1 << 16


class _IsVideo(Exception):  # noqa: N818  an answer, not an error
    """The URL answers with something else than a picture."""


class HttpStream:
    """An `http(s)://` URL: asked for a JPEG every `snapshot_every_s`; only the newest is kept.

    An answer that is no `image/…` (MJPEG, HLS, …) is left to `CameraStream`. A server that says the
    picture has not changed (304), or that sends the same bytes, is frozen after
    `frozen_frames_after_s`. User and password in the URL serve Basic and Digest (RFC 7617, 7616).
    """

    def __init__(self, camera: Camera, settings: VisionSettings) -> None:
        self.camera = camera
        self._settings = settings
        self._stop = threading.Event()
        self._ready: Callable[[], None] = lambda: None
        self._video: CameraStream | None = None
        self._lock = threading.Lock()
        self._newest: Frame | None = None
        self._health = StreamHealth()
        self._pictures = JpegRing()
        self._watchdog = FrozenWatchdog(settings.frozen_frames_after_s)
        self._last = b""
        self._known: dict[str, str] = {}  # headers that ask whether it is new
        self._url, self._opener = _opener(camera.stream_url)

    @property
    def health(self) -> StreamHealth:
        return self._health if self._video is None else self._video.health

    @property
    def lag_s(self) -> float:
        return 0.0 if self._video is None else self._video.lag_s

    @property
    def ring(self) -> PacketRing | JpegRing:
        return self._pictures if self._video is None else self._video.ring

    def start(self, ready: Callable[[], None]) -> None:
        self._ready = ready
        name = f"stream-{self.camera.id}"
        threading.Thread(target=self._ask_for_ever, name=name, daemon=True).start()

    def stop(self) -> None:
        self._stop.set()
        if self._video is not None:
            self._video.stop()

    def told(self, *, moving: bool) -> None:
        if self._video is not None:
            self._video.told(moving=moving)

    def next_frame(self) -> Frame | None:
        if self._video is not None:
            return self._video.next_frame()
        with self._lock:
            frame, self._newest = self._newest, None
        return frame

    def _ask_for_ever(self) -> None:
        failures = 0
        while not self._stop.is_set():
            began_s = time.monotonic()
            try:
                self._ask()
                failures = 0
            except _IsVideo:
                video = CameraStream(self.camera, self._settings, stop=self._stop)
                self._video = video
                video.start(self._ready)
                return
            except (StreamError, OSError, HTTPException) as error:
                failures += 1
                self._set_state(StreamState.OFFLINE, f"cannot fetch: {error}")
            pause_s = self._settings.snapshot_every_s - (time.monotonic() - began_s)
            if failures:
                back_off_s = min(0.5 * 2 ** min(failures, 6), _LONGEST_BACK_OFF_S)
                pause_s = back_off_s * random.uniform(0.5, 1)  # noqa: S311  jitter, no secret
            self._stop.wait(max(0.0, pause_s))

    def _ask(self) -> None:
        request = Request(self._url, headers={"Accept": "image/jpeg, */*;q=0.5", **self._known})  # noqa: S310  http(s) by the caller
        try:
            with self._opener.open(request, timeout=self._settings.open_timeout_s) as answer:
                if not answer.headers.get_content_type().startswith("image/"):
                    raise _IsVideo
                content = self._content(answer)
                self._known = {
                    ask: told
                    for ask, name in (
                        ("If-None-Match", "ETag"),
                        ("If-Modified-Since", "Last-Modified"),
                    )
                    if (told := answer.headers.get(name))
                }
        except HTTPError as error:
            if error.code != 304 or not self._last:
                raise StreamError(f"HTTP {error.code} {error.reason}") from error
            content = self._last
        self._take(content)

    def _content(self, answer: object) -> bytes:
        """All of the body, or an error: too long, or slower than `read_timeout_s` in all."""
        until_s = time.monotonic() + self._settings.read_timeout_s
        content = bytearray()
        while chunk := answer.read1(_CHUNK_BYTES):  # type: ignore[attr-defined]  # HTTPResponse
            content += chunk
            if len(content) > LARGEST_JPEG_BYTES:
                raise StreamError(f"a picture of more than {LARGEST_JPEG_BYTES} bytes")
            if time.monotonic() > until_s:
                raise StreamError(f"a picture took more than {self._settings.read_timeout_s:g} s")
        return bytes(content)

    def _take(self, content: bytes) -> None:
        now = datetime.now(UTC)
        frozen = self._watchdog.see_sample(content, time.monotonic())
        seen = self._health.frames_seen + 1
        self._health = replace(self._health, frames_seen=seen, last_seen_at=now, connections=1)
        if content == self._last:
            if frozen:
                self._set_state(StreamState.FROZEN, "the same picture again and again")
            return
        fault = jpeg_fault(content)
        image = None
        if fault is None:
            image = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR)
        if image is None:
            self._health = replace(self._health, errors=self._health.errors + 1)
            raise StreamError(f"jpeg: {fault or 'cannot be decoded'}")
        self._last = content
        frame = Frame.of(self.camera.id, now, np.asarray(image, np.uint8), seen - 1)
        self._pictures.append(now, content, frame.size_px)
        with self._lock:
            dropped, self._newest = self._newest is not None, frame
        self._health = replace(
            self._health,
            frames_decoded=self._health.frames_decoded + 1,
            frames_dropped=self._health.frames_dropped + dropped,
            awake=True,
            awake_share=1.0,
        )
        self._set_state(StreamState.ONLINE, "")
        self._ready()

    def _set_state(self, state: StreamState, detail: str) -> None:
        if state is not self._health.state:
            log.info("camera stream", camera=self.camera.id, state=state.value, detail=detail)
        self._health = replace(self._health, state=state, detail=detail)


def _opener(url: str) -> tuple[str, OpenerDirector]:
    """The URL without user and password, and an opener that knows them."""
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2]
    bare = urlunsplit(parts._replace(netloc=host))
    passwords = HTTPPasswordMgrWithDefaultRealm()
    if parts.username is not None:
        passwords.add_password(None, bare, unquote(parts.username), unquote(parts.password or ""))
    return bare, build_opener(HTTPBasicAuthHandler(passwords), HTTPDigestAuthHandler(passwords))
