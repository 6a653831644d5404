"""An invented evening in the demo district, written into a database by the product's own writer."""

from __future__ import annotations

import hashlib
import math
import random
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid5

import cv2
import numpy as np

from alerts.alert import Alert, AlertChange, ChangeKind, Evidence, Severity
from config.demo_district import folder
from config.site_files import load_site, read_site_folder
from config.vehicle import VehicleKind
from ingest.position import Lid, Load, Position, Work
from store.batch import Batch
from store.cameras import put_camera_state
from store.database import Connection
from store.site import seed_site_files
from store.writer import Writer

SPACE = UUID("00000000-0000-0000-0000-0000000c0501")
FILES = read_site_folder(folder())
SITE = load_site(FILES)
ROADS = list(SITE.roads.values())


def destinations_of(_change: AlertChange) -> tuple[str, ...]:
    return ("command-centre",)


class World:
    """Trucks on roads and alerts about them; `now` is the real time, for the page shows it."""

    def __init__(self, conn: Connection) -> None:
        self.conn = conn
        self.writer = Writer(conn, destinations_of)
        self._dice = random.Random(7)
        self._road_of = {v: self._dice.choice(ROADS) for v in SITE.vehicles}
        self._at = {v: self._dice.random() for v in SITE.vehicles}
        seed_site_files(conn, FILES)
        for camera, state in zip(
            SITE.cameras, ("online", "online", "online", "frozen"), strict=False
        ):
            put_camera_state(conn, camera, state, 1200, 240)

    def positions(self, at: datetime) -> tuple[Position, ...]:
        found = []
        for vehicle in SITE.vehicles.values():
            line = self._road_of[vehicle.vehicle_id].geometry
            share = self._at[vehicle.vehicle_id]
            here, ahead = (line.interpolate(f, normalized=True) for f in (share, share + 0.01))
            east = (ahead.x - here.x) * math.cos(math.radians(here.y))
            stands = vehicle.vehicle_id.endswith("3")
            muck = vehicle.kind is VehicleKind.MUCK
            found.append(
                Position(
                    vehicle_id=vehicle.vehicle_id,
                    terminal_id=vehicle.terminal_id,
                    fix_time=at,
                    received_at=at,
                    lon=here.x,
                    lat=here.y,
                    speed_kmh=0.0 if stands else 38.0,
                    course_deg=math.degrees(math.atan2(east, ahead.y - here.y)) % 360,
                    lid=Lid.CLOSED if muck else None,
                    load=Load.FULL if muck else None,
                    work=(Work.SWEEP,) if vehicle.kind is VehicleKind.SWEEPER else (),
                )
            )
        return tuple(found)

    def drive(self, at: datetime, share: float = 0.03) -> None:
        """Move every truck on along its road and store where it is."""
        self.writer.write(Batch(positions=self.positions(at)))
        for vehicle, where in self._at.items():
            if not vehicle.endswith("3"):
                self._at[vehicle] = (where + share) % 0.98

    def raise_alert(self, name: str, at: datetime, **fields: Any) -> Alert:
        """Raise an alert; those of cameras with a picture before and one after."""
        defaults: dict[str, Any] = {
            "alert_id": uuid5(SPACE, name),
            "kind": name,
            "severity": Severity.WARNING,
            "vehicle_id": None,
            "camera_id": None,
            "subject": "-",
            "started_at": at,
            "raised_at": at + timedelta(seconds=20),
        }
        alert = Alert(**(defaults | fields))
        evidence = pictures(alert) if alert.camera_id else ()
        change = AlertChange(change=ChangeKind.RAISED, alert=alert, evidence=evidence)
        self.writer.write(Batch(changes=(change,)))
        return alert

    def evening(self, now: datetime) -> dict[str, Alert]:
        """A day of alerts, the newest at `now`."""
        where = {p.vehicle_id: p for p in self.positions(now)}
        trucks = iter(v for v in SITE.vehicles.values() if v.kind is VehicleKind.MUCK)

        def truck() -> dict[str, Any]:
            position = where[next(trucks).vehicle_id]
            return {"vehicle_id": position.vehicle_id, "lon": position.lon, "lat": position.lat}

        camera = SITE.cameras["hotspot-canal"]
        for i in range(40):
            self._dull(i, now, truck_at=where[self._dice.choice(list(where))])
        back = lambda s: now - timedelta(seconds=s)  # noqa: E731  read as a word below
        return {
            "overspeed": self.raise_alert(
                "overspeed", back(900), ended_at=back(840), subject="site", **truck(),
                values={"max_speed_kmh": 71.4, "limit_kmh": 60, "fixes": 9, "duration_s": 60.0},
                parameters={"limit_kmh": 60, "hold_s": 8},
            ),
            "off_route": self.raise_alert(
                "off_route", back(320), severity=Severity.SERIOUS, subject="p01", permit_id="p01",
                values={"distance_m": 184.2, "nearest_route": "锦绣苑—西郊 锦书路线", "fixes": 14},
                parameters={"half_width_m": 50.0, "hold_s": 30}, **truck(),
            ),
            "restricted_zone": self.raise_alert(
                "restricted_zone", back(140), subject="restricted-homes",
                zone_id="restricted-homes", **truck(),
                values={"hours": "21:00-06:00", "fixes": 6}, parameters={"hold_s": 5},
            ),
            "illegal_dumping": self.raise_alert(
                "illegal_dumping", back(45), severity=Severity.SERIOUS, camera_id=camera.id,
                subject="bank", lon=camera.lon, lat=camera.lat, suspected=True, confidence=0.78,
                values={"stayed_s": 7.2, "area_px": 5120, "class_name": "waste_pile"},
                parameters={"persistence_s": 5},
            ),
        }  # fmt: skip

    def _dull(self, number: int, now: datetime, truck_at: Position) -> None:
        at = now - timedelta(minutes=45 + self._dice.expovariate(1 / 420))
        if at < now - timedelta(hours=23):
            at = now - timedelta(hours=5, minutes=number)
        kind, severity = self._dice.choice(
            [("overspeed", Severity.NOTICE), ("off_route", Severity.WARNING)]
        )
        alert = self.raise_alert(
            f"{kind}-{number}", at, kind=kind, severity=severity,
            ended_at=at + timedelta(minutes=2), vehicle_id=truck_at.vehicle_id,
            lon=truck_at.lon, lat=truck_at.lat,
            values={"max_speed_kmh": 66.0, "fixes": 5},
        )  # fmt: skip
        self.conn.execute(
            "UPDATE alert SET status = 'acknowledged', acknowledged_by = 'operator',"
            " acknowledged_at = now() WHERE alert_id = %s",
            [alert.alert_id],
        )


