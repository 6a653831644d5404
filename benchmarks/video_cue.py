"""What the cues of a resting camera miss and what they cry for nothing.

`python -m benchmarks.video_cue FOLDER`: the pieces of `benchmarks.video` are coded anew in other
ways (a fixed quality, few bits, a key frame every 10 s, leaves in the wind drawn in), and played as
80 s of a quiet gate, one piece, 20 s of a quiet gate. Pictures of 5 a second in which the motion
gate, shown all of them, sees something move are the truth; a miss is one that a resting camera
never gives.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import av
import numpy as np

from benchmarks.video_pieces import CONDITIONS, FPS, PASSAGES, render_pieces
from benchmarks.video_recall import duty_frames
from detection.motion_gate import MotionGate
from ingest.stream_duty import DutyReader
from ingest.stream_video import read_clip

_START = datetime(2026, 1, 1, tzinfo=UTC)
_FPS = 5.0
_HELD_S = 2.0  # as detection.watch stays awake
AS_RENDERED = "as rendered, 2 Mbit/s"
WAYS: dict[str, dict[str, str]] = {
    AS_RENDERED: {},
    "0.5 Mbit/s": {"b": "500k", "maxrate": "1M", "bufsize": "1M", "g": "50"},
    "fixed quality": {"crf": "28", "g": "50"},
    "key frame every 10 s": {"b": "2M", "maxrate": "4M", "bufsize": "4M", "g": "250"},
}


def _played(pieces: dict[str, Path], condition: str, passage: str) -> Iterator[av.VideoFrame]:
    for name in ["quiet"] * 4 + [passage, "quiet"]:
        with av.open(str(pieces[f"{condition}-{name}"])) as container:
            yield from container.decode(video=0)


def _code(frames: Iterator[av.VideoFrame], path: Path, options: dict[str, str]) -> None:
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=FPS)
        stream.width, stream.height, stream.pix_fmt = 1920, 1080, "yuv420p"
        stream.options = {"preset": "veryfast", "bf": "0", "sc_threshold": "0", **options}
        for number, frame in enumerate(frames):
            frame.pts, frame.time_base = number, 1 / stream.codec_context.framerate
            container.mux(stream.encode(frame))
        container.mux(stream.encode())


def _join(pieces: dict[str, Path], condition: str, passage: str, path: Path) -> None:
    """The same without coding anew."""
    with av.open(str(path), "w") as out:
        stream, number = None, 0
        for name in ["quiet"] * 4 + [passage, "quiet"]:
            with av.open(str(pieces[f"{condition}-{name}"])) as container:
                video = container.streams.video[0]
                stream = stream or out.add_stream_from_template(video, opaque=True)
                for packet in container.demux(video):
                    if packet.size and video.time_base:
                        step = round(1 / (FPS * video.time_base))
                        packet.pts = packet.dts = number * step
                        packet.stream = stream
                        out.mux(packet)
                        number += 1


def measure(path: Path) -> dict[str, float]:
    """Figures of one clip."""
    gate, truth = MotionGate(), set()
    for frame in read_clip(path, "c", _START, _FPS):
        if gate.advance(frame).moving and frame.number:
            truth.add(round((frame.captured_at - _START).total_seconds(), 1))
    gate, given, moved_s, at_s = MotionGate(), set(), -99.0, 0.0
    reader: DutyReader | None = None

    def moving() -> bool:
        return at_s - moved_s <= _HELD_S

    for frame, duty in duty_frames(path, "c", _START, _FPS, moving):
        reader = duty
        at_s = (frame.captured_at - _START).total_seconds()
        given.add(round(at_s, 1))
        if gate.advance(frame).moving:
            moved_s = at_s
    # A picture given up to a tenth of a second off shows the same.
    missed = [t for t in truth if not any(round(t + d, 1) in given for d in (-0.1, 0.0, 0.1))]
    if reader is None:
        raise ValueError(f"{path}: no pictures")
    return {
        "moving": len(truth),
        "missed": len(missed),
        "wakes": reader.counts.wakes,
        "wakes_false": reader.counts.wakes_false,
        "decoded_share": round(reader.counts.decoded / (reader.counts.seen_s * FPS), 3),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="of rendered pieces (`video --folder`)")
    parser.add_argument("--ways", nargs="+", choices=list(WAYS), default=list(WAYS))
    given = parser.parse_args()
    pieces = {name: each.path for name, each in render_pieces(given.folder, 2000).items()}
    scratch = given.folder / "cue.mp4"
    sums: dict[str, dict[str, float]] = {}
    for way in given.ways:
        for condition in CONDITIONS:
            for passage in PASSAGES:
                if WAYS[way]:
                    _code(_played(pieces, condition, passage), scratch, WAYS[way])
                else:
                    _join(pieces, condition, passage, scratch)
                figures = measure(scratch)
                print(f"{way}, {condition}, {passage}: {figures}", flush=True)
                for name, figure in figures.items():
                    sums.setdefault(way, {}).setdefault(name, 0)
                    sums[way][name] += figure
    for figures in sums.values():
        figures["decoded_share"] = round(
            float(np.divide(figures["decoded_share"], len(CONDITIONS) * len(PASSAGES))), 3
        )
    print(json.dumps({"name": "video_cue", "ways": sums}))
    scratch.unlink()


if __name__ == "__main__":
    main()
