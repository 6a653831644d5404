"""A gate with a camera, and what the camera tells: for tests of the vision role."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from app.event_recorder import EventRecorder
from app.patient_store import PatientStore
from config.demo_district import folder
from config.settings import DatabaseSettings, Settings
from config.site import Site
from config.site_files import load_site, read_site_folder
from config.vehicle import Vehicle
from detection.scene_event import Passer, SceneEvent, Snapshot
from detection.sighting import Direction, PlateReading, Sighting, sighting_id, track_uid
from ingest.position import Position

CAMERA = "gate-east"
SITE: Site = load_site(read_site_folder(folder()))
TRUCKS: Sequence[Vehicle] = [v for v in SITE.vehicles.values() if v.kind == "muck"]
NOW = datetime.now(UTC).replace(microsecond=0)


def settings_of(database: DatabaseSettings, **vision: Any) -> Settings:
    quick = {"attribute_after_s": 0, "attribute_every_s": 0.1}
    return Settings(database=database, vision={**quick, **vision})


def recorder_of(settings: Settings, store: PatientStore | None = None) -> EventRecorder:
    """Its store is its own unless given."""
    stop = threading.Event()
    store = store or PatientStore(settings.database, lambda _change: ("centre",), stop)
    return EventRecorder(settings, SITE, store)


def track(number: int, camera: str = CAMERA) -> UUID:
    return track_uid(camera, NOW, number)


def event(
    number: int, kind: str = "spillage", camera: str = CAMERA, ago_s: float = 30, **changes: Any
) -> SceneEvent:
    at = NOW - timedelta(seconds=ago_s - number / 100)
    fields: dict[str, Any] = {
        "kind": kind, "camera_id": camera, "camera_zone_id": "road", "started_at": at,
        "raised_at": at + timedelta(seconds=5), "box": (number * 50, 0, number * 50 + 40, 40),
        "confidence": 0.8,
        "passer": Passer(
            track_id=number, track_uid=track(number, camera), class_name="muck_truck",
            box=(0, 0, 9, 9), seen_at=at - timedelta(seconds=3), confidence=0.9,
        ),
        "snapshots": (
            Snapshot(moment="after", captured_at=at, width_px=4, height_px=4,
                     jpeg=b"\xff\xd8%d" % number),
        ),
    }  # fmt: skip
    return SceneEvent(**(fields | changes))


def passage(number: int, vehicle: Vehicle | None, ago_s: float = 33, **changes: Any) -> Sighting:
    """A truck leaves by the gate; its plate is read where it is a vehicle's."""
    camera = SITE.cameras[CAMERA]
    at = NOW - timedelta(seconds=ago_s)
    plate = vehicle and PlateReading(
        text=vehicle.plate, color=vehicle.plate_color.value, reliability=0.95, readings=8
    )
    fields: dict[str, Any] = {
        "sighting_id": sighting_id(track(number), "gate"), "camera_id": CAMERA, "line_id": "gate",
        "track_uid": track(number), "at": at, "first_seen_at": at - timedelta(seconds=4),
        "last_seen_at": at + timedelta(seconds=4), "direction": Direction.OUT,
        "class_name": "muck_truck", "class_confidence": 0.9, "lon": camera.lon, "lat": camera.lat,
        "uncertainty_m": 2.0, "speed_kmh": 18.0, "heading_deg": 90.0, "plate": plate,
        "box": (0, 0, 9, 9),
    }  # fmt: skip
    return Sighting(**(fields | changes))


def drive(
    vehicle: Vehicle, past_at: datetime, first_s: float = -60, last_s: float = 30
) -> tuple[Position, ...]:
    """Eastward past the camera at 18 km/h, a fix every 5 s of [first_s, last_s]."""
    camera = SITE.cameras[CAMERA]
    fixes = []
    seconds = first_s
    while seconds <= last_s:
        at = past_at + timedelta(seconds=seconds)
        fixes.append(
            Position(
                vehicle_id=vehicle.vehicle_id, terminal_id=vehicle.terminal_id, fix_time=at,
                received_at=at + timedelta(seconds=1), lon=camera.lon + seconds * 5 / 94_600,
                lat=camera.lat, speed_kmh=18.0, course_deg=90.0, satellites=11,
            )
        )  # fmt: skip
        seconds += 5
    return tuple(fixes)
