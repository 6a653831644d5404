"""Cameras held on this machine: ours against `yolo track`, on the same RTSP streams.

`python -m benchmarks.video [--minutes 5] [--folder DIR] [--labelled FOLDER] …`; for a look in a few
minutes: `--minutes 0.5 --most 8 --rounds 1`.

1080p25 H.264 cameras, a key frame every 2 s, 2 Mbit/s, sensor noise, half by day and half by night,
come from `benchmarks.rtsp_server`, a process of its own whose CPU is told apart but which shares
the machine. A *typical quiet gate*: 20 s of an empty gate 14 times, then one passage (a truck out,
a car, a walker or a truck in, 14 s to 20 s), so one every 5 minutes, 288 a day: a site with 100
truckloads gives 200 passages. Each camera begins at a random place of its round, so that passages
meet as they do in the field. *Busy*: a vehicle every 3 s and a walker all the time.

Ours is the product's stream, scheduler and watch (motion, detector, tracks, rules) in one worker a
core; only the database is missing. *Held*: for all of the trial no picture due was dropped, every
connection lived, every key frame was looked at, and nothing is behind at the end. The peer is
ultralytics' `model.track` with `vid_stride` 5 on the same weights, a model and a thread a stream,
as its multi-stream guide shows; it is *held* where no stream loses more than 5 %, which is kinder.
"""

from __future__ import annotations

import argparse
import importlib.util
import os
import random
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from benchmarks.result import result_line
from benchmarks.video_held import CameraServer, Held, hold_ours
from benchmarks.video_peer import hold_peer
from benchmarks.video_pieces import CONDITIONS, FPS, GOP_S, PASSAGES, Piece, render_pieces
from detection.detector import PACKAGE_MODEL, package_model

ANALYSED_FPS = 5.0
QUIET_PIECES = 14
_MOST_STREAMS = 400


