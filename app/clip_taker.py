"""Takes a clip of what happened, when what comes after it has come too (事件短视频).

Wishes wait for the end of their span; those of one camera that overlap share a clip. One clip at a
time is in memory, and a bounded number of wishes; the database is written on a thread of its own,
so that a database that is away does not let the ring forget what was to be taken.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Protocol
from uuid import UUID

import structlog
from prometheus_client import Counter

from alerts.alert import Alert, AlertChange, ChangeKind, Evidence
from alerts.evidence import CLIP, LONGEST_CLIP, clip_span, raw_evidence, same_moment
from app.patient_store import Stopped
from config.settings import EvidenceSettings
from detection.scene_event import SceneEvent
from store.evidence_keeper import EvidenceKeeper

log = structlog.get_logger()

CLIPS = Counter("muckwatch_clips_total", "Clips by what became of them", ["outcome"])

MARGIN_S = 1.0
"""A stream is later than its own clock by its buffers."""
PATIENCE_S = 10.0
"""So long is waited for a stream that has not come so far; then what there is, is taken."""
RETRY_S = 1.0
MOST_WISHES = 256
TOLERANCE = timedelta(seconds=1.5)
"""A clip that begins or ends so far off is not told to be short: a frame, a key frame."""
POSITIONS_AFTER_S = 90.0
"""Trucks' fixes come late; by then most are there, and it is known whose to ask for."""

_OF_THE_CAMERA = "camera_"
_WORTH_A_CLIP = frozenset({"camera_moved", "camera_blocked"})


class TakenClip(Protocol):
    """As `ingest.packet_ring.Clip`."""

    @property
    def content(self) -> bytes: ...
    @property
    def starts_at(self) -> datetime: ...
    @property
    def ends_at(self) -> datetime: ...
    @property
    def codec(self) -> str: ...
    @property
    def width_px(self) -> int: ...
    @property
    def height_px(self) -> int: ...


ClipOf = Callable[[str, datetime, datetime], TakenClip | None]
"""(camera id, since, until) -> the original packets of that time; None where there are none."""
Attach = Callable[[Sequence[Evidence]], None]
"""Writes evidence of one alert; waits for a lost database, raises `Stopped` when it may not."""


@dataclass(frozen=True, slots=True)
class Wish:
    """A clip of a camera for some alerts; `due_s` on the taker's own clock."""

    camera_id: str
    since: datetime
    until: datetime
    alert_ids: tuple[UUID, ...]
    due_s: float
    give_up_s: float


