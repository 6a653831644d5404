"""Puts evidence into the object store before the row that names it is written; never fails.

What the object store does not take, waits in the database's own column where it is small (a
picture, a track) and there is room, or is lost and its row says so: the alert is written at once.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence

import msgspec
import structlog
from prometheus_client import Counter

from alerts.alert import AlertChange, Evidence
from alerts.evidence import CLIP
from store.evidence_objects import EvidenceObjects, ObjectStoreError, ObjectStoreFull, key_of

log = structlog.get_logger()

OUTCOMES = Counter("muckwatch_evidence_total", "Pieces of evidence by where they went", ["outcome"])
SMALL_BYTES = 2 * 2**20
"""So much at most goes into a row of the database: a large JPEG of 1080p."""


class EvidenceKeeper:
    """For several threads.

    `make_room(bytes)` is asked before a clip is given up for want of room, and returns whether it
    helped. `trouble` is the last word the object store said, None while all is well: it is over
    when what was refused would be taken.
    """

    def __init__(
        self,
        objects: EvidenceObjects,
        taken_by: str,
        make_room: Callable[[int], bool] = lambda _size: False,
    ) -> None:
        self.objects = objects
        self.taken_by = taken_by
        self.make_room = make_room
        self.trouble: ObjectStoreError | None = None
        self._lock = threading.Lock()
        self._used_bytes = 0
        self._in_database_bytes = 0
        self._refused_bytes = 0

    def note_used(self, objects_bytes: int, in_database_bytes: int) -> None:
        """What the database counts; between two counts the keeper adds what it keeps itself."""
        with self._lock:
            self._used_bytes, self._in_database_bytes = objects_bytes, in_database_bytes

    @property
    def used_bytes(self) -> int:
        return self._used_bytes

    def keep_all(self, changes: Sequence[AlertChange]) -> tuple[AlertChange, ...]:
        """The same changes, their evidence kept."""
        return tuple(
            msgspec.structs.replace(c, evidence=tuple(self.keep(e) for e in c.evidence))
            if c.evidence
            else c
            for c in changes
        )

    def keep(self, evidence: Evidence) -> Evidence:
        """As it is to be written: named, or with its content still in it, or told missing."""
        taken = msgspec.structs.replace(
            evidence, taken_by=self.taken_by, size_bytes=len(evidence.content)
        )
        if not evidence.content:
            return taken
        key = key_of(taken.sha256, taken.media_type)
        failure = self._put(key, taken)
        if failure is None:
            OUTCOMES.labels("stored").inc()
            if taken.moment == CLIP or not self._still_full():
                self._well()
            return msgspec.structs.replace(taken, content=b"", object_key=key)
        self.trouble = failure
        self._refused_bytes = max(self._refused_bytes, taken.size_bytes)
        told = {"moment": taken.moment, "alert": str(taken.alert_id), "error": str(failure)}
        if self._takes_place(taken):
            OUTCOMES.labels("in_database").inc()
            log.warning("evidence.in_database", **told)
            return taken
        OUTCOMES.labels("lost").inc()
        log.error("evidence.lost", **told)
        return msgspec.structs.replace(taken, content=b"", missing=failure.word)

    def try_again(self) -> None:
        """Whether the trouble is over, without new evidence to try it with; `make_room` is asked.

        Something small is put, and removed again.
        """
        if self.trouble is None:
            return
        if self._still_full():
            self.make_room(self._refused_bytes)
        if self._still_full():
            return
        try:
            self.objects.try_out()
        except ObjectStoreError as failure:
            self.trouble = failure
        else:
            self._well()

    def _still_full(self) -> bool:
        full = isinstance(self.trouble, ObjectStoreFull)
        return full and self.short_of(self._refused_bytes) > 0

    def _well(self) -> None:
        self.trouble, self._refused_bytes = None, 0

    def _put(self, key: str, taken: Evidence) -> ObjectStoreError | None:
        if taken.moment == CLIP and not self._has_room(taken.size_bytes):
            return ObjectStoreFull("no room for clips")
        try:
            self.objects.put(key, taken.content)
        except ObjectStoreFull as failure:
            if taken.moment != CLIP or not self.make_room(taken.size_bytes):
                return failure
            try:
                self.objects.put(key, taken.content)
            except ObjectStoreError as again:
                return again
        except ObjectStoreError as failure:
            return failure
        with self._lock:
            self._used_bytes += taken.size_bytes
        return None

    def _has_room(self, size_bytes: int) -> bool:
        """Within what is granted, and the disk's reserve left alone; pictures may use both."""
        if self.short_of(size_bytes) <= 0:
            return True
        return self.make_room(size_bytes) and self.short_of(size_bytes) <= 0

    def short_of(self, size_bytes: int) -> int:
        """How many bytes have to go before a clip of that size fits; 0 or less where it does."""
        settings = self.objects.settings
        short = self._used_bytes + size_bytes - settings.most_bytes
        free = self.objects.free_bytes()
        if free is not None:
            short = max(short, size_bytes + settings.keep_free_bytes - free)
        return short

    def _takes_place(self, taken: Evidence) -> bool:
        if taken.moment == CLIP or taken.size_bytes > SMALL_BYTES:
            return False
        with self._lock:
            if self._in_database_bytes + taken.size_bytes > self.objects.settings.in_database_bytes:
                return False
            self._in_database_bytes += taken.size_bytes
        return True
