"""Clips: taken when what comes after has come, whole where the stream lives, told where not."""

from __future__ import annotations

import hashlib
import io
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from pathlib import Path
from uuid import UUID

import av
import msgspec
import numpy as np
import pytest

from alerts.alert import Alert, AlertChange, ChangeKind, Evidence, Severity
from alerts.evidence import evidence_of
from app.clip_taker import ClipTaker, TakenClip
from app.patient_store import Stopped
from config.settings import EvidenceSettings
from detection.scene_event import SceneEvent, Snapshot
from ingest.jpeg_ring import JpegRing
from ingest.packet_ring import Clip, PacketRing, StreamCodec
from store.evidence_keeper import EvidenceKeeper
from store.evidence_objects import EvidenceObjects

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
FPS, GOP, SECONDS = 10, 10, 40


def at(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


@pytest.fixture(scope="module")
def packets() -> tuple[list[av.Packet], StreamCodec]:
    """40 s of H.264, a key frame a second; the picture's grey tells its second."""
    out = io.BytesIO()
    with av.open(out, "w", format="mpegts") as container:  # Annex B, as RTSP brings it
        stream = container.add_stream("libx264", rate=FPS)
        stream.width, stream.height, stream.pix_fmt = 128, 72, "yuv420p"
        stream.options = {"g": str(GOP), "bf": "0", "preset": "ultrafast", "crf": "30"}
        for number in range(SECONDS * FPS):
            image = np.full((72, 128, 3), 20 + 5 * (number // FPS), np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(image, format="bgr24")))
        container.mux(stream.encode())
    out.seek(0)
    source = av.open(out)
    stream = source.streams.video[0]
    found = [p for p in source.demux(stream) if p.size]
    codec = StreamCodec(
        "h264",
        bytes(stream.codec_context.extradata or b""),
        128,
        72,
        stream.time_base or Fraction(1, 90_000),
    )
    return found, codec


def ring_until(packets: tuple[list[av.Packet], StreamCodec], until_s: float) -> PacketRing:
    ring = PacketRing(seconds=60)
    ring.opened(packets[1])
    for packet in packets[0]:
        presented_s = float((packet.pts - packets[0][0].pts) * packets[1].time_base)
        if presented_s <= until_s:
            ring.append(packet, presented_s, NOON.timestamp(), is_key=packet.is_keyframe)
    return ring


class Desk:
    """A taker on a clock of the test's own, and what it attached."""

    def __init__(self, folder: Path, clip_of: Callable[..., TakenClip | None]) -> None:
        self.now_s = 0.0
        self.attached: list[Evidence] = []
        self.asked: list[tuple[datetime, datetime]] = []
        self.objects = EvidenceObjects(EvidenceSettings(url=f"file:{folder}", keep_free_bytes=0))
        self._clip_of = clip_of
        self.taker = ClipTaker(
            EvidenceSettings(),
            EvidenceKeeper(self.objects, "vision"),
            self._ask,
            self._attach,
            clock=lambda: self.now_s,
        )

    def _ask(self, camera: str, since: datetime, until: datetime) -> TakenClip | None:
        self.asked.append((since, until))
        return self._clip_of(camera, since, until)

    def _attach(self, evidence: Sequence[Evidence]) -> None:
        self.attached.extend(evidence)

    def advance(self, seconds: float) -> None:
        self.now_s += seconds
        with self.taker._changed:
            self.taker._changed.notify_all()

    def wait_for(self, count: int) -> None:
        deadline_s = time.monotonic() + 20
        while len(self.attached) < count:
            assert time.monotonic() < deadline_s
            time.sleep(0.005)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Callable[..., Desk]]:
    made: list[Desk] = []

    def make(clip_of: Callable[..., TakenClip | None]) -> Desk:
        made.append(Desk(tmp_path, clip_of))
        made[-1].taker.start()
        return made[-1]

    yield make
    for one in made:
        one.taker.stop()
        assert not any(t.is_alive() for t in one.taker._threads)


def told(
    name: int = 1, started_s: float = 15, kind: str = "spillage"
) -> tuple[AlertChange, SceneEvent]:
    """An event that was raised 5 s after its begin, and the step it makes."""
    event = SceneEvent(
        kind=kind,
        camera_id="gate",
        camera_zone_id=f"road-{name}",
        started_at=at(started_s),
        raised_at=at(started_s + 5),
        box=(5, 5, 8, 8),
        confidence=0.8,
        snapshots=(
            Snapshot(
                moment="after",
                captured_at=at(started_s + 5),
                width_px=128,
                height_px=72,
                jpeg=b"\xff\xd8%d" % name,
            ),
        ),
    )
    alert = Alert(
        alert_id=UUID(int=name),
        kind=kind,
        severity=Severity.SERIOUS,
        vehicle_id=None,
        camera_id="gate",
        subject=event.camera_zone_id,
        started_at=event.started_at,
        raised_at=event.raised_at,
        lon=119.9,
        lat=31.7,
    )
    change = AlertChange(
        change=ChangeKind.RAISED, alert=alert, evidence=evidence_of(alert.alert_id, event)
    )
    return change, event


def want(desk: Desk, *pairs: tuple[AlertChange, SceneEvent]) -> None:
    desk.taker.want([c for c, _ in pairs], [e for _, e in pairs])


def seconds_shown(content: bytes) -> list[int]:
    """Which seconds the pictures of a clip are of, told by their grey."""
    with av.open(io.BytesIO(content)) as container:
        greys = [f.to_ndarray(format="gray").mean() for f in container.decode(video=0)]
    return sorted({round((grey - 20) / 5) for grey in greys})


def units_of(packet: bytes) -> list[bytes]:
    """The NAL units of a packet as MP4 has it: each behind its length (ISO/IEC 14496-15)."""
    units, place = [], 0
    while place < len(packet):
        length = int.from_bytes(packet[place : place + 4])
        units.append(packet[place + 4 : place + 4 + length])
        place += 4 + length
    return units


def test_a_clip_of_the_ring_plays_and_its_hash_holds(packets, desk) -> None:
    ring = ring_until(packets, SECONDS)
    d = desk(lambda _camera, since, until: ring.clip(since, until))
    want(d, told())
    d.advance(5)
    time.sleep(0.05)
    assert d.attached == []  # what comes after has not come yet
    d.advance(6.5)
    d.wait_for(1)
    [clip] = d.attached
    assert (clip.moment, clip.media_type, clip.codec) == ("clip", "video/mp4", "h264")
    assert (clip.missing, clip.note) == (None, None)
    assert (clip.captured_at, clip.until) == (at(5), at(30))
    content = d.objects.get(str(clip.object_key))
    assert hashlib.sha256(content).digest() == clip.sha256
    shown = seconds_shown(content)
    assert shown[0] == 5
    assert shown[-1] >= 29
    with av.open(io.BytesIO(content)) as container:
        assert sum(1 for _ in container.decode(video=0)) == 251
    # Not coded anew: the packets are the camera's own.
    with av.open(io.BytesIO(content)) as container:
        kept = [bytes(p) for p in container.demux(video=0) if p.size]
    came = b"".join(bytes(p) for p in packets[0])
    units = [unit for packet in kept for unit in units_of(packet)]
    assert len(units) > 251
    assert all(unit in came for unit in units)


def test_a_stream_that_died_gives_what_there_is(packets, desk) -> None:
    ring = ring_until(packets, 22)
    d = desk(lambda _camera, since, until: ring.clip(since, until))
    want(d, told())
    for _ in range(30):
        d.advance(1)
        time.sleep(0.01)
    d.wait_for(1)
    [clip] = d.attached
    assert clip.note == "cut_short"
    assert clip.until == at(22)
    assert len(d.asked) > 3  # it had patience first
    assert seconds_shown(d.objects.get(str(clip.object_key)))[-1] >= 21


def test_a_stream_that_is_late_is_waited_for(packets, desk) -> None:
    ring = ring_until(packets, 27)
    d = desk(lambda _camera, since, until: ring.clip(since, until))
    want(d, told())
    d.advance(11.5)
    while not d.asked:
        time.sleep(0.01)
    ring = ring_until(packets, SECONDS)
    d.advance(2)
    d.wait_for(1)
    assert d.attached[0].note is None


def test_no_stream_at_all_is_told(desk) -> None:
    d = desk(lambda *_: None)
    want(d, told())
    for _ in range(30):
        d.advance(1)
        time.sleep(0.01)
    d.wait_for(1)
    assert (d.attached[0].missing, d.attached[0].object_key) == ("no_stream", None)


def test_events_that_overlap_share_a_clip(packets, desk) -> None:
    ring = ring_until(packets, SECONDS)
    d = desk(lambda _camera, since, until: ring.clip(since, until))
    want(d, told(1, 15))
    d.advance(3)
    want(d, told(2, 18), told(3, 19, kind="camera_offline"))
    d.advance(20)
    d.wait_for(2)
    assert [c.alert_id for c in d.attached] == [UUID(int=1), UUID(int=2)]
    assert len({c.object_key for c in d.attached}) == 1
    assert d.asked == [(at(5), at(33))]
    assert [o.key for lot in d.objects.objects() for o in lot] == [d.attached[0].object_key]


def test_what_waits_is_taken_when_it_ends(packets, desk) -> None:
    ring = ring_until(packets, 21)
    d = desk(lambda _camera, since, until: ring.clip(since, until))
    want(d, told())
    d.taker.stop()
    [clip] = d.attached
    assert (clip.note, clip.until) == ("cut_short", at(21))


def test_an_end_and_a_withdrawal_want_no_clip(desk) -> None:
    d = desk(lambda *_: None)
    change, event = told()
    over = msgspec.structs.replace(event, ended_at=at(60))
    want(d, (change, over))
    gone = msgspec.structs.replace(change.alert, withdrawn=True)
    want(d, (msgspec.structs.replace(change, alert=gone), event))
    want(d, (msgspec.structs.replace(change, evidence=()), event))
    d.advance(100)
    d.taker.stop()
    assert (d.asked, d.attached) == ([], [])


def test_one_bad_stream_and_a_lost_database_end_nothing_else(packets, desk) -> None:
    ring = ring_until(packets, SECONDS)
    failed = threading.Event()

    def clip_of(_camera: str, since: datetime, until: datetime) -> Clip | None:
        if not failed.is_set():
            failed.set()
            raise ValueError("this one is broken")
        return ring.clip(since, until)

    d = desk(clip_of)
    want(d, told(1, 5))
    d.advance(12)
    assert failed.wait(10)
    want(d, told(2, 25))
    d.advance(12)
    d.wait_for(1)
    assert d.attached[0].alert_id == UUID(int=2)

    def away(_evidence: Sequence[Evidence]) -> None:
        raise Stopped

    d.taker._attach = away
    want(d, told(3, 5))
    d.taker.stop()  # ends all the same


def test_a_clip_of_jpegs_is_byte_for_byte(desk) -> None:
    import cv2  # noqa: PLC0415

    ring = JpegRing(seconds=60)
    jpegs = []
    for number in range(60):
        image = np.full((72, 128, 3), 4 * number, np.uint8)
        jpegs.append(cv2.imencode(".jpg", image)[1].tobytes())
        ring.append(at(number * 0.5), jpegs[-1], (128, 72))
    ring.append(at(3), b"late", (128, 72))  # a repeated message
    assert ring.has_until(at(29))
    d = desk(lambda _camera, since, until: ring.clip(since, until))
    want(d, told(1, 12))
    d.advance(12)
    d.wait_for(1)
    [clip] = d.attached
    assert (clip.codec, clip.media_type, clip.note) == ("mjpeg", "video/x-matroska", None)
    assert (clip.captured_at, clip.until) == (at(2), at(27))
    content = d.objects.get(str(clip.object_key))
    with av.open(io.BytesIO(content)) as container:
        kept = [(p.pts, bytes(p)) for p in container.demux(video=0) if p.size]
    assert [jpeg for _, jpeg in kept] == jpegs[4:55]
    assert [pts for pts, _ in kept] == [500 * n for n in range(51)]
    with av.open(io.BytesIO(content)) as container:
        assert sum(1 for _ in container.decode(video=0)) == 51


def test_a_ring_of_jpegs_is_bounded() -> None:
    ring = JpegRing(seconds=10, max_bytes=1000)
    for number in range(100):
        ring.append(at(number), b"x" * 90, (8, 8))
    assert len(ring._pictures) == 11
    for number in range(100, 110):
        ring.append(at(number), b"x" * 300, (8, 8))
    assert len(ring._pictures) == 3
    assert JpegRing().clip(at(0), at(1)) is None
