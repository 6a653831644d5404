"""The peer: what a good engineer would write first, with paho, shapely and psycopg.

One message: decode it, check the position against every zone and against the vehicle's routes,
INSERT it and what it broke, commit. paho acknowledges when the callback returns, hence after that.

    python -m benchmarks.naive_pipeline --site DIR --database URL --mqtt-port PORT --root ROOT
"""

from __future__ import annotations

import argparse
import json
import math
import os
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import psycopg
import requests
from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from shapely import Point
from shapely.affinity import scale
from shapely.geometry.base import BaseGeometry

from config.site import Site
from config.site_files import load_site, read_site_folder
from config.zone import Zone, ZoneKind

SCHEMA = """
CREATE TABLE IF NOT EXISTS position (
    vehicle_id text, fix_time timestamptz, received_at timestamptz, lon float8, lat float8,
    speed_kmh float8, course_deg float8, lid text, load text, ignition boolean,
    PRIMARY KEY (vehicle_id, fix_time));
CREATE TABLE IF NOT EXISTS alert (
    alert_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, kind text, vehicle_id text,
    subject text, started_at timestamptz, lon float8, lat float8);
"""
INSERT_POSITION = """
INSERT INTO position VALUES (%s, %s, now(), %s, %s, %s, %s, %s, %s, %s) ON CONFLICT DO NOTHING
"""
INSERT_ALERT = """
INSERT INTO alert (kind, vehicle_id, subject, started_at, lon, lat)
VALUES (%s, %s, %s, %s, %s, %s) RETURNING alert_id
"""
METRES_PER_DEG = 111_195.0


class NaivePipeline:
    def __init__(self, site: Site, conn: psycopg.Connection[Any], webhook: str | None) -> None:
        self.zones = list(site.zones.values())
        self.timezone: ZoneInfo = site.timezone
        self.conn = conn
        self.webhook = webhook
        self.session = requests.Session()
        self.vehicle_of_terminal = {v.terminal_id: v.vehicle_id for v in site.vehicles.values()}
        self.routes: dict[str, list[tuple[BaseGeometry, float]]] = {}
        self.limit_kmh: dict[str, float] = {}
        self.broken: dict[str, set[tuple[str, str]]] = {}
        latitude = next(iter(site.zones.values())).geometry.centroid.y
        self.squeeze = math.cos(math.radians(latitude))
        for permit in site.permits.values():
            for vehicle in permit.vehicle_ids:
                for route in (site.routes[r] for r in permit.route_ids):
                    self.routes.setdefault(vehicle, []).append(
                        (self.flat(route.geometry), route.half_width_m)
                    )
                if permit.speed_limit_kmh is not None:
                    self.limit_kmh[vehicle] = permit.speed_limit_kmh
        self.default_limit_kmh = float(site.rules.get("overspeed", {}).get("limit_kmh", 120))

    def flat(self, geometry: BaseGeometry) -> BaseGeometry:
        """In metres, near enough for one district."""
        flat: BaseGeometry = scale(
            geometry, METRES_PER_DEG * self.squeeze, METRES_PER_DEG, origin=(0, 0)
        )
        return flat

    def on_message(self, _client: Client, _userdata: object, message: MQTTMessage) -> None:
        terminal = message.topic.split("/")[-2]
        vehicle = self.vehicle_of_terminal.get(terminal, terminal)
        said = json.loads(message.payload)
        told: list[tuple[str, str]] = []
        for fix in said if isinstance(said, list) else [said]:
            told += self.store(vehicle, fix)
        self.conn.commit()
        if self.webhook is not None:
            for kind, subject in told:
                body = {"kind": kind, "vehicle_id": vehicle, "subject": subject}
                self.session.post(self.webhook, json={"data": body}, timeout=15)

    def store(self, vehicle: str, fix: dict[str, Any]) -> set[tuple[str, str]]:
        time = datetime.fromisoformat(fix["time"])
        broken = self.judge(vehicle, fix, time)
        new = broken - self.broken.get(vehicle, set())
        self.broken[vehicle] = broken
        with self.conn.cursor() as cursor:
            cursor.execute(
                INSERT_POSITION,
                (
                    vehicle, time, fix["lon"], fix["lat"], fix.get("speed_kmh"),
                    fix.get("course_deg"), fix.get("lid"), fix.get("load"), fix.get("ignition"),
                ),
            )  # fmt: skip
            for kind, subject in new:
                cursor.execute(INSERT_ALERT, (kind, vehicle, subject, time, fix["lon"], fix["lat"]))
        return new

    def judge(self, vehicle: str, fix: dict[str, Any], time: datetime) -> set[tuple[str, str]]:
        point = Point(fix["lon"], fix["lat"])
        broken = set()
        limit_kmh = self.limit_kmh.get(vehicle, self.default_limit_kmh)
        for zone in self.zones:
            if zone.geometry.contains(point):
                if zone.kind is ZoneKind.RESTRICTED and self.in_hours(zone, time):
                    broken.add(("restricted_zone", zone.id))
                if zone.speed_limit_kmh is not None:
                    limit_kmh = min(limit_kmh, zone.speed_limit_kmh)
        if (fix.get("speed_kmh") or 0) > limit_kmh * 1.1:
            broken.add(("overspeed", ""))
        routes = self.routes.get(vehicle)
        if routes:
            flat = self.flat(point)
            if all(line.distance(flat) > half_width_m for line, half_width_m in routes):
                broken.add(("off_route", ""))
        return broken

    def in_hours(self, zone: Zone, time: datetime) -> bool:
        local = time.astimezone(self.timezone)
        return zone.hours.contains(local.hour * 60 + local.minute)


def main() -> None:
    options = argparse.ArgumentParser()
    options.add_argument("--site", type=Path, required=True)
    options.add_argument("--database", required=True, help="URL; the password in PGPASSWORD")
    options.add_argument("--mqtt-port", type=int, required=True)
    options.add_argument("--root", required=True)
    options.add_argument("--webhook")
    chosen = options.parse_args()
    assert "PGPASSWORD" in os.environ, "PGPASSWORD is not set"
    with psycopg.connect(chosen.database) as conn:
        conn.execute(SCHEMA)
        conn.commit()
        pipeline = NaivePipeline(load_site(read_site_folder(chosen.site)), conn, chosen.webhook)
        client = Client(
            CallbackAPIVersion.VERSION2,
            client_id="naive",
            clean_session=False,
            protocol=MQTTProtocolVersion.MQTTv311,
        )
        client.on_message = pipeline.on_message
        client.connect("127.0.0.1", chosen.mqtt_port)
        client.subscribe(f"{chosen.root}/vehicles/+/position", qos=1)
        print("ready", flush=True)
        client.loop_forever()


if __name__ == "__main__":
    main()
