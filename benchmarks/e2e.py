"""Durable fixes a second, end to end: publisher -> NATS (MQTT, QoS 1) -> pipeline -> PostgreSQL.

Ours against `naive_pipeline` on the same servers, the same fixes, round by round in turn, with
broker, database and publisher on the same machine. A round ends when every fix is a committed row.
It is long enough for the connecting and the last, half full batch to weigh little.

    python -m benchmarks.e2e [--fixes 20000] [--trucks 1000] [--rounds 5]
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from datetime import UTC, datetime, timedelta

from benchmarks.fleet_site import EVERY_S, Fleet
from benchmarks.publisher import grouped, packets, publish
from benchmarks.result import result_line
from benchmarks.rig import Rig, Side, rig
from ingest.position import Position


def one_round(side: Side, messages: list[list[Position]]) -> float:
    """Fixes a second, from the first publish to the last commit; encoded before the clock runs."""
    count = sum(map(len, messages))
    rows = side.rows() + count
    encoded = packets(side.mqtt.root, messages)
    began = time.perf_counter()
    publish(side.mqtt, encoded)
    side.wait_for_rows(rows, messages[-1][-1])
    return count / (time.perf_counter() - began)


def cpu_s(both: Rig, side: Side) -> dict[str, float]:
    """Processor time used so far: by the side, the servers, and this process, which publishes."""
    return {
        "pipeline": side.cpu_s(),
        "publisher": time.process_time(),
        **both.servers_cpu_s(),
    }


def medians(rounds: list[dict[str, int]]) -> dict[str, float]:
    return {process: statistics.median(used[process] for used in rounds) for process in rounds[0]}


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    options.add_argument("--fixes", type=int, default=20_000, help="a round")
    options.add_argument("--trucks", type=int, default=1000)
    options.add_argument("--rounds", type=int, default=5)
    options.add_argument("--fixes-per-message", type=int, default=1)
    chosen = options.parse_args()
    steps = max(1, chosen.fixes // chosen.trucks)
    ours: list[float] = []
    peer: list[float] = []
    cpu_us: dict[str, list[dict[str, int]]] = {"ours": [], "naive": []}
    with rig(chosen.trucks) as both:
        fleet = Fleet(both.site, chosen.trucks)
        lasts_s = EVERY_S * steps * (chosen.rounds + 1)
        begin = datetime.now(UTC) - timedelta(seconds=lasts_s)
        for number in range(chosen.rounds + 1):  # the first one warms up
            fixes = fleet.fixes(begin, range(number * steps, (number + 1) * steps))
            messages = grouped(fixes, chosen.fixes_per_message)
            in_turn = [(both.ours, ours), (both.peer, peer)]
            for side, rates in in_turn if number % 2 else reversed(in_turn):
                before_s = cpu_s(both, side)
                rate = one_round(side, messages)
                used = {
                    process: round((after_s - before_s[process]) / len(fixes) * 1e6)
                    for process, after_s in cpu_s(both, side).items()
                }
                sys.stderr.write(f"round {number} {side.name:5} {rate:8.0f} fixes/s {used}\n")
                if number:
                    rates.append(rate)
                    cpu_us[side.name].append(used)
        rows = both.ours.rows()
        assert rows == both.peer.rows() == steps * chosen.trucks * (chosen.rounds + 1)
        assert both.ours.digest() == both.peer.digest()
        alerts = [
            side.conn.execute("SELECT count(*) FROM alert").fetchone()
            for side in (both.ours, both.peer)
        ]
    print(
        result_line(
            "e2e",
            ours,
            peer,
            unit="durable fixes/s",
            checked=f"the same {rows} rows (vehicle, time, place) in both databases",
            fixes_per_message=chosen.fixes_per_message,
            trucks=chosen.trucks,
            cpu_us_a_fix_ours=medians(cpu_us["ours"]),
            cpu_us_a_fix_peer=medians(cpu_us["naive"]),
            alerts_ours=alerts[0][0] if alerts[0] else None,
            alerts_peer=alerts[1][0] if alerts[1] else None,
        )
    )


if __name__ == "__main__":
    main()
