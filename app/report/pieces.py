"""The piece of track around each alert, made small enough to be embedded."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import numpy as np
import shapely

from alerts.alert import Alert
from app.backtest_input import Window
from config.settings import PipelineSettings
from geofence.projection import Floats, Projection
from ingest.fixes import Fixes
from ingest.plausibility import Limits, PlausibilityState, assess
from ingest.position import Position, Quality

MARGIN = timedelta(minutes=10)
"""So much of the track before the alert's beginning and after its end."""
LONGEST = timedelta(hours=2)
"""Of an alert that lasts longer, only the beginning is drawn."""
TOLERANCE_M = 4.0
"""Below the scatter of GPS (docs/rules.md): nothing that a rule saw is lost from sight."""
MOST_POINTS = 200
GAP_S = 300.0
"""A longer silence is drawn as one: rules begin and prolong nothing across it."""
DEGREE = 1e5
"""Places are told in 1e-5 degrees, about a metre."""

BEFORE, DURING, AFTER = 0, 1, 2


def window_of(alert: Alert) -> Window | None:
    """The piece wanted for an alert; None for one without a vehicle."""
    if alert.vehicle_id is None:
        return None
    begin, end = span(alert)
    return Window(alert.vehicle_id, begin - MARGIN, end + MARGIN)


def span(alert: Alert) -> tuple[datetime, datetime]:
    """From when to when the alert is drawn as going on."""
    end = alert.ended_at or alert.raised_at
    return alert.started_at, min(max(end, alert.started_at), alert.started_at + LONGEST)


def drawn(alert: Alert, piece: Sequence[Position]) -> list[list[int]]:
    """Parts of the track, each `[phase, lon, lat, seconds, lon, lat, seconds, …]`.

    `phase` is before, during or after the alert; seconds are from its beginning. The first point
    of a part is told in full, the rest as differences to the one before.
    """
    limits = Limits.of(PipelineSettings(ancient_after_s=timedelta(days=36500).total_seconds()))
    fixes = Fixes.of(piece)
    _, quality = assess(PlausibilityState(), fixes, limits)
    good = fixes.take(quality == Quality.GOOD)
    if not len(good):
        return []
    began, ended = span(alert)
    t, lon, lat = good.t - began.timestamp(), good.lon, good.lat
    order = np.argsort(t, kind="stable")
    t, lon, lat = t[order], lon[order], lat[order]
    last = (ended - began).total_seconds()
    phase = np.where(t < 0, BEFORE, np.where(t <= last, DURING, AFTER))
    plane = Projection.about(float(lon[0]), float(lat[0]))
    x, y = plane.metres(lon, lat)
    parts = []
    cuts = np.nonzero((np.diff(phase) != 0) | (np.diff(t) > GAP_S))[0] + 1
    for part in np.split(np.arange(len(t)), cuts):
        # To the first fix of the next phase, so that no stretch of road is missing between them.
        joined = part[-1] + 1 < len(t) and t[part[-1] + 1] - t[part[-1]] <= GAP_S
        rows = np.append(part, part[-1] + 1) if joined else part
        east, north, at = _simplified(x[rows], y[rows], t[rows])
        places = plane.lon + east / plane.kx, plane.lat + north / plane.ky
        parts.append([int(phase[part[0]]), *_packed(*places, at)])
    return parts


def _simplified(x: Floats, y: Floats, t: Floats) -> tuple[Floats, Floats, Floats]:
    """By Douglas and Peucker, coarser until it is short enough. Time travels as height."""
    if len(x) < 3:
        return x, y, t
    line = shapely.LineString(np.column_stack([x, y, t]))
    tolerance = TOLERANCE_M
    while True:
        kept = shapely.get_coordinates(
            shapely.simplify(line, tolerance, preserve_topology=False), include_z=True
        )
        if len(kept) <= MOST_POINTS:
            return kept[:, 0], kept[:, 1], kept[:, 2]
        tolerance *= 2


def _packed(lon: Floats, lat: Floats, t: Floats) -> list[int]:
    columns = np.column_stack([lon * DEGREE, lat * DEGREE, t])
    whole = np.round(columns).astype(np.int64)
    steps = np.vstack([whole[:1], np.diff(whole, axis=0)])
    packed: list[int] = steps.ravel().tolist()
    return packed
