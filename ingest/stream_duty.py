"""Key frames while nothing moves, all pictures once something does (值守解码)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import av
from av.video.codeccontext import VideoCodecContext

from ingest.packet_ring import Gop, PacketRing, RingPacket, StreamCodec, VideoPacket
from ingest.stream_connection import StreamError
from ingest.stream_cue import CUE_WIDTH_PX, PictureCue, SizeCue
from ingest.stream_picture import DecodedPicture
from ingest.stream_rate import Rate

_LOOKS_APART_S = 0.95
"""Where every picture is a key frame (MJPEG), one a second is looked at."""
_SHOWN_APART_S = 3.9
"""Of key frames that are like the last, so many seconds apart are given: the watch's memories of a
still scene lose nothing by it, and a look costs it half as much as decoding the key frame."""
_STAYS_S = 1.0
"""How long past the cue all pictures are looked at before the camera may rest again."""
_PATIENCE_S, _RESTRAINED_S, _BURST_S = 30.0, 60.0, 10.0
"""Who was awake for so long when there is no time for it is restrained for so long, and awake for
no more than a burst at a time meanwhile. Rain and trees in the wind do that. All ours."""


@dataclass(frozen=True, slots=True, eq=False)
class ChosenPicture:
    """`at_s`: when it was taken, seconds since 1970 UTC. `is_key`: of a key frame."""

    at_s: float
    picture: DecodedPicture
    is_key: bool


@dataclass(slots=True)
class DutyCounts:
    """Since the start. `wakes_false` led to nothing; `dropped` were due and never given.

    `restrained`: how often it was made to rest though the analysis saw something move.
    """

    decoded: int = 0
    dropped: int = 0
    wakes: int = 0
    wakes_false: int = 0
    restrained: int = 0
    errors: int = 0
    awake_s: float = 0.0
    seen_s: float = 0.0


class DutyReader:
    """Chooses, decodes and hands out pictures of a ring, in order of time.

    `feed` is called by the thread that reads packets, all else by one other thread. Reads no clock:
    the same packets, taken in the same steps, give the same pictures.

    Resting, only key frames are decoded. Where one differs from the last, or the packets between
    them grow, decoding starts over from the key frame before, so what moved since is not lost.
    Awake, pictures are given at `fps`. A reader that is slow gets them late first, up to
    `longest_lag_s` (at least two and a half groups of pictures), then every second and, a quarter
    later, every fourth only; at one and a half times that from the newest key frame on. One that
    was awake for long by then is restrained: it rests, whatever the analysis says, but for bursts
    where a key frame shows more than is usual there.
    """

    def __init__(
        self,
        ring: PacketRing,
        fps: float,
        longest_lag_s: float = 8.0,
        key_seen: Callable[[ChosenPicture], None] = lambda _chosen: None,
    ) -> None:
        """`key_seen` is shown each key frame that was decoded, once, given or not."""
        self.ring = ring
        self.decoded_at_s: float | None = None
        self.undecoded_keys = 0  # since then, in a row, and the time of the last of them
        self.undecoded_at_s = float("-inf")
        self._key_seen, self._key_shown = key_seen, -1
        self.awake = False
        self.counts = DutyCounts()
        self._fps = fps
        self._longest_lag_s = longest_lag_s
        self._size_cue, self._picture_cue = SizeCue(), PictureCue()
        self._decoder: _Decoder | None = None
        self._alarm = -1  # number of the packet at which the sizes last stood out
        self._looked: RingPacket | None = None  # the last key frame looked at
        self._next = 0  # awake: number of the packet to decode next
        self._given_s = float("-inf")
        self._stays_until_s = float("-inf")
        self._awake_since_s = self._burst_until_s = float("inf")
        self._restrained_until_s = float("-inf")
        self._confirmed = False
        self._cause: SizeCue | PictureCue | None = None
        self._rate = Rate(fps)
        self._phase = 0
        self._pending: list[ChosenPicture] = []

    def feed(
        self, packet: VideoPacket, presented_s: float, zero_s: float, *, is_key: bool
    ) -> RingPacket | None:
        """Takes a packet into the ring; the same answer as `PacketRing.append`."""
        kept = self.ring.append(packet, presented_s, zero_s, is_key=is_key)
        if kept is not None and not is_key and self._size_cue.see(packet.size):
            self._alarm = kept.number
        return kept

    @property
    def alarmed(self) -> bool:
        """Sizes stood out after the last key frame that was looked at."""
        return self._looked is not None and self._alarm > self._looked.number

    @property
    def lag_s(self) -> float:
        """How far what was looked at is behind the packets; at rest up to a group of pictures."""
        newest, looked = self.ring.newest, self._looked
        if newest is None or looked is None:
            return 0.0
        return max(0.0, newest.at_s - max(self._given_s, looked.at_s))

    def next(self) -> ChosenPicture | None:
        """The next picture to analyse; None until more packets came."""
        while True:
            if self._pending:
                return self._give(self._pending.pop(0))
            if not (self._advance_awake() if self.awake else self._advance_resting()):
                return None

    def told(self, *, moving: bool) -> None:
        """What the analysis said of the picture given last; it may rest when nothing moves."""
        restrained = self._given_s < self._restrained_until_s
        if moving and not (restrained and self._given_s > self._burst_until_s):
            self._confirmed = True
            if not self.awake and not restrained:
                self._wake_after_look()
        elif self.awake and self._given_s >= self._stays_until_s:
            self._rest()

    def _give(self, chosen: ChosenPicture) -> ChosenPicture:
        if self._given_s > 0:
            took_s = min(chosen.at_s - self._given_s, 60.0)
            self.counts.seen_s += took_s
            self.counts.awake_s += took_s if self.awake else 0.0
        self._given_s = chosen.at_s
        return chosen

    # Resting: key frames only.

    def _advance_resting(self) -> bool:
        looked = self._looked
        gops = self.ring.gops_after(looked.number if looked else -1)
        if looked is not None and self.alarmed:
            self._cause = self._size_cue
            return self._wake(looked, self._alarm_s())
        due = [
            g
            for g in gops
            if looked is None
            or g.key.at_s - looked.at_s >= _LOOKS_APART_S
            or g.key.at_s < looked.at_s
        ]
        if not due:
            return False
        if len(due) > 1 and due[-1].key.at_s - due[0].key.at_s > self._allowed_lag_s(due[0]):
            self.counts.dropped += len(due) - 1
            due = due[-1:]
        gop = due[0]
        chosen = self._decode_key(gop)
        if chosen is None:
            self._looked = gop.key
            return True
        differs = self._picture_cue.see(chosen.picture.grey(CUE_WIDTH_PX))
        if differs and looked is not None and self.ring.gop_of(looked.number) is not None:
            self._cause = self._picture_cue
            self._looked = gop.key
            return self._wake(looked, gop.key.at_s)
        self._looked = gop.key
        if chosen.at_s - self._given_s >= _SHOWN_APART_S or chosen.at_s < self._given_s:
            self._pending.append(chosen)
        return True

    def _alarm_s(self) -> float:
        found = self.ring.packet(self._alarm)
        return found[0].at_s if found else float("-inf")

    def _decode_key(self, gop: Gop) -> ChosenPicture | None:
        decoder = self._decoder_of(gop.codec)
        decoder.restart()
        pictures = list(decoder.pictures(gop.key)) or list(decoder.rest())
        self._tally(decoder, gop.key, len(pictures))
        if not pictures:
            return None
        chosen = _chosen(gop.key, pictures[-1], is_key=True)
        self._show(gop.key, chosen)
        return chosen

    def _tally(self, decoder: _Decoder, kept: RingPacket, decoded: int) -> None:
        errors = decoder.take_errors()
        self.counts.errors += errors
        self.counts.decoded += decoded
        if decoded:
            self.decoded_at_s, self.undecoded_keys = kept.at_s, 0
        elif errors and kept.is_key:
            self.undecoded_keys += 1
            self.undecoded_at_s = kept.at_s

    def _show(self, key: RingPacket, chosen: ChosenPicture) -> None:
        if key.number > self._key_shown:
            self._key_shown = key.number
            self._key_seen(chosen)

    def _wake(self, since: RingPacket, stays_from_s: float) -> bool:
        self.awake, self._confirmed = True, False
        self.counts.wakes += 1
        self._next = since.number
        self._awake_since_s = since.at_s
        self._stays_until_s = stays_from_s + _STAYS_S
        self._burst_until_s = stays_from_s + _BURST_S
        self._rate = Rate(self._fps)
        if self._decoder is not None:
            self._decoder.restart()
        return True

    def _wake_after_look(self) -> None:
        """The analysis saw more in a key frame than the cue: go on from there."""
        if self._looked is not None:
            self._cause = None
            self._wake(self._looked, self._looked.at_s)
            self._confirmed = True

    def _rest(self) -> None:
        self.awake = False
        self._pending.clear()
        if not self._confirmed:
            self.counts.wakes_false += 1
            if self._cause is not None:
                self._cause.was_false()
        self._alarm = -1

    def _restrain(self, newest: RingPacket) -> None:
        self.counts.restrained += 1
        self._restrained_until_s = newest.at_s + _RESTRAINED_S
        self._confirmed = True  # it did move: the cue was right to cry
        self._rest()

    # Awake: every picture decoded, some given.

    def _advance_awake(self) -> bool:
        """False where nothing is left to decode."""
        found = self.ring.packet(self._next)
        if found is None:
            return False
        kept, gop = found
        if kept.number > self._next:  # forgotten meanwhile: far too slow
            self.counts.dropped += max(0, round((kept.at_s - self._given_s) * self._fps))
            self._next = kept.number
            self._decoder_of(gop.codec).restart()
        skip = self._thinning(kept, gop)
        if skip is None:
            return True
        decoder = self._decoder_of(gop.codec)
        self._next = kept.number + 1
        decoded = 0
        for frame in decoder.pictures(kept):
            decoded += 1
            at_s = kept.zero_s + float(frame.time) if frame.time is not None else kept.at_s
            is_key = bool(frame.key_frame)
            chosen = ChosenPicture(at_s, DecodedPicture(frame), is_key)
            if is_key:
                self._looked = kept if kept.is_key else gop.key
                self._picture_cue.follow(chosen.picture.grey(CUE_WIDTH_PX))
                self._show(self._looked, chosen)
            if at_s <= self._given_s or not self._rate.takes(at_s):
                continue
            self._phase += 1
            if self._phase % skip:
                self.counts.dropped += 1
                continue
            self._pending.append(chosen)
        self._tally(decoder, kept, decoded)
        return True

    def _allowed_lag_s(self, gop: Gop) -> float:
        return max(self._longest_lag_s, 2.5 * (gop.packets[-1].at_s - gop.key.at_s))

    def _thinning(self, kept: RingPacket, gop: Gop) -> int | None:
        """Give every picture (1), every second (2), fourth (4); None: went on to the newest key."""
        newest = self.ring.newest
        lag_s = newest.at_s - kept.at_s if newest else 0.0
        allowed_s = self._allowed_lag_s(gop)
        if lag_s > 1.5 * allowed_s:
            later = self.ring.gops_after(kept.number)
            if later:
                left_s = later[-1].key.at_s - kept.at_s
                self.counts.dropped += max(0, round(left_s * self._fps))
                self._next = later[-1].key.number
                self._decoder_of(gop.codec).restart()
                if kept.at_s - self._awake_since_s >= _PATIENCE_S:
                    self._restrain(later[-1].key)
                return None
        return 1 if lag_s <= allowed_s else 2 if lag_s <= 1.25 * allowed_s else 4

    def _decoder_of(self, codec: StreamCodec) -> _Decoder:
        if self._decoder is None or self._decoder.codec is not codec:
            self._decoder = _Decoder(codec)
        return self._decoder


def _chosen(kept: RingPacket, frame: av.VideoFrame, *, is_key: bool) -> ChosenPicture:
    at_s = kept.zero_s + float(frame.time) if frame.time is not None else kept.at_s
    return ChosenPicture(at_s, DecodedPicture(frame), is_key)


class _Decoder:
    """One thread, no delay of its own; after an error nothing until the next key frame."""

    def __init__(self, codec: StreamCodec) -> None:
        self.codec = codec
        self._errors = 0
        self._broken = False
        context = av.CodecContext.create(codec.name, "r")
        if not isinstance(context, VideoCodecContext):
            raise StreamError(f"{codec.name} is no video codec")
        self._context = context
        self._context.thread_count = 1
        if codec.extradata:
            self._context.extradata = codec.extradata
        self._fresh = True

    def restart(self) -> None:
        self._broken = False
        if not self._fresh:
            self._context.flush_buffers()
            self._fresh = True

    def pictures(self, kept: RingPacket) -> Iterator[av.VideoFrame]:
        if kept.is_key and self._broken:
            self.restart()
        if self._broken:
            return
        yield from self._decoded(kept.packet)

    def rest(self) -> Iterator[av.VideoFrame]:
        """What a codec that reorders still holds back."""
        yield from self._decoded(None)
        self._context.flush_buffers()
        self._fresh = True

    def take_errors(self) -> int:
        errors, self._errors = self._errors, 0
        return errors

    def _decoded(self, packet: VideoPacket | None) -> Iterator[av.VideoFrame]:
        self._fresh = False
        try:
            frames = self._context.decode(packet)
        except (av.FFmpegError, EOFError):
            self._errors += 1
            self._broken = True
            return
        for frame in frames:
            if frame.is_corrupt:
                self._errors += 1
                self._broken = True
                return
            yield frame