def cameras(pieces: dict[str, Piece], scene: str) -> dict[str, object]:
    """What each camera plays; `scene` is `quiet` or `busy`."""
    dice = random.Random(7)
    plays: dict[str, object] = {}
    for number in range(_MOST_STREAMS):
        condition = CONDITIONS[number % len(CONDITIONS)]
        passage = PASSAGES[number // len(CONDITIONS) % len(PASSAGES)]
        names = [f"{condition}-quiet"] * QUIET_PIECES + [f"{condition}-{passage}"]
        if scene == "busy":
            names = [f"{condition}-busy"]
        length = sum(round(pieces[name].seconds * FPS) for name in names)
        plays[f"{scene}-{number:03d}"] = {"pieces": names, "offset": dice.randrange(length)}
    return plays


def most_held(try_: Callable[[int], Held], first: int, most: int) -> tuple[int, list[Held]]:
    """The largest number that is held; from `first` up or down by halves of the gap.

    A number that is not held is tried once more: on a shared machine somebody else may have been
    in the way.
    """
    tried: list[Held] = []

    def holds(number: int) -> bool:
        for _ in range(2):
            held = try_(number)
            tried.append(held)
            print(f"  {held.say()}", flush=True)
            if not held.lost:
                return True
        return False

    good, bad, number = 0, most + 1, min(first, most)
    while bad - good > max(1, good // 20):
        if holds(number):
            good = number
            number = min(most, number * 2) if bad > most else (good + bad) // 2
            if good == most:
                break
        else:
            bad = number
            number = (good + bad) // 2 if good else bad // 2
            if not number:
                break
    return good, tried


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--minutes", type=float, default=5, help="of each trial of ours")
    parser.add_argument("--busy-minutes", type=float, help="of each of busy scenes; default: same")
    parser.add_argument("--peer-minutes", type=float, default=0.5, help="of each of the peer's")
    parser.add_argument("--first", type=int, default=64, help="quiet cameras to try first")
    parser.add_argument("--most", type=int, default=160, help="at most")
    parser.add_argument("--first-busy", type=int, default=4)
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--kbit", type=int, default=2000, help="a second and stream")
    parser.add_argument("--folder", type=Path, help="keep rendered pieces here")
    parser.add_argument("--processes", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--model", type=Path, help="ours; default: the package's own")
    parser.add_argument("--runtime", default="onnxruntime", help="ours, as vision.runtime")
    parser.add_argument("--peer-model", type=Path, default=PACKAGE_MODEL, help=".pt or .onnx")
    parser.add_argument("--labelled", type=Path, help="an evaluation folder: recall as well")
    parser.add_argument("--no-peer", action="store_true")
    parser.add_argument("--no-busy", action="store_true")
    given = parser.parse_args()
    if not given.no_peer and importlib.util.find_spec("lap") is None:
        sys.exit(
            "yolo track needs the extra `yolo`, with the package lap that ultralytics leaves out"
        )
    with tempfile.TemporaryDirectory() as scratch:
        _run(given, Path(scratch))
    if given.labelled:
        recall = [sys.executable, "-m", "benchmarks.video_recall", str(given.labelled)]
        recall += ["--runtime", given.runtime]
        subprocess.run([*recall, *(["--model", given.model] if given.model else [])], check=True)


def _run(given: argparse.Namespace, scratch: Path) -> None:
    pieces = render_pieces(given.folder or scratch / "pieces", given.kbit)
    for piece in pieces.values():
        print(f"{piece.name}: {piece.kbit_s:.0f} kbit/s, key frames {piece.key_bytes / 1e3:.0f} kB")
    paths = {name: str(piece.path) for name, piece in pieces.items()}
    plays = {**cameras(pieces, "quiet"), **cameras(pieces, "busy")}
    figures: dict[str, list[int]] = {"quiet": [], "peer": [], "busy": [], "peer_busy": []}
    best: dict[str, Held] = {}

    with CameraServer(scratch, {"pieces": paths, "cameras": plays}) as server:

        def ours(scene: str, minutes: float | None = None) -> Callable[[int], Held]:
            return lambda number: hold_ours(
                server,
                [f"{scene}-{n:03d}" for n in range(number)],
                60 * (minutes if minutes is not None else given.minutes),
                scratch,
                analysed_fps=ANALYSED_FPS,
                gop_s=GOP_S,
                processes=given.processes,
                model=given.model,
                runtime=given.runtime,
            )

        def theirs(scene: str) -> Callable[[int], Held]:
            return lambda number: hold_peer(
                server,
                [f"{scene}-{n:03d}" for n in range(number)],
                60 * given.peer_minutes,
                analysed_fps=ANALYSED_FPS,
                source_fps=FPS,
                model=given.peer_model,
            )

        def find(name: str, try_: Callable[[int], Held], first: int, most: int) -> None:
            print(f" {name}", flush=True)
            good, tried = most_held(try_, first, most)
            figures[name].append(good)
            held = [each for each in tried if not each.lost]
            if held:
                best[name] = max(held, key=lambda each: each.cameras)

        for number in range(given.rounds):
            print(f"round {number + 1} of {given.rounds}", flush=True)
            find("quiet", ours("quiet"), given.first, given.most)
            if not given.no_peer:
                find("peer", theirs("quiet"), 2, 16)
            if not given.no_busy:
                find("busy", ours("busy", given.busy_minutes), given.first_busy, given.most)
                if not given.no_peer:
                    find("peer_busy", theirs("busy"), 2, 16)
    print(
        result_line(
            "video",
            figures["quiet"],
            figures["peer"] or [0],
            unit="1080p25 RTSP cameras of quiet gates held, none of their pictures lost",
            checked="same streams and weights; the peer may lose 5 %; one RTSP server beside both",
            busy=figures["busy"],
            peer_busy=figures["peer_busy"],
            best={name: held.figures() for name, held in best.items()},
            minutes=given.minutes,
            kbit_s=given.kbit,
            model=(given.model or package_model(given.runtime)).name,
            runtime=given.runtime,
            peer_model=given.peer_model.name,
        )
    )


if __name__ == "__main__":
    main()
