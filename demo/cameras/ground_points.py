"""Ground points of a rendered place, as a surveyor would mark them: corners of the carriageway."""

from __future__ import annotations

import numpy as np

from config.camera import Camera, GroundPoint
from config.degrees import metres_per_degree
from demo.cameras.script import Script

_ALONG_M = (-26.0, -18.0, -12.0, -7.0, -3.0, 0.0, 3.0, 7.0, 12.0, 18.0, 26.0)


def marked_points(script: Script, camera: Camera) -> list[GroundPoint]:
    """Four corners of what the camera sees of its road, as far apart as there are.

    The rendered world lies at the camera's place, its y axis towards the camera's heading (north
    where it has none). Fractions to 4 digits, degrees to 7: a centimetre.
    """
    view, road = script.stage.view, script.road
    heading = np.radians(camera.heading_deg or 0.0)
    turn = np.array([[np.cos(heading), np.sin(heading)], [-np.sin(heading), np.cos(heading)]])
    east, north = metres_per_degree(camera.lat)
    points: list[GroundPoint] = []
    for across_m in (-road.width_m / 2, road.width_m / 2):
        world = np.array([road.place(along, across_m) for along in _ALONG_M])
        pixels, depth = view.project(np.column_stack([world, np.zeros(len(world))]))
        seen = pixels / (view.width_px, view.height_px)
        good = (depth > 1) & (seen > 0.02).all(axis=1) & (seen < 0.98).all(axis=1)
        chosen = np.flatnonzero(good)[[0, -1]]
        for (x, y), metres in zip(seen[chosen], world[chosen] @ turn.T, strict=True):
            lon, lat = camera.lon + metres[0] / east, camera.lat + metres[1] / north
            points.append(
                GroundPoint(
                    round(float(x), 4),
                    round(float(y), 4),
                    round(float(lon), 7),
                    round(float(lat), 7),
                )
            )
    return points
