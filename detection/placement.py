"""A camera's announcement against the placement in force: was it carried elsewhere? (布点变更)"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from config.camera import Camera
from config.degrees import metres_per_degree
from detection.health.parameters import MovedParameters
from ingest.camera_announcement import CameraAnnouncement


@dataclass(frozen=True, slots=True)
class PlacementDoubt:
    """What an announcement says of the placement.

    Attributes:
        distance_m: how far from the placement the camera says it is; None where it does not say.
        turned_deg: how far it is turned from the placement's heading; None where either is unknown.
        asks: zones are to be suspended and a new placement asked for.
    """

    distance_m: float | None
    turned_deg: float | None
    asks: bool


def announced_placement(
    camera: Camera, announcement: CameraAnnouncement, parameters: MovedParameters | None = None
) -> PlacementDoubt:
    """GPS scatters and a compass swings: small changes are nothing."""
    limits = parameters or MovedParameters()
    distance_m = turned_deg = None
    if announcement.lon is not None and announcement.lat is not None:
        east, north = metres_per_degree(camera.lat)
        distance_m = float(
            np.hypot(
                (announcement.lon - camera.lon) * east, (announcement.lat - camera.lat) * north
            )
        )
    if announcement.heading_deg is not None and camera.heading_deg is not None:
        turned_deg = abs((announcement.heading_deg - camera.heading_deg + 180) % 360 - 180)
    asks = (distance_m is not None and distance_m > limits.place_m) or (
        turned_deg is not None and turned_deg > limits.heading_deg
    )
    return PlacementDoubt(distance_m, turned_deg, asks)
