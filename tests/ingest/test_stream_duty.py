"""Key frames at rest, all pictures once something moves: what is given, lost and dropped."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import av
import numpy as np
import pytest

from ingest.frame import Image
from ingest.packet_ring import PacketRing
from ingest.stream_duty import ChosenPicture, DutyReader
from tests.ingest.coded_clips import encode, noisy, packets_of


def crosses(since_s: float, until_s: float) -> Callable[[Image, float], None]:
    def draw(image: Image, at_s: float) -> None:
        if since_s <= at_s < until_s:
            x = round((at_s - since_s) / (until_s - since_s) * 280)
            image[90:130, x : x + 40] = (30, 40, 220)

    return draw


def run(
    path: Path,
    moving: Callable[[float], bool],
    fps: float = 5,
    spoil: Callable[[int, bytes], bytes] = lambda _number, content: content,
    key_seen: Callable[[ChosenPicture], None] = lambda _chosen: None,
) -> tuple[DutyReader, list[ChosenPicture]]:
    """Feeds a file packet by packet and takes what is there after each."""
    connection, arrived = packets_of(path)
    reader = DutyReader(PacketRing(), fps, key_seen=key_seen)
    reader.ring.opened(connection.codec)
    given = []
    for number, each in enumerate(arrived):
        packet = each.packet
        content = bytes(packet)
        if (spoilt := spoil(number, content)) != content:
            packet = av.Packet(spoilt)
            packet.pts, packet.dts = each.packet.pts, each.packet.dts
            packet.time_base = each.packet.time_base
        reader.feed(packet, each.presented_s, 0.0, is_key=each.is_key)
        while (chosen := reader.next()) is not None:
            given.append(chosen)
            reader.told(moving=moving(chosen.at_s))
    return reader, given


@pytest.fixture(scope="module")
def passage(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """20 s; something crosses from 9.0 s, between two key frames, to 13 s."""
    path = tmp_path_factory.mktemp("duty") / "passage.mp4"
    return encode(path, noisy(20, crosses(9, 13)))


def test_at_rest_only_key_frames_are_decoded(tmp_path: Path) -> None:
    path = encode(tmp_path / "quiet.mp4", noisy(20))
    reader, given = run(path, lambda _at_s: False)
    assert [round(each.at_s, 2) for each in given] == [0, 4, 8, 12, 16]  # they are all alike
    assert reader.counts.decoded == 10
    assert reader.counts.wakes == 0


def test_what_moved_before_it_was_noticed_is_looked_at_in_full(passage: Path) -> None:
    reader, given = run(passage, lambda at_s: 9 <= at_s < 13)
    times = [each.at_s for each in given]
    assert times == sorted(set(times))
    during = [t for t in times if 9 <= t < 13]
    assert len(during) == 20  # five a second from the beginning on: nothing is lost
    assert max(np.diff(during)) < 0.25
    assert reader.counts.dropped == 0
    assert reader.counts.wakes - reader.counts.wakes_false == 1
    late = [t for t in times if t > 15.5]
    assert len(late) <= 3  # rests again


def test_pictures_after_waking_are_those_of_a_full_decode(passage: Path) -> None:
    _, given = run(passage, lambda at_s: 9 <= at_s < 13)
    with av.open(str(passage)) as container:
        whole = {round(f.time, 3): f.to_ndarray(format="bgr24") for f in container.decode(video=0)}
    for each in given:
        np.testing.assert_array_equal(each.picture.image(), whole[round(each.at_s, 3)])


def test_something_gone_between_two_key_frames_is_told_by_the_packets_sizes(tmp_path: Path) -> None:
    path = encode(tmp_path / "brief.mp4", noisy(16, crosses(12.2, 13.8)), crf="26")
    _, given = run(path, lambda at_s: 12.2 <= at_s < 13.8)
    assert len([each for each in given if 12.2 <= each.at_s < 13.8]) == 8


def test_leaves_that_move_all_the_time_soon_wake_nothing(tmp_path: Path) -> None:
    dice = np.random.default_rng(3)

    def leaves(image: Image, _at_s: float) -> None:
        part = image[:60]
        part[:] = np.clip(part + dice.normal(0, 25, (15, 80, 1)).repeat(4, 0).repeat(4, 1), 0, 255)

    path = encode(tmp_path / "leaves.mp4", noisy(80, leaves))
    reader, given = run(path, lambda _at_s: False)
    assert reader.counts.wakes < 8
    late = [each for each in given if each.at_s >= 50]
    assert len(late) <= 20  # 15 key frames are


def test_a_damaged_packet_ends_nothing_and_is_counted(passage: Path) -> None:
    def spoil(number: int, content: bytes) -> bytes:
        if number != 260:  # 10.4 s
            return content
        return content[:60] + bytes(b ^ 0x5A for b in content[60:])

    reader, given = run(passage, lambda at_s: 9 <= at_s < 13, spoil=spoil)
    assert reader.counts.errors >= 1
    times = [each.at_s for each in given]
    assert not [t for t in times if 10.41 < t < 11.9]  # what refers to it is not shown
    assert [t for t in times if 12 <= t < 13]  # it goes on with the next key frame
    assert max(times) > 14.9


@pytest.mark.parametrize(("spoilt", "undecoded"), [(range(400, 401), 0), (range(400, 500), 2)])
def test_key_frames_in_a_row_that_cannot_be_decoded_are_counted(
    passage: Path, spoilt: range, undecoded: int
) -> None:
    """Each 50th of the 500 packets is a key frame: one of the last two is damaged, or both."""

    def spoil(number: int, content: bytes) -> bytes:
        if number not in spoilt:
            return content
        return content[:60] + bytes(b ^ 0x5A for b in content[60:])

    reader, _ = run(passage, lambda _at_s: False, spoil=spoil)
    assert reader.counts.errors >= 1
    assert reader.undecoded_keys == undecoded
    assert reader.decoded_at_s is not None
    first_s = spoilt[0] / 25
    assert (reader.decoded_at_s < first_s) if undecoded else (reader.decoded_at_s == 18.0)


def test_every_key_frame_is_shown_once_given_or_not(passage: Path) -> None:
    shown: list[float] = []
    _, given = run(passage, lambda at_s: 9 <= at_s < 13, key_seen=lambda c: shown.append(c.at_s))
    assert [round(at_s, 1) for at_s in shown] == [2.0 * n for n in range(10)]
    assert len([each for each in given if each.is_key]) < 10


def test_who_is_slow_is_given_less_and_then_the_newest(tmp_path: Path) -> None:
    path = encode(tmp_path / "long.mp4", noisy(40, crosses(0, 40)))
    connection, arrived = packets_of(path)
    reader = DutyReader(PacketRing(), 5, longest_lag_s=6)
    reader.ring.opened(connection.codec)
    given = []
    for number, each in enumerate(arrived):
        reader.feed(each.packet, each.presented_s, 0.0, is_key=each.is_key)
        if number % 25 == 24:  # takes one a second of five
            chosen = reader.next()
            if chosen is not None:
                given.append(chosen)
                reader.told(moving=True)
                assert reader.lag_s <= 9.5
    assert len(given) >= 38
    due = 5 * given[-1].at_s
    assert reader.counts.dropped == pytest.approx(due - len(given), abs=12)


def test_who_never_rests_is_restrained_where_there_is_no_time_for_it(tmp_path: Path) -> None:
    """Rain: something moves everywhere, all the time; one picture in a second can be analysed."""
    path = encode(tmp_path / "rain.mp4", noisy(110, crosses(85, 89)))
    connection, arrived = packets_of(path)
    reader = DutyReader(PacketRing(), 5, longest_lag_s=6)
    reader.ring.opened(connection.codec)
    given = []
    for number, each in enumerate(arrived):
        reader.feed(each.packet, each.presented_s, 0.0, is_key=each.is_key)
        if number % 25 == 24 and (chosen := reader.next()) is not None:
            given.append(chosen.at_s)
            reader.told(moving=True)
    assert reader.counts.restrained >= 1
    rested = [t for t in given if 55 < t < 80]
    assert rested
    assert all(t % 2 < 0.01 for t in rested)  # key frames
    assert len([t for t in given if 85 <= t < 89]) >= 5  # what is more than usual is looked at


def test_every_picture_a_key_frame_is_looked_at_once_a_second(tmp_path: Path) -> None:
    path = encode(tmp_path / "intra.mp4", noisy(10), gop=1)
    reader, given = run(path, lambda _at_s: False)
    assert len(given) == 3
    assert 9 <= reader.counts.decoded <= 12


def test_a_reader_that_the_ring_has_left_behind_goes_on_with_the_oldest(passage: Path) -> None:
    connection, arrived = packets_of(passage)
    reader = DutyReader(PacketRing(seconds=5), 5)
    reader.ring.opened(connection.codec)
    for each in arrived[:60]:
        reader.feed(each.packet, each.presented_s, 0.0, is_key=each.is_key)
    assert reader.next() is not None
    reader.told(moving=True)
    for each in arrived[60:]:
        reader.feed(each.packet, each.presented_s, 0.0, is_key=each.is_key)
    chosen = reader.next()
    assert chosen is not None
    assert chosen.at_s >= 12
    assert reader.counts.dropped > 40
