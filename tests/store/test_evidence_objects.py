"""The object store: what is put comes back, what fails is told apart, nothing hangs."""

from __future__ import annotations

import hashlib
import os
import subprocess
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import msgspec
import pytest
from obstore.store import MemoryStore

from alerts.alert import Evidence
from config.settings import EvidenceSettings, Settings, SettingsError
from store import evidence_objects
from store.evidence_keeper import EvidenceKeeper
from store.evidence_objects import (
    EvidenceObjects,
    ObjectMissing,
    ObjectStoreError,
    ObjectStoreFull,
    key_of,
)

CONTENT = os.urandom(5000)
SHA256 = hashlib.sha256(CONTENT).digest()
KEY = key_of(SHA256, "video/mp4")
NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


@pytest.fixture(params=["folder", "memory"])
def objects(request: pytest.FixtureRequest, tmp_path: Path) -> EvidenceObjects:
    url = f"file://{tmp_path}/evidence" if request.param == "folder" else "memory:"
    return EvidenceObjects(EvidenceSettings(url=url))


def evidence(moment: str = "after", content: bytes = CONTENT) -> Evidence:
    return Evidence(
        evidence_id=UUID(int=1),
        alert_id=UUID(int=2),
        moment=moment,
        captured_at=NOON,
        media_type="video/mp4" if moment == "clip" else "image/jpeg",
        width_px=64,
        height_px=36,
        content=content,
        sha256=hashlib.sha256(content).digest(),
    )


def test_a_round_trip_keeps_every_byte(objects: EvidenceObjects) -> None:
    objects.put(KEY, CONTENT)
    objects.put(KEY, CONTENT)  # again does no harm
    assert hashlib.sha256(objects.get(KEY)).digest() == SHA256
    assert objects.get_range(KEY, 100, 50) == CONTENT[100:150]
    assert objects.size_bytes(KEY) == len(CONTENT)
    assert [o.key for lot in objects.objects() for o in lot] == [KEY]
    objects.delete(KEY)
    objects.delete(KEY)
    with pytest.raises(ObjectMissing):
        objects.get(KEY)


def test_a_folder_is_flushed_and_never_half_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    flushed: list[str] = []
    fsync = os.fsync
    monkeypatch.setattr(
        evidence_objects.os,
        "fsync",
        lambda handle: (
            flushed.append(str(Path(f"/proc/self/fd/{handle}").readlink())),
            fsync(handle),
        )[1],
    )
    objects = EvidenceObjects(EvidenceSettings(url=f"file:{tmp_path}"))
    objects.put(KEY, CONTENT)
    file = tmp_path / KEY
    assert flushed == [str(file), str(file.parent), str(file.parent.parent)]
    assert [f.name for f in tmp_path.rglob("*") if f.is_file()] == [file.name]
    left = file.with_name(f"{file.name}#1")  # what a killed process leaves
    left.write_bytes(b"half")
    assert objects.get(KEY) == CONTENT
    assert objects.sweep_half_written(datetime.now(UTC) - timedelta(hours=1)) == 0
    assert objects.sweep_half_written(datetime.now(UTC) + timedelta(hours=1)) == 1
    assert not left.exists()


@pytest.fixture
def tiny_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 1 MB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    made = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=1m", "none", folder], capture_output=True, check=False
    )
    if made.returncode:
        pytest.skip("no right to mount a file system")
    yield folder
    subprocess.run(["umount", folder], check=True)


