"""Camera faults on rendered scenes and real clips: recall, seconds to tell, false alarms.

`python -m benchmarks.camera_faults [--places N] [--clips DIR]` prints the table of
docs/camera-health.md. Each sequence is well for 70 s, faulty for 35 s or
as long as is said, and well again for 25 s.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import cv2
import numpy as np

from benchmarks.faulty_pictures import (
    FPS,
    SIZE_PX,
    Aim,
    Distort,
    black,
    blurred,
    covered,
    fog,
    gain,
    headlights,
    looped,
    overexposed,
    rendered,
    seen,
    shaking,
    snow,
    still,
    sun,
    truck_side,
)
from config.camera import Camera, CameraRole
from detection.health.camera_health import CameraHealth
from detection.scene_event import SceneEvent
from ingest.frame import Frame, Image
from ingest.stream_video import read_clip

CLIPS = Path(__file__).parents[2] / "shared/data/video"
BEGIN = datetime(2026, 1, 1, 2, tzinfo=UTC)
CAMERA = Camera("c", "c", "", 119.94, 31.7, None, CameraRole.GATE)
REAL_MARGIN = 1.15
"""A clip is cut by no more: far turns see its mirrored edge."""
FAULT_S, BACK_S, END_S = 70.0, 105.0, 130.0
LONG_S, LONG_STEP = 300.0, 6


@dataclass(frozen=True)
class Fault:
    """`kind` None: nothing may ring. `seconds`: how long it lasts where not to `BACK_S`."""

    name: str
    kind: str | None
    aim: Callable[[int], Aim] = field(default=still(Aim()))
    distort: Distort | None = None
    elsewhere: bool = False
    seconds: float = BACK_S - FAULT_S
    also: tuple[str, ...] = ()


FAULTS = (
    Fault("pan by 3 % of the width", "camera_moved", still(Aim(x_px=19))),
    Fault("pan by 10 %", "camera_moved", still(Aim(x_px=64, y_px=10))),
    Fault("pan by 25 %", "camera_moved", still(Aim(x_px=160))),
    Fault("turned about its axis by 5°", "camera_moved", still(Aim(turn_deg=5))),
    Fault("zoomed by 1.2", "camera_moved", still(Aim(zoom=1.2))),
    Fault("looks at another place", "camera_moved", elsewhere=True),
    Fault("black", "camera_dark", distort=black),
    Fault("over-exposed", "camera_blinded", distort=overexposed),
    Fault("sun in the picture", "camera_blinded", distort=sun, also=("camera_blocked",)),
    Fault("out of focus, 2.5 px", "camera_out_of_focus", distort=blurred(2.5), seconds=75),
    Fault("out of focus, 6 px", "camera_out_of_focus", distort=blurred(6), seconds=75),
    Fault("covered, even", "camera_blocked", distort=covered(1.0)),
    Fault("covered, dark", "camera_blocked", distort=covered(1.0, 42), also=("camera_dark",)),
    Fault("painted, blotchy", "camera_blocked", distort=covered(1.0, 120, blotchy=True)),
    Fault("nine tenths covered", "camera_blocked", distort=covered(0.92, 90)),
    Fault("60 % covered for 11 min", "camera_blocked", distort=covered(0.6, 90), seconds=660),
)  # fmt: skip
SOUND = (
    Fault("nothing", None),
    Fault("pole shakes by 0.4 %", None, shaking(2.5)),
    Fault("drifts by 1 %", None, still(Aim(x_px=6.4))),
    Fault("truck over 45 % for 40 s", None, distort=truck_side(0.45)),
    Fault("truck over 70 % for 40 s", None, distort=truck_side(0.7)),
    Fault("truck over all for 6 s", None, distort=truck_side(1.05), seconds=6),
    Fault("exposure × 0.6", None, distort=gain(0.6)),
    Fault("exposure × 1.6", None, distort=gain(1.6)),
    Fault("headlights into the lens for 12 s", None, distort=headlights, seconds=12),
    Fault("fog", None, distort=fog),
    Fault("snow", None, distort=snow),
)


@dataclass(frozen=True, slots=True)
class Run:
    """What one sequence gave. `told_s` from the fault's begin, `ended_s` from its end."""

    told_s: float | None
    ended_s: float | None
    false: tuple[str, ...]
    suspended_s: float | None
    look_ms: tuple[float, ...]


