"""`python -m demo.fleet`: drives the fleet in real time and publishes what its terminals send."""

from __future__ import annotations

import argparse
import signal
import sys
import threading
import time
from datetime import UTC, datetime
from pathlib import Path

import paho.mqtt.client as mqtt
import structlog
from paho.mqtt.enums import CallbackAPIVersion

from config.site_files import SiteError, load_site, read_site_folder
from demo.fleet.fleet import Fleet

log = structlog.get_logger()


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m demo.fleet", description=__doc__)
    parser.add_argument("--mqtt-host", default="127.0.0.1")
    parser.add_argument("--mqtt-port", type=int, default=1883)
    parser.add_argument("--root", default="muckwatch/v1")
    parser.add_argument("--site", type=Path, required=True)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument(
        "--began", type=float, default=None, help="when the timetable began, in unix time; else now"
    )
    options = parser.parse_args()
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    try:
        site = load_site(read_site_folder(options.site))
    except SiteError as error:
        print(error, file=sys.stderr)
        return 2
    client, connected = _connect(options.mqtt_host, options.mqtt_port)
    try:
        while not connected.wait(0.2):
            if stop.is_set():
                return 0
        try:
            start = datetime.now(UTC)
            timetable_s = start.timestamp() - (options.began or start.timestamp())
            fleet = Fleet(site, dict(site.roads), options.seed, start, timetable_s)
        except ValueError as error:
            print(error, file=sys.stderr)
            return 2
        for planned in fleet.openings:
            log.info("offence ahead", kind=planned.kind, vehicle=planned.vehicle_id)
        if fleet.unused:
            log.warning("vehicles without a permit with routes stay away", vehicles=fleet.unused)
        _drive(client, fleet, options.root, stop, start)
    finally:
        client.disconnect()
        client.loop_stop()
    return 0


def _connect(host: str, port: int) -> tuple[mqtt.Client, threading.Event]:
    """A client that connects in the background, and again whenever the connection is lost.

    Meanwhile paho keeps what is published and sends it then, as terminals do.
    """
    connected = threading.Event()
    client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id="muckwatch-demo-fleet")
    client.reconnect_delay_set(min_delay=1, max_delay=5)
    client.max_queued_messages_set(100_000)

    def on_connect(*answer: object) -> None:
        reason = answer[3]
        if getattr(reason, "is_failure", False):
            log.error("the broker refuses", reason=str(reason))
        else:
            log.info("connected", host=host, port=port)
            connected.set()

    def on_disconnect(*answer: object) -> None:
        log.warning("disconnected", reason=str(answer[3]))

    client.on_connect = on_connect
    client.on_disconnect = on_disconnect
    client.connect_async(host, port, keepalive=30)
    client.loop_start()
    return client, connected


def _drive(
    client: mqtt.Client, fleet: Fleet, root: str, stop: threading.Event, start: datetime
) -> None:
    begun = time.monotonic() - (datetime.now(UTC) - start).total_seconds()
    while not stop.wait(0.05):
        for message in fleet.advance_to(time.monotonic() - begun):
            client.publish(f"{root}/{message.topic}", message.payload, qos=1)


if __name__ == "__main__":
    sys.exit(main())
