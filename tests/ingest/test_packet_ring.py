"""The ring of packets: what it keeps, and that its clips play."""

from __future__ import annotations

import io
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import av
import numpy as np
import pytest

from ingest.packet_ring import PacketRing
from ingest.stream_connection import Arrived
from tests.ingest.coded_clips import encode, noisy, packets_of

ZERO = datetime(2026, 5, 6, 7, 8, 9, tzinfo=UTC)


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return encode(tmp_path_factory.mktemp("ring") / "clip.mp4", noisy(12), gop=50)


def filled(path: Path, ring: PacketRing, until_s: float = 1e9) -> list[Arrived]:
    connection, arrived = packets_of(path)
    ring.opened(connection.codec)
    for each in arrived:
        if each.presented_s < until_s:
            ring.append(each.packet, each.presented_s, ZERO.timestamp(), is_key=each.is_key)
    return arrived


def at(seconds: float) -> datetime:
    return ZERO + timedelta(seconds=seconds)


def test_a_clip_plays_and_holds_the_time_asked_for(clip: Path) -> None:
    ring = PacketRing()
    filled(clip, ring)
    got = ring.clip(at(5), at(7.5))
    assert got is not None
    assert (got.codec, got.width_px, got.height_px) == ("h264", 320, 180)
    assert got.starts_at == at(4)  # the key frame before
    assert abs((got.ends_at - at(7.5)).total_seconds()) <= 0.04
    with av.open(str(clip)) as whole, av.open(io.BytesIO(got.content)) as cut:
        wanted = [f for f in whole.decode(video=0) if 4 <= f.time <= 7.5]
        played = list(cut.decode(video=0))
        assert len(played) == len(wanted) == 88
        for mine, theirs in zip(played, wanted, strict=True):
            assert mine.time == pytest.approx(theirs.time - 4, abs=0.002)
            np.testing.assert_array_equal(mine.to_ndarray(), theirs.to_ndarray())


def test_hevc_is_cut_as_well(tmp_path: Path) -> None:
    path = tmp_path / "hevc.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx265", rate=25)
        stream.width, stream.height, stream.pix_fmt = 320, 180, "yuv420p"
        stream.options = {"preset": "ultrafast", "x265-params": "keyint=25:log-level=none"}
        for image in noisy(4):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(image, format="bgr24")))
        container.mux(stream.encode())
    ring = PacketRing()
    filled(path, ring)
    got = ring.clip(at(1.5), at(3))
    assert got is not None
    assert got.codec == "hevc"
    with av.open(io.BytesIO(got.content)) as cut:
        played = list(cut.decode(video=0))
    assert 45 <= len(played) <= 52


def test_it_forgets_whole_groups_by_time_and_by_size(clip: Path) -> None:
    by_time = PacketRing(seconds=5)
    filled(clip, by_time)
    first = by_time.gops_after(-1)[0]
    assert first.key.is_key
    assert first.key.presented_s == 4  # the group that holds the fifth second before the last key
    by_size = PacketRing(max_bytes=by_time.size_bytes // 2)
    filled(clip, by_size)
    assert by_size.size_bytes <= by_time.size_bytes // 2
    assert by_size.gops_after(-1)[0].key.is_key
    assert by_size.clip(at(0), at(1)) is None


def test_packets_that_refer_to_lost_ones_are_left_out(clip: Path) -> None:
    ring = PacketRing()
    connection, arrived = packets_of(clip)
    ring.opened(connection.codec)
    kept = []
    for number, each in enumerate(arrived):
        if number == 60:
            ring.await_key()
        kept.append(ring.append(each.packet, each.presented_s, 0, is_key=each.is_key))
    assert all(kept[:60])
    assert not any(kept[60:100])
    assert all(kept[100:])
    assert [each.number for each in kept if each] == list(range(len(arrived) - 40))


def test_a_clip_is_of_one_connection(clip: Path) -> None:
    ring = PacketRing()
    filled(clip, ring, until_s=3)
    connection, arrived = packets_of(clip)
    ring.opened(connection.codec)
    for each in arrived[:150]:  # 6 s, 10 s later
        ring.append(each.packet, each.presented_s, at(13).timestamp(), is_key=each.is_key)
    got = ring.clip(at(1), at(17))
    assert got is not None
    assert got.starts_at == at(13)
    assert ring.has_until(at(18.9))
    assert not ring.has_until(at(19.1))
    assert ring.clip(at(30), at(40)) is None
    assert PacketRing().clip(at(0), at(1)) is None


def test_clips_are_cut_while_packets_come(clip: Path) -> None:
    ring = PacketRing(seconds=4)
    filled(clip, ring)
    connection, arrived = packets_of(clip)
    done = threading.Event()

    def go_on() -> None:
        for turn in range(1, 6):
            ring.opened(connection.codec)
            for each in arrived:
                ring.append(
                    each.packet, each.presented_s, at(12 * turn).timestamp(), is_key=each.is_key
                )
        done.set()

    thread = threading.Thread(target=go_on)
    thread.start()
    cut = 0
    while not done.is_set() or not cut:
        newest = ring.newest
        assert newest is not None
        until = datetime.fromtimestamp(newest.at_s, UTC)
        got = ring.clip(until - timedelta(seconds=2), until)
        if got is not None:
            with av.open(io.BytesIO(got.content)) as container:
                assert next(container.decode(video=0)).width == 320
            cut += 1
    thread.join()
    assert cut