def run(scenes: Iterable[Image], fault: Fault, other: Image) -> Run:
    """`scenes` are larger than what is seen; as many as the fault needs."""
    health = CameraHealth(CAMERA)
    told: list[SceneEvent] = []
    suspended_s: float | None = None
    cost: list[float] = []
    back_s = FAULT_S + fault.seconds
    step = LONG_STEP if fault.seconds > LONG_S else 1
    for number, scene in enumerate(scenes):
        at_s = number / FPS
        if at_s > FAULT_S + 30 and number % step:
            continue  # of minutes of the same a part is enough
        faulty = FAULT_S <= at_s < back_s
        picture = seen(
            other if faulty and fault.elsewhere else scene, fault.aim(number) if faulty else None
        )
        if faulty and fault.distort is not None:
            picture = fault.distort(picture, number)
        frame = Frame.of("c", BEGIN + timedelta(seconds=at_s), picture, number)
        begun = time.thread_time()
        told += health.advance(frame)
        cost.append((time.thread_time() - begun) * 1000)
        if faulty and suspended_s is None and health.suspended:
            suspended_s = at_s - FAULT_S
    begins = [e for e in told if e.ended_at is None]
    own = [e for e in begins if e.kind == fault.kind and _second(e.raised_at) >= FAULT_S]
    ends = [e for e in told if e.kind == fault.kind and e.ended_at is not None]
    first = own[0] if own else None
    false = [e.kind for e in begins if e is not first and e.kind not in fault.also]
    return Run(
        told_s=None if first is None else _second(first.raised_at) - FAULT_S,
        ended_s=_second(ends[-1].ended_at) - back_s if ends and ends[-1].ended_at else None,
        false=tuple(false),
        suspended_s=suspended_s,
        look_ms=tuple(ms for ms in cost if ms > 1),
    )


def _second(at: datetime) -> float:
    return (at - BEGIN).total_seconds()


def real_scene(clip: Path) -> list[Image]:
    """Pictures of a clip, a little larger than what is seen, so that the camera can turn."""
    size = (round(SIZE_PX[0] * REAL_MARGIN), round(SIZE_PX[1] * REAL_MARGIN))
    pictures = []
    for frame in read_clip(clip, "c", BEGIN, FPS):
        height, width = frame.image.shape[:2]
        times = max(size[0] / width, size[1] / height)
        large = cv2.resize(frame.image, None, fx=times, fy=times, interpolation=cv2.INTER_AREA)
        top, left = (large.shape[0] - size[1]) // 2, (large.shape[1] - size[0]) // 2
        cut = large[top : top + size[1], left : left + size[0]]
        pictures.append(np.asarray(cut, np.uint8))
    return pictures


def sources(places: int, clips: Path, conditions: Sequence[str]) -> dict[str, list[list[Image]]]:
    """Source -> sequences of scenes; the rendered are 60 s, looped."""
    found: dict[str, list[list[Image]]] = {
        condition: [list(rendered(seed, condition, 60)) for seed in range(places)]
        for condition in conditions
    }
    if clips.is_dir():
        names = ("vtest.avi", "car-detection.mp4", "roadside_truck.avi")
        found["real"] = [real_scene(clips / name) for name in names if (clips / name).is_file()]
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--places", type=int, default=3)
    parser.add_argument("--clips", type=Path, default=CLIPS)
    parser.add_argument("--conditions", nargs="*", default=["day", "dusk", "night", "rain"])
    parser.add_argument("--only", default="", help="faults whose name contains this")
    given = parser.parse_args()
    cv2.setNumThreads(1)
    scenes = sources(given.places, given.clips, given.conditions)
    if "real" not in scenes:
        print(f"{given.clips}: no clips here, rendered scenes only", file=sys.stderr)
    other = next(iter(rendered(1000, "day", 1)))
    names = list(scenes)
    head = "s to tell, median / worst | s to suspend, worst | false"
    print(f"| fault | {' | '.join(names)} | {head} |")
    print(f"|---|{'---|' * (len(names) + 3)}", flush=True)
    every: list[tuple[Fault, Run]] = []
    for fault in (*FAULTS, *SOUND):
        if given.only not in fault.name:
            continue
        count = round((FAULT_S + fault.seconds + END_S - BACK_S) * FPS)
        runs = {
            name: [run(looped(sequence, count), fault, other) for sequence in sequences]
            for name, sequences in scenes.items()
        }
        print(_row(fault, runs), flush=True)
        every += [(fault, result) for results in runs.values() for result in results]
    looks = sorted(ms for _, result in every for ms in result.look_ms)
    summary = {
        "name": "camera_faults",
        "faults": sum(fault.kind is not None for fault, _ in every),
        "told": sum(fault.kind is not None and r.told_s is not None for fault, r in every),
        "ended": sum(fault.kind is not None and r.ended_s is not None for fault, r in every),
        "false": sum(len(r.false) for _, r in every),
        "sound": sum(fault.kind is None for fault, _ in every),
        "look_ms_median": round(statistics.median(looks), 1),
        "look_ms_p95": round(looks[int(0.95 * len(looks))], 1),
    }
    print(json.dumps(summary))


def _row(fault: Fault, runs: Mapping[str, Sequence[Run]]) -> str:
    mine = [r for results in runs.values() for r in results]
    cells = []
    for results in runs.values():
        right = sum((r.told_s is not None) if fault.kind else not r.false for r in results)
        cells.append(f"{right} of {len(results)}")
    waits = [r.told_s for r in mine if r.told_s is not None]
    told = f"{statistics.median(waits):.1f} / {max(waits):.1f}" if waits else "—"
    stops = [r.suspended_s for r in mine if r.suspended_s is not None]
    stop = f"{max(stops):.1f}" if stops else "—"
    kinds = sorted({kind for r in mine for kind in r.false})
    false = ", ".join(f"{k} {sum(k in r.false for r in mine)}" for k in kinds) or "—"
    return f"| {fault.name} | {' | '.join(cells)} | {told} | {stop} | {false} |"


if __name__ == "__main__":
    main()
