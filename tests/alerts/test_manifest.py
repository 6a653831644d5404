"""The chain of hashes: what is taken away, changed or put in between shows."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from uuid import UUID, uuid5

import msgspec
import pytest

from alerts.case_file import (
    MANIFEST,
    CaseManifest,
    LeftOut,
    case_faults,
    file_of,
)
from alerts.evidence import clip_span, evidence_of, same_moment
from alerts.manifest import FIRST, Entry, Link, Manifest, chained, faults_of
from detection.scene_event import Passer, SceneEvent, SeenBox, Snapshot, TrackPoint

ALERT = UUID("00000000-0000-0000-0000-00000000a1e7")
NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
CONTENTS = [b"before", b"passage", b"after", b"a clip"]


def link(number: int, content: bytes, **changes: object) -> Link:
    made = Link(
        number=number,
        evidence_id=uuid5(ALERT, str(number)),
        alert_id=ALERT,
        moment="clip" if number == 4 else "after",
        captured_at=NOON + timedelta(seconds=number),
        until=NOON + timedelta(seconds=30) if number == 4 else None,
        camera_id="gate",
        media_type="image/jpeg",
        codec=None,
        size_bytes=len(content),
        sha256=hashlib.sha256(content).hexdigest(),
        taken_by="vision",
    )
    return msgspec.structs.replace(made, **changes)


def whole() -> Manifest:
    entries, before = [], FIRST
    for number, content in enumerate(CONTENTS, 1):
        before = chained(before, link(number, content))
        entries.append(Entry(link=link(number, content), chain=before.hex()))
    return Manifest(alert_id=ALERT, links=4, head=before.hex(), entries=tuple(entries))


def changed(manifest: Manifest, at: int, **fields: object) -> Manifest:
    entries = list(manifest.entries)
    entry = entries[at]
    entries[at] = msgspec.structs.replace(entry, link=msgspec.structs.replace(entry.link, **fields))
    return msgspec.structs.replace(manifest, entries=tuple(entries))


def without(manifest: Manifest, at: int) -> Manifest:
    entries = manifest.entries[:at] + manifest.entries[at + 1 :]
    return msgspec.structs.replace(manifest, entries=entries)


def forged_end(manifest: Manifest) -> Manifest:
    """The last piece taken away and the count mended, but not the head."""
    return msgspec.structs.replace(without(manifest, 3), links=3)


def test_a_whole_chain_has_no_faults() -> None:
    assert faults_of(whole()) == []
    assert faults_of(Manifest(alert_id=ALERT, links=0, head=None, entries=())) == []


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda m: without(m, 1), "number 2 is missing"),
        (lambda m: without(m, 3), "4 pieces of evidence were entered"),
        (forged_end, "the last link is not the one"),
        (lambda m: changed(m, 0, sha256="00" * 32), "number 1 is not as it was entered"),
        (lambda m: changed(m, 2, captured_at=NOON), "number 3 is not as it was entered"),
        (lambda m: changed(m, 1, taken_by="me"), "number 2 is not as it was entered"),
        (lambda m: changed(m, 3, until=None), "number 4 is not as it was entered"),
        (lambda m: changed(m, 1, alert_id=UUID(int=1)), "is of another alert"),
        (
            lambda m: msgspec.structs.replace(m, entries=m.entries[::-1]),
            "number 1 is missing before number 4",
        ),
        (lambda m: msgspec.structs.replace(m, head="11" * 32), "the last link is not the one"),
    ],
)
def test_what_was_done_to_it_is_told(spoil: Callable[[Manifest], Manifest], said: str) -> None:
    assert any(said in fault for fault in faults_of(spoil(whole())))


def test_a_link_is_the_same_in_any_time_zone() -> None:
    china = link(1, b"x", captured_at=NOON.astimezone(timezone(timedelta(hours=8))))
    assert chained(FIRST, china) == chained(FIRST, link(1, b"x", captured_at=NOON))


def case(redacted: bool = False) -> dict[str, bytes]:
    """A sound case file: path -> content; the third piece is left out."""
    chain = whole()
    contents, files = {}, []
    for entry, content in zip(chain.entries, CONTENTS, strict=True):
        if entry.link.number == 3:
            continue
        path = f"evidence/{entry.link.number:02}.bin"
        shown = b"blurred " + content if redacted else content
        of = hashlib.sha256(content).digest() if redacted else b""
        contents[path] = shown
        files.append(file_of(path, shown, entry.link.evidence_id, of=of))
    contents["alert.json"] = b"{}"
    files.append(file_of("alert.json", b"{}"))
    manifest = CaseManifest(
        exported_at=NOON,
        exported_by="operator",
        redacted=redacted,
        chain=chain,
        files=tuple(files),
        left_out=(LeftOut(evidence_id=chain.entries[2].link.evidence_id, why="room"),),
    )
    contents[MANIFEST] = msgspec.json.encode(manifest)
    return contents


def check(contents: dict[str, bytes], head: str | None = None) -> list[str]:
    def read(name: str, at_most: int) -> bytes | None:
        return contents[name] if len(contents[name]) <= at_most else None

    return case_faults(list(contents), read, head)[1]


@pytest.mark.parametrize("redacted", [False, True])
def test_a_sound_case_file(redacted: bool) -> None:
    assert check(case(redacted)) == []
    assert check(case(redacted), whole().head) == []
    assert check(case(redacted), "22" * 32) == [
        "the last link is not the one that was given to compare"
    ]


def _edit_manifest(contents: dict[str, bytes], edit: Callable[[dict], object]) -> None:
    said = json.loads(contents[MANIFEST])
    edit(said)
    contents[MANIFEST] = json.dumps(said).encode()


def _forge(contents: dict[str, bytes]) -> None:
    """Swaps a picture and mends the list of files, but not the chain."""
    contents["evidence/01.bin"] = b"forged"
    said = hashlib.sha256(b"forged").hexdigest()
    _edit_manifest(contents, lambda m: m["files"][0].update(sha256=said))


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda c: c.update({"evidence/01.bin": b"befora"}), "01.bin is not as it was exported"),
        (lambda c: c.update({"evidence/01.bin": b"x" * 99}), "01.bin is not as it was exported"),
        (lambda c: c.pop("evidence/02.bin"), "02.bin is missing"),
        (lambda c: c.update({"evidence/more.jpg": b"x"}), "more.jpg is not listed"),
        (lambda c: c.pop(MANIFEST), "manifest.json is missing"),
        (lambda c: c.update({MANIFEST: b"{"}), "manifest.json is not readable"),
        (lambda c: _edit_manifest(c, lambda m: m.update(format="x/9")), "format 'x/9'"),
        (lambda c: _edit_manifest(c, lambda m: m["left_out"].clear()), "neither here nor told"),
        (_forge, "01.bin is not what evidence number 1 was"),
    ],
)
def test_a_spoiled_case_file_is_told(
    spoil: Callable[[dict[str, bytes]], object], said: str
) -> None:
    contents = case()
    spoil(contents)
    assert any(said in fault for fault in check(contents))


def event(**changes: object) -> SceneEvent:
    snapshot = Snapshot(
        moment="after",
        captured_at=NOON + timedelta(seconds=6),
        width_px=640,
        height_px=360,
        jpeg=b"\xff\xd8picture",
        seen=(SeenBox(class_name="person", box=(1, 2, 3, 4)),),
    )
    passer = Passer(
        track_id=1,
        track_uid=UUID(int=7),
        class_name="muck_truck",
        box=(0, 0, 9, 9),
        seen_at=NOON - timedelta(seconds=4),
        confidence=0.9,
    )
    made = SceneEvent(
        kind="spillage",
        camera_id="gate",
        camera_zone_id="road",
        started_at=NOON,
        raised_at=NOON + timedelta(seconds=6),
        box=(5, 5, 8, 8),
        confidence=0.8,
        passer=passer,
        snapshots=(snapshot,),
        track=(
            TrackPoint(at=NOON - timedelta(seconds=5), box=(0, 0, 5, 5)),
            TrackPoint(at=NOON, box=(5, 0, 10, 5), lon=119.9, lat=31.7),
        ),
    )
    return msgspec.structs.replace(made, **changes)


def test_an_event_gives_its_pictures_and_its_track() -> None:
    picture, track = evidence_of(ALERT, event())
    assert picture.sha256 == hashlib.sha256(b"\xff\xd8picture").digest()
    assert (picture.moment, picture.seen[0].class_name) == ("after", "person")
    assert picture.subject_uid == UUID(int=7)
    assert track.media_type == "application/json"
    assert track.sha256 == hashlib.sha256(track.content).digest()
    told = json.loads(track.content)
    assert [p["box"] for p in told["points"]] == [[0, 0, 5, 5], [5, 0, 10, 5]]
    assert (told["class_name"], told["camera_id"]) == ("muck_truck", "gate")
    assert evidence_of(ALERT, event()) == (picture, track)  # the same event, the same evidence
    assert same_moment([picture], event())
    assert not same_moment([track], event(camera_id="other"))


@pytest.mark.parametrize(
    ("changes", "since_s", "until_s"),
    [
        ({}, -14, 16),  # the passage was 4 s before the begin
        ({"passer": None}, -10, 16),
        # Told late: the clip shows the begin and stays bounded.
        ({"passer": None, "raised_at": NOON + timedelta(seconds=90)}, -10, 50),
    ],
)
def test_a_clip_shows_passage_begin_and_telling(
    changes: dict[str, object], since_s: float, until_s: float
) -> None:
    ten = timedelta(seconds=10)
    since, until = clip_span(event(**changes), ten, ten)
    assert (since - NOON).total_seconds() == since_s
    assert (until - NOON).total_seconds() == until_s
