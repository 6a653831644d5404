"""The object store of evidence: a folder or an S3 bucket, by obstore (证据存储).

Keys are the content's own hash, so that the same content is stored once and a second put does no
harm. Every call ends within `put_timeout_s`: a store that hangs (a network disk, a bucket far off)
must not hold up an alert. What it raises is told apart by what can be done about it.
"""

from __future__ import annotations

import os
import queue
import re
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar
from uuid import uuid4

import obstore
from obstore.exceptions import BaseError
from obstore.store import LocalStore, MemoryStore, ObjectStore, from_url

from config.settings import EvidenceSettings

_SUFFIX = {
    "image/jpeg": ".jpg",
    "video/mp4": ".mp4",
    "video/x-matroska": ".mkv",
    "application/json": ".json",
}
_FULL = re.compile(
    # ENOSPC and EDQUOT as obstore words them; then how S3 and its likes say it.
    r"os error (28|122)\b|QuotaExceeded|InsufficientStorage|StorageFull|507 Insufficient",
    re.IGNORECASE,
)
_REST_S = 15.0
_AT_ONCE = 4
_ROOT = "sha256"
_TRIAL_BYTES = 64 * 2**10

T = TypeVar("T")


class ObjectStoreError(Exception):
    """The object store did not do it. `word` is what is told of it in a row."""

    word = "away"


class ObjectStoreFull(ObjectStoreError):  # noqa: N818  says what is
    """No room: disk or quota."""

    word = "full"


class ObjectMissing(ObjectStoreError):  # noqa: N818  as above
    """There is no such object."""

    word = "lost"


@dataclass(frozen=True, slots=True)
class StoredObject:
    key: str
    size_bytes: int
    last_modified: datetime


def key_of(sha256: bytes, media_type: str) -> str:
    """`sha256/ab/ab12….jpg`: 256 folders, so that none gets too large for a disk's tools."""
    name = sha256.hex()
    return f"{_ROOT}/{name[:2]}/{name}{_SUFFIX.get(media_type, '')}"


