"""Fixes × zones: our grid against a query of Shapely's tree for each fix.

`python -m benchmarks.fences [--rounds N] [--zones N] [--batches N]` asks both, in turn on the same
batches of 1,000 fixes, in which zones each fix lies. The fixes are in degrees, as they come. The
peer makes a `Point` of each, queries an `STRtree` and asks the prepared polygons it names; ours
projects the batch to metres and also says whether the fix is surely inside and not yet outside
(the hysteresis of the visits), which the peer does not. Answers must be identical. CPU time, since
the machine may have others on it.
"""

from __future__ import annotations

import argparse
import random
import sys
import time

import numpy as np
import shapely
from shapely import Point, Polygon, STRtree

from benchmarks.result import result_line
from config.zone import Zone, ZoneKind
from geofence.grid import Ints
from geofence.place_parameters import ZoneVisitParameters
from geofence.projection import Floats, Projection
from geofence.zone_index import INSIDE, ZoneIndex

BATCH = 1000
LON, LAT, SIDE_M = 119.95, 31.70, 20_000.0


def make_zones(count: int, dice: random.Random, projection: Projection) -> dict[str, Zone]:
    """Polygons of 5 to 60 corners and 50 to 300 m radius, scattered over 20 x 20 km."""
    zones = {}
    for number in range(count):
        x, y = dice.uniform(0, SIDE_M), dice.uniform(0, SIDE_M)
        corners, radius = dice.randint(5, 60), dice.uniform(50, 300)
        ring = []
        for turn in sorted(dice.uniform(0, 2 * np.pi) for _ in range(corners)):
            reach = radius * dice.uniform(0.6, 1)
            ring.append((x + reach * np.cos(turn), y + reach * np.sin(turn)))
        metres = np.array(ring) - SIDE_M / 2
        degrees = metres / (projection.kx, projection.ky) + (projection.lon, projection.lat)
        zones[f"z{number}"] = Zone(f"z{number}", "", ZoneKind.SITE, Polygon(degrees))
    return zones


def ask_ours(
    index: ZoneIndex, projection: Projection, batches: list[tuple[Floats, Floats]]
) -> list[tuple[Ints, Ints, Ints]]:
    return [index.relate(*projection.metres(lon, lat)) for lon, lat in batches]


def ask_peer(
    tree: STRtree, shapes: list[Polygon], batches: list[tuple[Floats, Floats]]
) -> list[list[tuple[int, int]]]:
    answers = []
    for lons, lats in batches:
        inside = []
        for fix, (lon, lat) in enumerate(zip(lons.tolist(), lats.tolist(), strict=True)):
            point = Point(lon, lat)
            inside += [(fix, int(z)) for z in tree.query(point) if shapes[z].contains(point)]
        answers.append(inside)
    return answers


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--zones", type=int, default=1000)
    parser.add_argument("--batches", type=int, default=50)
    options = parser.parse_args(arguments)
    dice = random.Random(1)
    projection = Projection.about(LON, LAT)
    zones = make_zones(options.zones, dice, projection)
    begun = time.process_time()
    index = ZoneIndex(zones, projection, ZoneVisitParameters())
    built_s = time.process_time() - begun
    shapes = [z.geometry for z in zones.values() if isinstance(z.geometry, Polygon)]
    shapely.prepare(shapes)
    tree = STRtree(shapes)
    numbers = np.random.default_rng(1)
    half_lon, half_lat = SIDE_M / 2 / projection.kx, SIDE_M / 2 / projection.ky
    batches = [
        (
            LON + numbers.uniform(-half_lon, half_lon, BATCH),
            LAT + numbers.uniform(-half_lat, half_lat, BATCH),
        )
        for _ in range(options.batches)
    ]
    fixes = BATCH * options.batches
    ours, peer, hits = [], [], 0
    for number in range(options.rounds + 1):  # the first warms up and is not counted
        begun = time.process_time()
        found = ask_ours(index, projection, batches)
        between = time.process_time()
        expected = ask_peer(tree, shapes, batches)
        ended = time.process_time()
        hits = 0
        for (fix, zone, level), inside in zip(found, expected, strict=True):
            in_zone = level >= INSIDE
            answers = set(zip(fix[in_zone].tolist(), zone[in_zone].tolist(), strict=True))
            assert answers == set(inside), "the answers differ"
            hits += len(inside)
        if number:
            ours.append(fixes / (between - begun))
            peer.append(fixes / (ended - between))
            print(
                f"round {number}: ours {ours[-1]:,.0f}, peer {peer[-1]:,.0f} fixes/s",
                file=sys.stderr,
            )
    checked = f"the same {hits} (fix, zone) pairs in every round"
    line = result_line(
        "fences",
        ours,
        peer,
        unit="fixes per CPU second",
        checked=checked,
        zones=options.zones,
        batch=BATCH,
        index_built_s=round(built_s, 3),
    )
    print(line)


if __name__ == "__main__":
    main()
