"""A month of a thousand trucks through all rules: fixes a second, memory by the day.

    python -m benchmarks.backtest [--days 2] [--vehicles 1000] [--every 30] [--by-rule]

Ours is `app.backtest`, from plausibility to the alert book, fed with columns as a reader of a
database would; reading them is not in it. The peer is the rules alone of `naive_pipeline`, three of
them and without memory, on a thousandth of the same fixes. CPU time, since the machine may have
others on it. `--by-rule` tells what each rule costs, with the clock's own cost taken off.
"""

from __future__ import annotations

import argparse
import resource
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import psycopg

from app import backtest
from benchmarks.naive_pipeline import NaivePipeline
from benchmarks.result import result_line
from benchmarks.town_fleet import TownFleet
from geofence.engine import Engine
from ingest.position_columns import PositionColumns

SAMPLE = 1000  # of so many fixes the peer judges one
BATCH = 18_000


def judge_days(fleet: TownFleet, days: int) -> tuple[list[float], list[int], dict[str, int]]:
    """Fixes a CPU second and megabytes at most so far, by day; and the alerts by kind."""
    rates: list[float] = []
    memory: list[int] = []
    spent = [0.0]

    def fed() -> Iterator[PositionColumns]:
        for day in range(days):
            began, made = time.process_time(), 0.0
            batches = fleet.batches(range(day, day + 1), BATCH)
            while True:
                before = time.process_time()
                batch = next(batches, None)
                made += time.process_time() - before
                if batch is None:
                    break
                yield batch
            spent[0] = time.process_time() - began - made
            rates.append(len(fleet.day) / spent[0])
            memory.append(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)
            sys.stderr.write(f"day {day}: {rates[-1]:,.0f} fixes/s, {memory[-1]} MB at most\n")

    (result,) = backtest.backtest([fleet.site], fed())
    return rates, memory, dict(Counter(alert.kind for alert in result.alerts))


def judge_naively(fleet: TownFleet) -> list[float]:
    """The same fixes a second by the straightforward script's rules."""
    naive = NaivePipeline(fleet.site, psycopg.Connection.__new__(psycopg.Connection), None)
    day = fleet.day
    sample: list[tuple[str, dict[str, Any], datetime]] = [
        (
            fleet.vehicle_ids[int(day.vehicle[i])],
            {
                "lon": float(day.lon[i]),
                "lat": float(day.lat[i]),
                "speed_kmh": float(day.speed_kmh[i]),
            },
            datetime.fromtimestamp(float(day.t[i]), UTC),
        )
        for i in range(0, len(day), SAMPLE)
    ]
    rates = []
    for _ in range(3):
        began = time.process_time()
        for vehicle, fix, at in sample:
            naive.judge(vehicle, fix, at)
        rates.append(len(sample) / (time.process_time() - began))
    return rates


def print_by_rule(fleet: TownFleet) -> None:
    """Microseconds a fix and looks a fix, for each rule and for what they share."""
    engine = Engine(fleet.site)
    spent: defaultdict[str, float] = defaultdict(float)
    calls: Counter[str] = Counter()
    clock_s = 0.0

    def timed(name: str, inner: Any) -> Any:  # noqa: ANN401 (any method of a rule)
        def call(*arguments: Any) -> Any:  # noqa: ANN401
            began = time.perf_counter()
            result = inner(*arguments)
            spent[name] += time.perf_counter() - began - clock_s
            calls[name] += 1
            return result

        return call

    began = time.perf_counter()
    for _ in range(100_000):
        time.perf_counter()
    clock_s = (time.perf_counter() - began) / 100_000
    for rule in engine.rules:
        vars(rule)["measure"] = timed(f"{rule.name} measure", rule.measure)
        vars(rule)["step"] = timed(f"{rule.name} step", rule.step)
    state, fixes = engine.initial(), 0
    began_cpu = time.process_time()
    for batch in fleet.batches(range(1), BATCH):
        state, _ = engine.advance(state, batch.fixes, batch.received_last())
        fixes += len(batch)
    whole = time.process_time() - began_cpu
    print("| rule | measure, ns a fix | steps a fix | step, us | all, us a fix |")
    print("|---|--:|--:|--:|--:|")
    for rule in engine.rules:
        measured, stepped = f"{rule.name} measure", f"{rule.name} step"
        steps = calls[stepped]
        print(
            f"| `{rule.name}` | {spent[measured] / fixes * 1e9:.0f} | {steps / fixes:.4f} |"
            f" {spent[stepped] / max(steps, 1) * 1e6:.1f} |"
            f" {(spent[measured] + spent[stepped]) / fixes * 1e6:.3f} |"
        )
    total = sum(spent.values()) / fixes * 1e6
    print(f"| all rules | | | | {total:.2f} |")
    print(f"| the engine, with the clock's cost | | | | {whole / fixes * 1e6:.2f} |")


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    options.add_argument("--days", type=int, default=2)
    options.add_argument("--vehicles", type=int, default=1000)
    options.add_argument("--every", type=float, default=30.0, help="seconds between two fixes")
    options.add_argument("--by-rule", action="store_true")
    chosen = options.parse_args()
    fleet = TownFleet.of(chosen.vehicles, chosen.every)
    if chosen.by_rule:
        print_by_rule(fleet)
        return
    rates, memory, kinds = judge_days(fleet, chosen.days)
    print(
        result_line(
            "backtest",
            rates,
            judge_naively(fleet),
            unit="fixes per CPU second",
            checked=f"{sum(kinds.values())} alerts of {len(kinds)} kinds in {chosen.days} days",
            vehicles=len(fleet.vehicle_ids),
            fixes_a_day=len(fleet.day),
            memory_mb_by_day=memory,
        )
    )


if __name__ == "__main__":
    main()