class ClipTaker:
    """`want` from any thread; `stop` takes at once what still waits."""

    def __init__(
        self,
        settings: EvidenceSettings,
        keeper: EvidenceKeeper,
        clip_of: ClipOf,
        attach: Attach,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.keeper = keeper
        self._before = timedelta(seconds=settings.clip_before_s)
        self._after = timedelta(seconds=settings.clip_after_s)
        self._clip_of, self._attach, self._clock = clip_of, attach, clock
        self._changed = threading.Condition()
        self._wishes: list[Wish] = []
        self._written = threading.Condition()
        self._to_write: deque[tuple[Evidence, ...]] = deque()
        self._stopping = False
        self._taken_all = False
        self._threads = [
            threading.Thread(target=self._take_all, name="clip-taker", daemon=True),
            threading.Thread(target=self._write_all, name="evidence-writer", daemon=True),
        ]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def stop(self, timeout_s: float = 10) -> None:
        """Take and write what waits, as far as it is there; at most so long."""
        with self._changed:
            self._stopping = True
            self._changed.notify_all()
        deadline_s = time.monotonic() + timeout_s
        for thread in self._threads:
            thread.join(max(0.0, deadline_s - time.monotonic()))

    def want(self, changes: Sequence[AlertChange], events: Sequence[SceneEvent]) -> None:
        """Have a clip taken of each event that raised, or joined, one of these alerts."""
        for event in events:
            if event.ended_at is not None or not worth_a_clip(event.kind):
                continue
            for change in changes:
                if _is_of(change, event):
                    self._wish(change.alert, event)
                    break

    def _wish(self, alert: Alert, event: SceneEvent) -> None:
        since, until = clip_span(event, self._before, self._after)
        # The event was raised just now: what is left of the span has still to come.
        due_s = self._clock() + max(0.0, (until - event.raised_at).total_seconds()) + MARGIN_S
        wish = Wish(event.camera_id, since, until, (alert.alert_id,), due_s, due_s + PATIENCE_S)
        with self._changed:
            for number, other in enumerate(self._wishes):
                joined = _joined(other, wish)
                if joined is not None:
                    self._wishes[number] = joined
                    return
            if len(self._wishes) >= MOST_WISHES:
                CLIPS.labels("not_taken").inc()
                log.error("clip.not_taken", alert=str(alert.alert_id), why="too many wait")
                return
            self._wishes.append(wish)
            self._changed.notify_all()

    def _take_all(self) -> None:
        while True:
            with self._changed:
                wish = self._next()
                if wish is None:
                    if self._stopping:
                        break
                    self._changed.wait(self._wait_s())
                    continue
                self._wishes.remove(wish)
                at_once = self._stopping
            try:
                self._take(wish, at_once=at_once)
            except Exception:  # one bad stream must not end the clips of all others
                CLIPS.labels("failed").inc()
                log.exception("clip.failed", camera=wish.camera_id)
        with self._written:
            self._taken_all = True
            self._written.notify_all()

    def _next(self) -> Wish | None:
        """The wish that is due first, all are when stopping; under the lock."""
        ready = [w for w in self._wishes if self._stopping or w.due_s <= self._clock()]
        return min(ready, key=lambda w: w.due_s, default=None)

    def _wait_s(self) -> float | None:
        if not self._wishes:
            return None
        return max(0.01, min(w.due_s for w in self._wishes) - self._clock())

    def _take(self, wish: Wish, *, at_once: bool) -> None:
        clip = self._clip_of(wish.camera_id, wish.since, wish.until)
        late = clip is None or clip.ends_at < wish.until - TOLERANCE
        if late and not at_once and self._clock() < wish.give_up_s:
            with self._changed:
                self._wishes.append(replace(wish, due_s=self._clock() + RETRY_S))
            return
        # One alert after the other: the object is put once more, and is the same.
        for alert_id in wish.alert_ids:
            evidence = self.keeper.keep(_evidence(alert_id, wish, clip))
            outcome = "none" if clip is None else "lost" if evidence.missing else "taken"
            CLIPS.labels(outcome).inc()
            log.info(
                "clip.taken",
                camera=wish.camera_id,
                alert=str(alert_id),
                bytes=evidence.size_bytes,
                note=evidence.note,
                missing=evidence.missing,
            )
            with self._written:
                self._to_write.append((evidence,))
                self._written.notify_all()

    def _write_all(self) -> None:
        while True:
            with self._written:
                while not self._to_write:
                    if self._taken_all:
                        return
                    self._written.wait()
                evidence = self._to_write.popleft()
            try:
                self._attach(evidence)
            except Stopped:
                log.warning("clip.unrecorded", alert=str(evidence[0].alert_id))
                return
            except Exception:  # the next one may be written
                log.exception("clip.not_recorded", alert=str(evidence[0].alert_id))


def worth_a_clip(kind: str) -> bool:
    """Of what befalls a camera only where somebody may be seen who did it."""
    return not kind.startswith(_OF_THE_CAMERA) or kind in _WORTH_A_CLIP


def _is_of(change: AlertChange, event: SceneEvent) -> bool:
    alert = change.alert
    return (
        change.change in {ChangeKind.RAISED, ChangeKind.AMENDED}
        and not alert.withdrawn
        and (alert.kind, alert.camera_id, alert.subject)
        == (event.kind, event.camera_id, event.camera_zone_id)
        and same_moment(change.evidence, event)
    )


def _joined(waits: Wish, new: Wish) -> Wish | None:
    """Both in one clip, where they overlap and that does not get too long."""
    if waits.camera_id != new.camera_id or new.since > waits.until or waits.since > new.until:
        return None
    since, until = min(waits.since, new.since), max(waits.until, new.until)
    if until - since > LONGEST_CLIP:
        return None
    return Wish(
        waits.camera_id,
        since,
        until,
        tuple(dict.fromkeys((*waits.alert_ids, *new.alert_ids))),
        max(waits.due_s, new.due_s),
        max(waits.give_up_s, new.give_up_s),
    )


def _evidence(alert_id: UUID, wish: Wish, clip: TakenClip | None) -> Evidence:
    """Of a clip that is not to be had, a piece without content that says so."""
    if clip is None:
        return raw_evidence(
            alert_id,
            CLIP,
            b"",
            camera_id=wish.camera_id,
            captured_at=wish.since,
            until=wish.until,
            media_type="video/mp4",
            size_px=(0, 0),
            missing="no_stream",
        )
    notes = []
    if clip.starts_at > wish.since + TOLERANCE:
        notes.append("begins_late")
    if clip.ends_at < wish.until - TOLERANCE:
        notes.append("cut_short")
    return raw_evidence(
        alert_id,
        CLIP,
        clip.content,
        camera_id=wish.camera_id,
        captured_at=clip.starts_at,
        until=clip.ends_at,
        media_type="video/mp4" if clip.content[4:8] == b"ftyp" else "video/x-matroska",
        size_px=(clip.width_px, clip.height_px),
        codec=clip.codec,
        note="|".join(notes) or None,
    )
