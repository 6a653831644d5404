"""The fit of ground points as the placing page shows it: errors, and the map in the picture."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from config.camera import GroundPoint
from config.cameras_file import POOR_FIT_M
from config.ground_fit import LEAST_POINTS, GroundFit, GroundFitError, fit_ground
from console.placement_responses import FitResponse

Floats = NDArray[np.float64]

STEP_M = 5.0
BEYOND_M = 15.0  # the grid reaches so far around the marked points
MOST_M = 120.0
_FINE_M = 0.5
_PICTURE = (-0.05, 1.05)


def fit_response(points: Sequence[GroundPoint]) -> FitResponse:
    """What the points give; an error in words where they give no map."""
    if len(points) < LEAST_POINTS:
        return FitResponse(residuals_m=[], too_few=True, step_m=STEP_M)
    try:
        fit = fit_ground(points)
    except GroundFitError as error:
        return FitResponse(residuals_m=[], error=str(error), step_m=STEP_M)
    return FitResponse(
        residuals_m=[round(float(m), 2) for m in fit.residuals_m],
        rough=bool(fit.residuals_m.max() > POOR_FIT_M),
        step_m=STEP_M,
        grid=ground_grid(fit, points),
    )


def ground_grid(fit: GroundFit, points: Sequence[GroundPoint]) -> list[list[tuple[float, float]]]:
    """Lines every `STEP_M` east and north about the points, as far as the picture shows them."""
    marked = fit.metres_of(np.array([(p.lon, p.lat) for p in points]))
    low = np.maximum(np.floor((marked.min(axis=0) - BEYOND_M) / STEP_M) * STEP_M, -MOST_M)
    high = np.minimum(np.ceil((marked.max(axis=0) + BEYOND_M) / STEP_M) * STEP_M, MOST_M)
    lines: list[list[tuple[float, float]]] = []
    for axis in (0, 1):
        along = np.arange(low[1 - axis], high[1 - axis] + _FINE_M / 2, _FINE_M)
        for across in np.arange(low[axis], high[axis] + STEP_M / 2, STEP_M):
            metres = np.empty((len(along), 2))
            metres[:, axis], metres[:, 1 - axis] = across, along
            lines += _seen(fit.fractions(metres))
    return lines


def _seen(line: Floats) -> list[list[tuple[float, float]]]:
    """The parts of a line that lie in the picture, a point in about two metres."""
    with np.errstate(invalid="ignore"):
        inside = ((line > _PICTURE[0]) & (line < _PICTURE[1])).all(axis=1)
    parts: list[list[tuple[float, float]]] = []
    edges = np.flatnonzero(np.diff(np.concatenate([[False], inside, [False]]).astype(int)))
    for begin, end in zip(edges[::2], edges[1::2], strict=True):
        chosen = sorted({*range(int(begin), int(end), 4), int(end) - 1})
        if len(chosen) > 1:
            parts.append([(round(float(x), 4), round(float(y), 4)) for x, y in line[chosen]])
    return parts