def test_a_full_disk_is_told_and_comes_back(tiny_disk: Path) -> None:
    objects = EvidenceObjects(EvidenceSettings(url=f"file://{tiny_disk}", keep_free_bytes=0))
    keeper = EvidenceKeeper(objects, "test")
    first = keeper.keep(evidence("clip", os.urandom(700_000)))
    assert (first.missing, first.content) == (None, b"")
    lost = keeper.keep(evidence("clip", os.urandom(700_000)))
    assert (lost.missing, lost.object_key) == ("full", None)
    assert lost.sha256 != first.sha256  # the hash of what was lost stays
    waiting = keeper.keep(evidence("after", os.urandom(600_000)))
    assert waiting.missing is None
    assert len(waiting.content) == 600_000  # goes into the database's own column
    assert isinstance(keeper.trouble, ObjectStoreFull)
    assert [f for f in tiny_disk.rglob("*#*")] == []  # noqa: C416  read as a list
    assert first.object_key is not None
    objects.delete(first.object_key)
    again = keeper.keep(evidence("clip", os.urandom(700_000)))
    assert (again.missing, keeper.trouble) == (None, None)


def test_a_full_disk_is_well_again_without_new_evidence(tiny_disk: Path) -> None:
    objects = EvidenceObjects(EvidenceSettings(url=f"file://{tiny_disk}", keep_free_bytes=0))
    keeper = EvidenceKeeper(objects, "test")
    filler = tiny_disk / "filler"
    filler.write_bytes(bytes(900_000))
    assert keeper.keep(evidence("clip", os.urandom(300_000))).missing == "full"
    assert keeper.keep(evidence("after", os.urandom(50_000))).object_key is not None
    assert isinstance(keeper.trouble, ObjectStoreFull)  # pictures fit, clips do not
    keeper.try_again()
    assert isinstance(keeper.trouble, ObjectStoreFull)
    filler.unlink()
    keeper.try_again()
    assert keeper.trouble is None
    assert not [f for f in (tiny_disk / "trial").rglob("*") if f.is_file()]


def test_room_is_made_for_what_was_refused(tmp_path: Path) -> None:
    settings = EvidenceSettings(url=f"file:{tmp_path}", most_bytes=1000, keep_free_bytes=0)
    keeper = EvidenceKeeper(EvidenceObjects(settings), "test")
    assert keeper.keep(evidence("clip", os.urandom(800))).missing is None
    assert keeper.keep(evidence("clip", os.urandom(700))).missing == "full"
    asked: list[int] = []
    keeper.make_room = lambda size: bool(asked.append(size))
    keeper.try_again()
    assert (asked, isinstance(keeper.trouble, ObjectStoreFull)) == ([700], True)
    keeper.note_used(100, 0)  # by somebody else
    keeper.try_again()
    assert (asked, keeper.trouble) == ([700], None)


