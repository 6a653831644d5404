"""From the publishing of the fix that breaks a rule to the arrival of the webhook, p50 and p99.

Ours is the pipeline and the delivery role with the database between them; the peer posts the alert
itself, in its callback. Both also take a steady load of other fixes. The fix that breaks the rule
is found beforehand by the rules themselves: ours wants several fixes over some seconds of event
time before it rings, the peer rings at the first one above the limit; each is timed from its own.

    python -m benchmarks.latency [--rounds 5] [--samples 20] [--load 100]
"""

from __future__ import annotations

import argparse
import base64
import http.server
import json
import os
import statistics
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import msgspec

from app.judge import Judge
from benchmarks.fleet_site import Fleet, truck
from benchmarks.result import result_line
from benchmarks.rig import Side, rig
from config.settings import PipelineSettings
from config.site import Site
from ingest.mqtt_client import mqtt_client
from ingest.position import Position
from ingest.position_payload import PositionPayload
from ingest.topics import position_topic

TRUCKS = 400
LOADED = 200
"""Trucks 0 to 199 make the load, the others each break a rule once."""
APPROACH = 12
EVERY_S = 4.0


class Receiver:
    """Notes when a webhook about a vehicle's speeding first arrived."""

    def __init__(self) -> None:
        self.arrived: dict[str, float] = {}
        self.changed = threading.Condition()
        receiver = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                now = time.perf_counter()
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                self.send_response(204)
                self.end_headers()
                if body["data"]["kind"] == "overspeed":
                    with receiver.changed:
                        receiver.arrived.setdefault(body["data"]["vehicle_id"], now)
                        receiver.changed.notify_all()

            def log_message(self, *_: object) -> None:
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}/"

    def wait_for(self, vehicle: str, within_s: float = 60) -> float:
        """When it came, by `time.perf_counter`."""
        with self.changed:
            if not self.changed.wait_for(lambda: vehicle in self.arrived, within_s):
                raise TimeoutError(f"no webhook about {vehicle} within {within_s} s")
            return self.arrived[vehicle]

    def forget(self) -> None:
        with self.changed:
            self.arrived.clear()


