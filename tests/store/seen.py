"""Sightings, attributions and a camera's alerts for tests of the store."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import msgspec

from alerts.alert import Alert, PassedBy, Severity
from alerts.attribution import Attribution, Candidate
from detection.scene_event import SeenBox, Snapshot, TrackPoint
from detection.sighting import (
    Direction,
    Load,
    PlateReading,
    Sighting,
    sighting_id,
    track_uid,
)
from tests.store.made import NOON, alert

CAMERA = "gate-east"


def track(number: int = 1) -> UUID:
    return track_uid(CAMERA, NOON, number)


def sighting(number: int = 1, at_s: float = 0, **changes: Any) -> Sighting:
    at = NOON + timedelta(seconds=at_s)
    made = Sighting(
        sighting_id=sighting_id(track(number), "line"),
        camera_id=CAMERA,
        line_id="line",
        track_uid=track(number),
        at=at,
        first_seen_at=at - timedelta(seconds=4),
        last_seen_at=at + timedelta(seconds=3),
        direction=Direction.OUT,
        class_name="muck_truck",
        class_confidence=0.83,
        color="yellow",
        load=Load.COVERED,
        load_confidence=0.7,
        body_raised=False,
        speed_kmh=14.5,
        heading_deg=91.0,
        lon=119.9659,
        lat=31.7204,
        uncertainty_m=1.5,
        plate=PlateReading(text="苏DA1234", color="yellow", reliability=0.9, readings=7),
        box=(100, 200.5, 300, 400),
        snapshot=picture(),
        track=(
            TrackPoint(at=at, box=(1, 2, 3, 4), lon=119.9, lat=31.7),
            TrackPoint(at=at, box=(5, 6, 7, 8)),
        ),
    )
    return msgspec.structs.replace(made, **changes)


def picture(jpeg: bytes = b"\xff\xd8passing") -> Snapshot:
    return Snapshot(
        moment="passage", captured_at=NOON, width_px=1280, height_px=720, jpeg=jpeg,
        seen=(SeenBox(class_name="person", box=(1, 2, 3, 4)),),
    )  # fmt: skip


def attribution(number: int = 1, vehicle: str | None = "v01", **changes: Any) -> Attribution:
    made = Attribution(
        camera_id=CAMERA,
        track_uid=track(number),
        at=NOON,
        candidates=(
            Candidate(vehicle_id="v01", confidence=0.98, distance_m=3.5, plate_read="same"),
            Candidate(vehicle_id="v02", confidence=0.01, values={"gap_s": 10.0}),
        ),
        nobody=0.01,
        vehicle_id=vehicle,
    )
    return msgspec.structs.replace(made, **changes)


def spill(name: str = "spill", *numbers: int, **changes: Any) -> Alert:
    """An alert of the camera; `numbers` are the tracks of who passed."""
    passers = tuple(
        PassedBy(track_uid=track(n), class_name="muck_truck", color="yellow", seen_at=NOON)
        for n in numbers
    )
    return msgspec.structs.replace(
        alert(name, kind="spillage", severity=Severity.SERIOUS, vehicle_id=None, permit_id=None),
        **{"camera_id": CAMERA, "subject": "road", "passers": passers, **changes},
    )