def test_a_store_that_is_away_is_well_when_it_takes_something(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(evidence_objects, "_REST_S", 0.0)
    folder = tmp_path / "evidence"
    folder.write_text("a file where the folder should be")
    keeper = EvidenceKeeper(
        EvidenceObjects(EvidenceSettings(url=f"file:{folder}", keep_free_bytes=0)), "test"
    )
    keeper.keep(evidence())
    keeper.try_again()
    assert keeper.trouble is not None
    assert keeper.trouble.word == "away"
    folder.unlink()
    keeper.try_again()
    assert keeper.trouble is None


def test_the_reserve_of_the_disk_is_left_to_pictures(tiny_disk: Path) -> None:
    objects = EvidenceObjects(EvidenceSettings(url=f"file://{tiny_disk}", keep_free_bytes=600_000))
    keeper = EvidenceKeeper(objects, "test")
    assert keeper.keep(evidence("clip", os.urandom(500_000))).missing == "full"
    assert keeper.keep(evidence("after", os.urandom(500_000))).object_key is not None


@pytest.mark.parametrize(
    ("said", "kind", "word"),
    [
        ("Unable to copy data to file: No space left on device (os error 28)", "Full", "full"),
        ("Unable to copy data to file: Disk quota exceeded (os error 122)", "Full", "full"),
        ("Server returned non-2xx status code: 507 Insufficient Storage", "Full", "full"),
        ("<Code>QuotaExceeded</Code>", "Full", "full"),
        ("<Code>XMinioStorageFull</Code>", "Full", "full"),
        ("error sending request", "Error", "away"),
        ("<Code>AccessDenied</Code>", "Error", "away"),
    ],
)
def test_what_a_store_says_is_told_apart(
    monkeypatch: pytest.MonkeyPatch, said: str, kind: str, word: str
) -> None:
    def refuse(*_arguments: object) -> None:
        raise evidence_objects.BaseError(f"Generic S3 error: {said}\n\nDebug source:\nGeneric")

    objects = EvidenceObjects(EvidenceSettings(url="memory:"), MemoryStore())
    monkeypatch.setattr(evidence_objects.obstore, "put", refuse)
    with pytest.raises(ObjectStoreError) as failure:
        objects.put(KEY, CONTENT)
    assert type(failure.value).__name__ == f"ObjectStore{kind}"
    assert failure.value.word == word
    assert "Debug source" not in str(failure.value)


def test_a_store_that_hangs_holds_up_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    free = threading.Event()
    monkeypatch.setattr(evidence_objects.obstore, "put", lambda *_: free.wait(30))
    objects = EvidenceObjects(EvidenceSettings(url="memory:", put_timeout_s=0.2))
    keeper = EvidenceKeeper(objects, "test")
    began_s = time.monotonic()
    kept = [keeper.keep(evidence()) for _ in range(50)]
    clip = keeper.keep(evidence("clip"))
    assert time.monotonic() - began_s < 5  # the first waited for 0.2 s, all others not at all
    assert all(e.content == CONTENT and e.missing is None for e in kept)
    assert (clip.missing, clip.content) == ("away", b"")
    free.set()


def test_pictures_in_the_database_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_arguments: object) -> None:
        raise OSError(28, "No space left on device (os error 28)")

    monkeypatch.setattr(evidence_objects.obstore, "put", refuse)
    settings = EvidenceSettings(url="memory:", in_database_bytes=2 * len(CONTENT))
    keeper = EvidenceKeeper(EvidenceObjects(settings), "test")
    kept = [keeper.keep(evidence()) for _ in range(3)]
    assert [e.missing for e in kept] == [None, None, "full"]
    keeper.note_used(0, 0)  # they were moved out
    assert keeper.keep(evidence()).missing is None


def test_room_is_asked_for_before_a_clip_is_lost(tmp_path: Path) -> None:
    asked: list[int] = []
    settings = EvidenceSettings(url=f"file:{tmp_path}", most_bytes=12_000, keep_free_bytes=0)
    keeper = EvidenceKeeper(EvidenceObjects(settings), "test")

    def make_room(size_bytes: int) -> bool:
        asked.append(size_bytes)
        keeper.note_used(5000, 0)
        return len(asked) == 1

    keeper.make_room = make_room
    clips = [keeper.keep(evidence("clip", os.urandom(5000))) for _ in range(4)]
    assert [c.missing for c in clips] == [None, None, None, "full"]
    assert asked == [5000, 5000]
    assert keeper.keep(evidence("after")).missing is None  # pictures go on


def test_what_is_kept_is_named_by_its_hash(objects: EvidenceObjects) -> None:
    keeper = EvidenceKeeper(objects, "vision 1")
    kept = keeper.keep(evidence("clip"))
    assert kept.object_key == f"sha256/{SHA256.hex()[:2]}/{SHA256.hex()}.mp4"
    assert (kept.taken_by, kept.size_bytes, kept.content) == ("vision 1", len(CONTENT), b"")
    assert objects.get(kept.object_key) == CONTENT
    nothing = msgspec.structs.replace(evidence(content=b""), missing="no_stream")
    assert keeper.keep(nothing).missing == "no_stream"


@pytest.mark.parametrize("url", ["ftp://x/y", "s3://", "file:", "memory", "file:///a?b"])
def test_a_url_that_is_none_is_refused(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    monkeypatch.setenv("MUCKWATCH_EVIDENCE__URL", url)
    with pytest.raises(SettingsError, match=r"evidence\.url"):
        Settings()
