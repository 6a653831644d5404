"""Precision and recall on the labelled simulation (docs/simulator.md), by kind of alert.

`python -m benchmarks.accuracy --seeds 0-3` with offences, `--clean` without, `--list` shows every
miss and every false alarm. Fixes go through the product's own judge in the order of their arrival.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from uuid import UUID

import numpy as np

from alerts.alert import Alert, AlertChange
from alerts.book import AlertBook, BookState, Finding
from app.judge import Judge
from benchmarks.matching import Matched, Score, match
from config.settings import PipelineSettings
from demo.fleet.labelled.label import Label
from demo.fleet.labelled.labelled_set import LabelledSet, make_set
from geofence.finding import Violation, identity
from ingest.fixes import FLAG_CODES, LID_CODES, LOAD_CODES, WORK_BITS
from ingest.position import Position

BATCH_S = 60.0
"""Fixes that arrive within so long are judged at once; between batches the clock ticks."""
NEAR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Outcome:
    """One set and what came of it."""

    seed: int
    truck_hours: float
    awake_hours: float
    fixes: int
    judged_s: float
    matched: Matched
    labels: tuple[Label, ...]
    alerts: tuple[Alert, ...]


def judge_set(labelled: LabelledSet) -> tuple[list[Alert], list[Violation]]:
    """The final alerts, withdrawn ones too, and the violations, of all fixes of a set."""
    heard: dict[tuple[object, ...], Violation] = {}

    class ListeningBook(AlertBook):
        """Keeps every violation as it was last told."""

        def advance(
            self, state: BookState, findings: Sequence[Finding], now: datetime
        ) -> tuple[BookState, list[AlertChange]]:
            heard.update((identity(f), f) for f in findings if isinstance(f, Violation))
            return super().advance(state, findings, now)

    judge = Judge.of(labelled.site, PipelineSettings())
    book = judge.book
    judge = replace(judge, book=ListeningBook(book.site, book.hold_back, book.lateness))
    state = judge.initial()
    alerts: dict[UUID, Alert] = {}
    received = labelled.columns["received_t"].astype(float)
    begin, end = labelled.begin.timestamp(), labelled.end.timestamp()
    cuts = np.searchsorted(received, np.arange(begin, end + BATCH_S, BATCH_S))
    for number, (i, j) in enumerate(pairwise(cuts)):
        changes: list[AlertChange] = []
        if j > i:
            state, batch = judge.judge_positions(state, positions(labelled, int(i), int(j)))
            changes += batch.changes
        now = datetime.fromtimestamp(begin + (number + 1) * BATCH_S, UTC)
        state, batch = judge.tick(state, now)
        for change in (*changes, *batch.changes):
            alerts[change.alert.alert_id] = change.alert
    return list(alerts.values()), list(heard.values())


def positions(labelled: LabelledSet, begin: int, end: int) -> list[Position]:
    """The fixes [begin, end) as the decoder gives them."""
    terminals = {v.vehicle_id: v.terminal_id for v in labelled.site.vehicles.values()}
    cells = {name: column[begin:end].tolist() for name, column in labelled.columns.items()}
    rows = (dict(zip(cells, row, strict=True)) for row in zip(*cells.values(), strict=True))
    found = []
    for row in rows:
        vehicle_id = labelled.vehicle_ids[row["vehicle"]]
        found.append(
            Position(
                vehicle_id=vehicle_id,
                terminal_id=terminals[vehicle_id],
                fix_time=datetime.fromtimestamp(row["t"], UTC),
                received_at=datetime.fromtimestamp(row["received_t"], UTC),
                lon=row["lon"],
                lat=row["lat"],
                speed_kmh=row["speed_kmh"],
                course_deg=row["course_deg"],
                lid=_LID[row["lid"]],
                load=_LOAD[row["load"]],
                body_raised=_FLAG[row["body_raised"]],
                ignition=_FLAG[row["ignition"]],
                antenna_cut=_FLAG[row["antenna_cut"]],
                power_cut=_FLAG[row["power_cut"]],
                work=_WORK[row["work"]],
                weight_kg=_known(row["weight_kg"]),
                temperature_c=_known(row["temperature_c"]),
                backfill=row["backfill"],
            )
        )
    return found


_LID = {code: lid for lid, code in LID_CODES.items()}
_LOAD = {code: load for load, code in LOAD_CODES.items()}
_FLAG = {code: flag for flag, code in FLAG_CODES.items()}
_WORK = {0: ()} | {bit: (work,) for work, bit in WORK_BITS.items()}


def _known(value: float) -> float | None:
    return None if np.isnan(value) else value


def score_seed(task: tuple[int, float, bool]) -> Outcome:
    seed, hours, offences = task
    labelled = make_set(seed, hours, offences)
    begun = time.process_time()
    alerts, violations = judge_set(labelled)
    judged_s = time.process_time() - begun
    matched = match(labelled.labels, alerts, violations, labelled.end.timestamp())
    return Outcome(
        seed, labelled.truck_hours, labelled.awake_hours, len(labelled.columns["t"]), judged_s,
        matched, labelled.labels, tuple(alerts),
    )  # fmt: skip


def total(outcomes: Sequence[Outcome]) -> dict[str, Score]:
    scores: dict[str, Score] = {}
    for outcome in outcomes:
        for kind, score in outcome.matched.scores.items():
            scores.setdefault(kind, Score()).__iadd__(score)
    return dict(sorted(scores.items()))


def print_table(outcomes: Sequence[Outcome], offences: bool) -> None:
    hours = sum(o.truck_hours for o in outcomes)
    awake = sum(o.awake_hours for o in outcomes)
    fixes = sum(o.fixes for o in outcomes)
    seconds = sum(o.judged_s for o in outcomes)
    print(f"seeds {', '.join(str(o.seed) for o in outcomes)}: {hours:,.0f} truck-hours, "
          f"{awake:,.0f} with the ignition on, {fixes:,} fixes, "
          f"judged in {seconds:.0f} s of CPU")  # fmt: skip
    if offences:
        print("| kind | labels | found | recall | alerts | true | precision | stray | delay s |")
        print("|---|--:|--:|--:|--:|--:|--:|--:|--:|")
        for kind, s in total(outcomes).items():
            cells = (kind, s.labels, s.found, _share(s.recall), s.alerts, s.true,
                     _share(s.precision), s.stray, _number(s.median_delay_s))  # fmt: skip
            print("|", " | ".join(map(str, cells)), "|")
        return
    print("| kind | false alerts | per 1,000 truck-hours | per 1,000 h awake | withdrawn |")
    print("|---|--:|--:|--:|--:|")
    all_false = 0
    for kind, s in total(outcomes).items():
        false = s.alerts - s.true
        all_false += false
        print(f"| {kind} | {false} | {false / hours * 1000:.2f} | {false / awake * 1000:.2f} "
              f"| {s.withdrawn} |")  # fmt: skip
    print(f"| all | {all_false} | {all_false / hours * 1000:.2f} "
          f"| {all_false / awake * 1000:.2f} | |")  # fmt: skip


def list_faults(outcome: Outcome, kinds: frozenset[str]) -> None:
    """Every miss and every false alarm with what was told, or truly happened, about that time."""
    for label in outcome.matched.missed:
        if not kinds or label.kind in kinds:
            print(f"\nMISSED seed {outcome.seed}: {_label(label)}")
            begin = datetime.fromtimestamp(label.started, UTC) - NEAR
            for a in outcome.alerts:
                if a.vehicle_id == label.vehicle_id and begin <= a.started_at <= begin + 3 * NEAR:
                    print(f"    told: {_alert(a)}")
    for alert in outcome.matched.false:
        if not kinds or alert.kind in kinds:
            print(f"\nFALSE seed {outcome.seed}: {_alert(alert)}\n    {alert.values}")
            at = alert.started_at.timestamp()
            for one in outcome.labels:
                if one.vehicle_id == alert.vehicle_id and abs(one.started - at) < 3600:
                    print(f"    truly: {_label(one)}")


def _label(label: Label) -> str:
    at = datetime.fromtimestamp(label.started, UTC).isoformat(timespec="seconds")
    must = "" if label.required else " (allowed)"
    return (f"{label.kind}{must} {label.vehicle_id} {label.subject} {at} for "
            f"{label.ended - label.started:.0f} s, evident after "
            f"{label.evident - label.started:.0f} s, at {label.lon:.5f} {label.lat:.5f}; "
            f"{label.detail}")  # fmt: skip


def _alert(alert: Alert) -> str:
    ended = alert.ended_at.isoformat(timespec="seconds") if alert.ended_at else "on"
    return (f"{alert.kind}{' (withdrawn)' if alert.withdrawn else ''} {alert.vehicle_id} "
            f"{alert.subject} {alert.started_at.isoformat(timespec='seconds')} to {ended}, raised "
            f"{alert.raised_at.isoformat(timespec='seconds')}, {alert.occurrences} times, at "
            f"{alert.lon:.5f} {alert.lat:.5f}")  # fmt: skip


def _share(value: float | None) -> str:
    return "" if value is None else f"{value:.3f}"


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.0f}"


def seeds(text: str) -> list[int]:
    """`0-3` or `0,4,7`."""
    found: list[int] = []
    for part in text.split(","):
        first, _, last = part.partition("-")
        found += range(int(first), int(last or first) + 1)
    return found


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.accuracy", description=__doc__)
    parser.add_argument("--seeds", type=seeds, default=seeds("0-3"), help="tuning: 0-99")
    parser.add_argument("--hours", type=float, default=48.0, help="of each set")
    parser.add_argument("--clean", action="store_true", help="honest drivers only")
    parser.add_argument("--list", action="store_true", help="show misses and false alarms")
    parser.add_argument("--kinds", default="", help="list only these, separated by commas")
    parser.add_argument("--json", action="store_true", help="one line of JSON at the end")
    parser.add_argument("--processes", type=int, default=2)
    options = parser.parse_args()
    tasks = [(seed, options.hours, not options.clean) for seed in options.seeds]
    if options.processes > 1 and len(tasks) > 1:
        with multiprocessing.get_context("spawn").Pool(options.processes) as pool:
            outcomes = pool.map(score_seed, tasks, chunksize=1)
    else:
        outcomes = [score_seed(task) for task in tasks]
    print_table(outcomes, not options.clean)
    if options.list:
        kinds = frozenset(filter(None, options.kinds.split(",")))
        for outcome in outcomes:
            list_faults(outcome, kinds)
    if options.json:
        scores = {k: asdict(s) for k, s in total(outcomes).items()}
        hours = sum(o.truck_hours for o in outcomes)
        print(json.dumps({"name": "accuracy", "truck_hours": hours, "kinds": scores}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