class EvidenceObjects:
    """Objects by key. For several threads; opens itself when it is first used, and again later
    where that failed, so that a process starts without it.
    """

    def __init__(self, settings: EvidenceSettings, store: ObjectStore | None = None) -> None:
        self.settings = settings
        self.folder = _folder_of(settings.url)
        self._store = store
        self._places = threading.Semaphore(_AT_ONCE)
        self._rests_until_s = 0.0
        self._trial = f"trial/{uuid4()}"

    def put(self, key: str, content: bytes) -> None:
        """Store it; on return it is on the disk, or the bucket has said so.

        In a folder: written beside under another name, renamed (obstore), then flushed together
        with the folder (ours: obstore does not). Put again even where it is there already: that
        makes it young, so that no sweep takes it before its row is written.

        Raises:
            ObjectStoreFull: disk or quota.
            ObjectStoreError: away, refused, or too slow.
        """

        def put() -> None:
            try:
                obstore.put(self._opened(), key, content)
                if self.folder is not None:
                    _flush(self.folder / key)
            except FileNotFoundError as error:  # the folder went away, not the object
                raise OSError(str(error)) from error

        self._timed(put)

    def get(self, key: str) -> bytes:
        """The whole object.

        Raises:
            ObjectMissing, ObjectStoreError
        """
        return self._timed(lambda: bytes(obstore.get(self._opened(), key).bytes()))

    def get_range(self, key: str, start: int, length: int) -> bytes:
        """`length` bytes from `start`; raises as `get`."""
        return self._timed(
            lambda: bytes(obstore.get_range(self._opened(), key, start=start, length=length))
        )

    def size_bytes(self, key: str) -> int:
        """Raises as `get`."""
        return self._timed(lambda: int(obstore.head(self._opened(), key)["size"]))

    def try_out(self) -> None:
        """Put something of a picture's size and remove it; raises as `put`."""
        self.put(self._trial, bytes(_TRIAL_BYTES))
        self.delete(self._trial)

    def delete(self, key: str) -> None:
        """Gone on return; no error where it was gone already."""

        def delete() -> None:
            try:
                obstore.delete(self._opened(), key)
            except FileNotFoundError:
                return

        self._timed(delete)

    def objects(self) -> Iterator[list[StoredObject]]:
        """All of ours, in lots; without a time limit, for housekeeping."""
        try:
            for lot in obstore.list(self._opened(), _ROOT, chunk_size=500):
                yield [StoredObject(o["path"], o["size"], o["last_modified"]) for o in lot]
        except (BaseError, OSError) as error:
            raise _told(error) from error

    def free_bytes(self) -> int | None:
        """Of the folder's disk; None for a bucket, or where nobody can say."""
        if self.folder is None:
            return None
        try:
            return shutil.disk_usage(self.folder).free
        except OSError:
            return None

    def sweep_half_written(self, before: datetime) -> int:
        """Remove what a killed process left half written in a folder; returns how many files."""
        if self.folder is None:
            return 0
        gone = 0
        for file in (self.folder / _ROOT).glob("*/*#*"):  # obstore's names for them
            try:
                if file.stat().st_mtime < before.timestamp():
                    file.unlink()
                    gone += 1
            except OSError:
                continue
        return gone

    def _opened(self) -> ObjectStore:
        if self._store is None:
            self._store = _open(self.settings, self.folder)
        return self._store

    def _timed(self, call: Callable[[], T]) -> T:
        """Run it on a thread of its own, and leave the thread where it does not come back.

        After a failure the store rests for 15 s: alerts go on at once meanwhile.
        """
        if time.monotonic() < self._rests_until_s:
            raise ObjectStoreError("rests after a failure")
        if not self._places.acquire(blocking=False):
            raise ObjectStoreError(f"{_AT_ONCE} calls are under way")
        answer: queue.SimpleQueue[tuple[T | None, BaseException | None]] = queue.SimpleQueue()

        def run() -> None:
            try:
                answer.put((call(), None))
            except BaseException as error:  # noqa: BLE001  handed to the caller
                answer.put((None, error))
            finally:
                self._places.release()

        threading.Thread(target=run, name="evidence-object", daemon=True).start()
        try:
            result, error = answer.get(timeout=self.settings.put_timeout_s)
        except queue.Empty:
            self._rest()
            raise ObjectStoreError(f"no answer in {self.settings.put_timeout_s:g} s") from None
        if error is None:
            return result  # type: ignore[return-value]  # what `call` gave
        if not isinstance(error, BaseError | OSError):
            raise error
        told = _told(error)
        if type(told) is ObjectStoreError:
            self._rest()
        raise told from error

    def _rest(self) -> None:
        self._rests_until_s = time.monotonic() + _REST_S


def _folder_of(url: str) -> Path | None:
    if not url.startswith("file:"):
        return None
    return Path(
        url.removeprefix("file://") if "://" in url else url.removeprefix("file:")
    ).absolute()


def _open(settings: EvidenceSettings, folder: Path | None) -> ObjectStore:
    if folder is not None:
        return LocalStore(folder, mkdir=True)
    if settings.url == "memory:":
        return MemoryStore()
    limit = timedelta(seconds=settings.put_timeout_s)
    options: Any = {
        "client_options": {"timeout": limit, "connect_timeout": limit / 2},
        "retry_config": {"max_retries": 2, "retry_timeout": limit},
    }
    return from_url(settings.url, **options)


def _told(error: BaseException) -> ObjectStoreError:
    said = str(error).split("\n\nDebug source", 1)[0].strip()
    if isinstance(error, FileNotFoundError):
        return ObjectMissing(said)
    return ObjectStoreFull(said) if _FULL.search(said) else ObjectStoreError(said)


def _flush(file: Path) -> None:
    """To the disk: the content, then the names that lead to it."""
    for path in (file, file.parent, file.parent.parent):
        handle = os.open(path, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