def pictures(alert: Alert) -> tuple[Evidence, ...]:
    made = []
    for after_s, moment, box, passer in (
        (-4, "before", None, None),
        (-1, "passage", None, (300, 210, 660, 470)),
        (6, "after", (560, 420, 690, 510), None),
    ):
        jpeg = scene(box, passer)
        made.append(
            Evidence(
                evidence_id=uuid5(alert.alert_id, moment),
                alert_id=alert.alert_id,
                moment=moment,
                captured_at=alert.started_at + timedelta(seconds=after_s),
                media_type="image/jpeg",
                width_px=1280,
                height_px=720,
                content=jpeg,
                sha256=hashlib.sha256(jpeg).digest(),
                box=box,
                passer_box=passer,
                passer_class="truck" if passer else None,
                passer_color="yellow" if passer else None,
            )
        )
    return tuple(made)


def scene(pile: tuple[int, ...] | None, truck: tuple[int, ...] | None) -> bytes:
    image = np.full((720, 1280, 3), (92, 104, 96), np.uint8)
    image[:250] = (196, 176, 150)
    cv2.fillPoly(image, [np.array([[0, 420], [1280, 330], [1280, 620], [0, 700]])], (72, 74, 78))
    cv2.line(image, (0, 560), (1280, 475), (190, 200, 205), 5)
    if truck:
        x1, y1, x2, y2 = truck
        cv2.rectangle(image, (x1, y1), (x2 - 90, y2 - 40), (40, 170, 225), -1)
        cv2.rectangle(image, (x2 - 85, y1 + 60), (x2, y2 - 40), (60, 60, 190), -1)
        for x in (x1 + 70, x2 - 60):
            cv2.circle(image, (x, y2 - 30), 32, (25, 25, 25), -1)
    if pile:
        x1, y1, x2, y2 = pile
        cv2.ellipse(
            image,
            ((x1 + x2) // 2, y2 - 8),
            ((x2 - x1) // 2, y2 - y1),
            0,
            180,
            360,
            (58, 88, 120),
            -1,
        )
    noise = np.random.default_rng(1).normal(0, 6, image.shape)
    done = np.clip(image + noise, 0, 255).astype(np.uint8)
    ok, jpeg = cv2.imencode(".jpg", done, [cv2.IMWRITE_JPEG_QUALITY, 85])
    assert ok
    return bytes(jpeg)


def utc_now() -> datetime:
    return datetime.now(UTC)
