"""`python -m demo.cameras.labelled --out DIR --seeds A-B`: writes an evaluation folder."""

from __future__ import annotations

import argparse
import multiprocessing
import sys
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path

from rich.progress import Progress

from demo.cameras.labelled.folder import write_folder
from demo.cameras.labelled.make import make_clip, work_quietly
from demo.cameras.labelled.plan import CONDITIONS, KINDS, ClipPlan, clips_of, place_of, seeds_of
from demo.cameras.labelled.truth import ClipTruth


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m demo.cameras.labelled", description=__doc__)
    parser.add_argument("--out", type=Path, required=True, help="the evaluation folder")
    parser.add_argument(
        "--seeds", type=seeds_of, default=range(1, 11), help="A-B; 1000 on: untouched"
    )
    parser.add_argument("--kinds", nargs="+", choices=KINDS, default=KINDS)
    parser.add_argument(
        "--conditions", nargs="+", choices=sorted(set(CONDITIONS)), default=CONDITIONS
    )
    parser.add_argument("--processes", type=int, default=1)
    given = parser.parse_args()
    plans = [p for seed in given.seeds for p in clips_of(seed, given.kinds, given.conditions)]
    if not plans:
        print("no clip of these kinds and conditions in these seeds", file=sys.stderr)
        return 2
    given.out.mkdir(parents=True, exist_ok=True)
    truths = _make_all(given.out, plans, given.processes)
    places = {place.camera_id: place for place in map(place_of, plans)}
    write_folder(given.out, truths, list(places.values()))
    events = sum(len(t.events) for t in truths)
    print(f"{given.out}: {len(truths)} clips, {events} events")
    return 0


def _make_all(folder: Path, plans: list[ClipPlan], processes: int) -> list[ClipTruth]:
    """In the order of the plans, whichever was ready first."""
    made: dict[str, ClipTruth] = {}
    with Progress() as progress:
        task = progress.add_task("rendering", total=len(plans))
        for truth in _made(folder, plans, processes):
            made[truth.clip.clip] = truth
            progress.update(task, advance=1, description=truth.clip.clip)
    return [made[plan.name] for plan in plans]


def _made(folder: Path, plans: list[ClipPlan], processes: int) -> Iterator[ClipTruth]:
    """As they get ready. Workers are spawned: OpenCV and FFmpeg have threads, which do not fork."""
    if processes == 1:
        yield from (make_clip(folder, plan) for plan in plans)
        return
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(processes, context, initializer=work_quietly) as pool:
        jobs = [pool.submit(make_clip, folder, plan) for plan in plans]
        yield from (job.result() for job in as_completed(jobs))


if __name__ == "__main__":
    sys.exit(main())