class Publisher:
    def __init__(self, side: Side) -> None:
        self._root = side.mqtt.root
        self._client = mqtt_client(side.mqtt, f"bench-{side.name}", persistent=False)
        self._client.loop_start()

    def send(self, fix: Position) -> None:
        said = {name: getattr(fix, name) for name in PositionPayload.__struct_fields__[1:]}
        payload = msgspec.json.encode(PositionPayload(time=fix.fix_time, **said))
        self._client.publish(position_topic(self._root, fix.terminal_id), payload, qos=1)

    def close(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()


def speeding(fix: Position, number: int, now: datetime) -> list[Position]:
    """A truck that comes along at 36 km/h and then drives 90, the last fix made right now."""
    return [
        msgspec.structs.replace(
            fix,
            vehicle_id=truck(number),
            terminal_id=f"t-{truck(number)}",
            fix_time=now - timedelta(seconds=EVERY_S * (APPROACH - 1 - step)),
            speed_kmh=36.0 if step < APPROACH // 2 else 90.0,
        )
        for step in range(APPROACH)
    ]


def rings_at(site: Site, fixes: list[Position]) -> int:
    """Which of the fixes makes our rules ring, asked of the rules themselves."""
    judge = Judge.of(site, PipelineSettings())
    state = judge.initial()
    for number, fix in enumerate(fixes):
        state, batch = judge.judge_positions(state, [fix])
        if any(change.alert.kind == "overspeed" for change in batch.changes):
            return number
    raise AssertionError("the rules never ring")


@contextmanager
def load(publisher: Publisher, fleet: Fleet, fixes_per_s: float) -> Iterator[None]:
    """So many fixes a second from other trucks, as if they had just been made."""
    stop = threading.Event()

    def run() -> None:
        step = 0
        due = time.monotonic()
        while fixes_per_s > 0:
            for fix in fleet.fixes(datetime.now(UTC), range(step, step + 1)):
                due += 1 / fixes_per_s
                if stop.wait(max(0.0, due - time.monotonic())):
                    return
                publisher.send(msgspec.structs.replace(fix, fix_time=datetime.now(UTC)))
            step += 1

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def one_round(
    side: Side, fleet: Fleet, receiver: Receiver, *, numbers: range, ring: int, load_per_s: float
) -> list[float]:
    """Milliseconds, one for each truck of `numbers`."""
    publisher = Publisher(side)
    receiver.forget()
    found = []
    template = fleet.fixes(datetime.now(UTC), range(1))[0]
    try:
        with load(publisher, fleet, load_per_s):
            for number in numbers:
                fixes = speeding(template, number, datetime.now(UTC))
                for fix in fixes[:ring]:
                    publisher.send(fix)
                time.sleep(0.3)  # that they are judged; they are no part of what is timed
                began = time.perf_counter()
                publisher.send(fixes[ring])
                found.append((receiver.wait_for(truck(number)) - began) * 1000)
    finally:
        publisher.close()
    assert min(found) > 0, "a webhook came before its fix"
    return found


def percentile(values: list[float], percent: int) -> float:
    return statistics.quantiles(values, n=100, method="inclusive")[percent - 1]


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    options.add_argument("--rounds", type=int, default=5)
    options.add_argument("--samples", type=int, default=20, help="a round")
    options.add_argument("--load", type=float, default=100, help="other fixes a second")
    chosen = options.parse_args()
    receiver = Receiver()
    trucks = LOADED + chosen.samples * (chosen.rounds + 1)
    secret = "whsec_" + base64.b64encode(os.urandom(24)).decode()
    webhooks = [{"id": "bench", "url": receiver.url, "secret": secret}]
    environment = {"MUCKWATCH_DELIVERY__WEBHOOKS": json.dumps(webhooks)}
    rounds: dict[str, list[list[float]]] = {"ours": [], "naive": []}
    with rig(trucks, ours_environment=environment, webhook=receiver.url) as both:
        fleet = Fleet(both.site, LOADED)
        example = speeding(fleet.fixes(datetime.now(UTC), range(1))[0], 0, datetime.now(UTC))
        rings = {"ours": rings_at(both.site, example), "naive": APPROACH // 2}
        for number in range(chosen.rounds + 1):  # the first one warms up
            first = LOADED + number * chosen.samples
            sides = (both.ours, both.peer)
            for side in sides if number % 2 else reversed(sides):
                numbers = range(first, first + chosen.samples)
                found = one_round(
                    side,
                    fleet,
                    receiver,
                    numbers=numbers,
                    ring=rings[side.name],
                    load_per_s=chosen.load,
                )
                sys.stderr.write(
                    f"round {number} {side.name:5} p50 {statistics.median(found):6.1f} ms, "
                    f"worst {max(found):6.1f} ms\n"
                )
                if number:
                    rounds[side.name].append(found)
    everything = {name: [ms for found in r for ms in found] for name, r in rounds.items()}
    print(
        result_line(
            "latency",
            [statistics.median(found) for found in rounds["ours"]],
            [statistics.median(found) for found in rounds["naive"]],
            unit="ms, fix published to webhook received, p50 of a round",
            checked=f"{len(everything['ours'])} of {len(everything['ours'])} alerts arrived on "
            f"each side, none before its fix",
            more_is_better=False,
            ours_p99=round(percentile(everything["ours"], 99), 1),
            peer_p99=round(percentile(everything["naive"], 99), 1),
            load_fixes_per_s=chosen.load,
            ours_rings_at_fix=rings["ours"],
            peer_rings_at_fix=rings["naive"],
        )
    )


if __name__ == "__main__":
    main()
