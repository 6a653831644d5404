"""Durable fixes a second, end to end: publisher -> NATS (MQTT, QoS 1) -> pipeline -> PostgreSQL.

Ours against `naive_pipeline` on the same servers, the same fixes, round by round in turn, with
broker, database and publisher on the same machine. A round ends when every fix is a committed row.

    python -m benchmarks.e2e [--fixes 6000] [--trucks 1000] [--rounds 5]
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from datetime import UTC, datetime, timedelta

from benchmarks.fleet_site import EVERY_S, Fleet
from benchmarks.result import result_line
from benchmarks.rig import Side, rig
from ingest.position import Position
from ingest.replay import Shift, replay


def one_round(side: Side, fixes: list[Position], fixes_per_message: int) -> float:
    """Fixes a second, from the first publish to the last commit."""
    rows = side.rows() + len(fixes)
    began = time.perf_counter()
    replay(fixes, side.mqtt, speed=None, shift=Shift.NONE, fixes_per_message=fixes_per_message)
    side.wait_for_rows(rows)
    return len(fixes) / (time.perf_counter() - began)


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    options.add_argument("--fixes", type=int, default=6000, help="a round")
    options.add_argument("--trucks", type=int, default=1000)
    options.add_argument("--rounds", type=int, default=5)
    options.add_argument("--fixes-per-message", type=int, default=1)
    chosen = options.parse_args()
    steps = max(1, chosen.fixes // chosen.trucks)
    ours: list[float] = []
    peer: list[float] = []
    cpu_us: dict[str, list[float]] = {"ours": [], "naive": []}
    with rig(chosen.trucks) as both:
        fleet = Fleet(both.site, chosen.trucks)
        lasts_s = EVERY_S * steps * (chosen.rounds + 1)
        begin = datetime.now(UTC) - timedelta(seconds=lasts_s)
        for number in range(chosen.rounds + 1):  # the first one warms up
            fixes = list(fleet.fixes(begin, range(number * steps, (number + 1) * steps)))
            in_turn = [(both.ours, ours), (both.peer, peer)]
            for side, rates in in_turn if number % 2 else reversed(in_turn):
                cpu_before_s = side.cpu_s()
                rate = one_round(side, fixes, chosen.fixes_per_message)
                sys.stderr.write(f"round {number} {side.name:5} {rate:8.0f} fixes/s\n")
                if number:
                    rates.append(rate)
                    cpu_us[side.name].append((side.cpu_s() - cpu_before_s) / len(fixes) * 1e6)
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
            cpu_us_a_fix_ours=round(statistics.median(cpu_us["ours"])),
            cpu_us_a_fix_peer=round(statistics.median(cpu_us["naive"])),
            alerts_ours=alerts[0][0] if alerts[0] else None,
            alerts_peer=alerts[1][0] if alerts[1] else None,
        )
    )


if __name__ == "__main__":
    main()
