"""Areas on a grid: the answers are Shapely's, on every line, corner and edge of a cell too."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from shapely import Polygon, box

from geofence import area_grid
from geofence.area_grid import AreaGrid

SIDE = 12  # of the square that lattice areas and points lie in


def lattice_areas(dice, count):
    """Valid areas whose corners are whole numbers: holes, pieces that touch in a corner, empty."""
    areas = [Polygon(), box(2, 2, 5, 5), box(2, 2, 5, 5), box(0, 0, SIDE, SIDE)]
    while len(areas) < count:
        ring = Polygon(dice.integers(0, SIDE + 1, (dice.integers(3, 9), 2)))
        area = shapely.make_valid(ring)
        if area.geom_type in {"Polygon", "MultiPolygon"}:
            areas.append(area)
    return np.array(areas, dtype=object)


def bits_of(grid, x, y, areas):
    row, area, bits = grid.bits(x, y)
    assert (np.diff(row * areas + area) > 0).all()  # sorted, each pair once
    found = np.zeros((areas, len(x)), dtype=int)
    found[area, row] = bits
    return found


def contained(levels, x, y):
    return sum(
        np.stack([shapely.contains_xy(a, x, y) for a in level]).astype(int) << bit
        for bit, level in enumerate(levels)
    )


@pytest.mark.parametrize("cell_m", [0.7, 1.0, 3.0, 50.0])
def test_points_on_corners_edges_and_grid_lines(cell_m):
    dice = np.random.default_rng(7)
    levels = (lattice_areas(dice, 20), lattice_areas(dice, 20), lattice_areas(dice, 20))
    grid = AreaGrid(levels, cell_m)
    steps = np.arange(-2, 4 * SIDE + 3) / 4  # corners, edges, and what is between them
    x, y = (axis.ravel() for axis in np.meshgrid(steps, steps))
    assert (bits_of(grid, x, y, 20) == contained(levels, x, y)).all()
    for nudge in (1e-12, 1e-9, 1e-6, 1e-3):
        nx, ny = x + dice.normal(0, nudge, len(x)), y + dice.normal(0, nudge, len(y))
        assert (bits_of(grid, nx, ny, 20) == contained(levels, nx, ny)).all()


@pytest.mark.parametrize("scale", [0.01, 1.0, 1000.0])
def test_points_on_slanted_edges_far_from_the_origin(scale):
    dice = np.random.default_rng(3)
    rings = np.array([40_000, -70_000]) + dice.normal(0, scale, (20, 30, 2)).cumsum(axis=1)
    areas = np.array([shapely.make_valid(Polygon(r)) for r in rings], dtype=object)
    ring, share = dice.integers(0, 20, 3000), dice.uniform(0, 1, (3000, 1)).round(1)
    i = dice.integers(0, 29, 3000)
    on = rings[ring, i] * share + rings[ring, i + 1] * (1 - share)
    for off in (0.0, 1e-11, 1e-5, 1e-2):
        x, y = (on + dice.normal(0, off, on.shape)).T
        grid = AreaGrid((areas,), 12.5)
        assert (bits_of(grid, x, y, 20) == contained((areas,), x, y)).all()


def test_wide_areas_get_larger_cells(monkeypatch):
    monkeypatch.setattr(area_grid, "MAX_AREA_CELLS", 3000)
    dice = np.random.default_rng(1)
    areas = np.array([Polygon(dice.normal(0, 900, (9, 2))).convex_hull for _ in range(9)])
    grid = AreaGrid((areas,), 12.5)
    assert grid.grid.cells < 3000
    x, y = dice.uniform(-3000, 3000, (2, 5000))
    assert (bits_of(grid, x, y, 9) == contained((areas,), x, y)).all()


def test_nothing_to_ask_about():
    grid = AreaGrid((np.array([Polygon(), box(0, 0, 1, 1)]),), 12.5)
    assert [len(a) for a in grid.bits(np.empty(0), np.empty(0))] == [0, 0, 0]
    assert [len(a) for a in grid.bits(np.array([1e9, -1e9]), np.zeros(2))] == [0, 0, 0]
