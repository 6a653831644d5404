"""The road network as a graph: which junctions there are, and the way between them."""

from __future__ import annotations

import heapq
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from typing import cast

import shapely
from shapely import STRtree

from config.road import Road
from demo.fleet.plane import Plane, Point

Node = tuple[int, int]  # the place of a junction in whole decimetres


def node_at(point: Point) -> Node:
    return round(point[0] * 10), round(point[1] * 10)


class RoadMap:
    """Roads in metres; junctions are where ends of roads meet, to within a decimetre."""

    def __init__(self, roads: Mapping[str, Road], plane: Plane) -> None:
        self.lines = {road.id: plane.to_metres(road.geometry) for road in roads.values()}
        self._length_m = {road_id: line.length for road_id, line in self.lines.items()}
        self._speeds = [road.speed_kmh for road in roads.values()]
        self._ids = list(self.lines)
        self._tree = STRtree(list(self.lines.values()))
        self._next: dict[Node, list[tuple[Node, str]]] = defaultdict(list)
        for road_id, line in self.lines.items():
            ends = [node_at(cast("Point", line.coords[i])) for i in (0, -1)]
            self._next[ends[0]].append((ends[1], road_id))
            self._next[ends[1]].append((ends[0], road_id))

    def roads_at(self, node: Node) -> list[tuple[Node, str]]:
        """The junctions next to one, each with the road that leads there."""
        return self._next.get(node, [])

    def road_at(self, point: Point) -> str:
        """The road nearest to a place."""
        return self._ids[int(self._tree.nearest(shapely.Point(point)))]

    def speed_kmh(self, point: Point) -> float:
        """The speed of the road nearest to a place."""
        return self._speeds[int(self._tree.nearest(shapely.Point(point)))]

    def points(self, begin: Node, road_id: str) -> list[Point]:
        """The vertices of a road from one of its ends."""
        points = [cast("Point", p) for p in self.lines[road_id].coords]
        return points if node_at(points[0]) == begin else points[::-1]

    def way(
        self, begin: Node, ends: Collection[Node], avoid: Collection[str]
    ) -> list[Point] | None:
        """The shortest way from a junction to any of `ends` without the roads to avoid.

        Returns its vertices, or None where there is no way.
        """
        steps = self.steps(begin, ends, avoid)
        return None if steps is None else join(self.points(*step) for step in steps)

    def steps(
        self, begin: Node, ends: Collection[Node], avoid: Collection[str]
    ) -> list[tuple[Node, str]] | None:
        """The same as the roads driven, each with the junction at which it is entered."""
        best: dict[Node, tuple[float, Node | None, str]] = {begin: (0.0, None, "")}
        queue = [(0.0, begin)]
        while queue:
            length, node = heapq.heappop(queue)
            if node in ends and node != begin:
                return _unwind(best, node)
            if length > best[node][0]:
                continue
            for neighbour, road_id in self._next.get(node, []):
                further = length + self._length_m[road_id]
                if road_id not in avoid and further < best.get(neighbour, (float("inf"),))[0]:
                    best[neighbour] = (further, node, road_id)
                    heapq.heappush(queue, (further, neighbour))
        return None


def _unwind(
    best: Mapping[Node, tuple[float, Node | None, str]], node: Node
) -> list[tuple[Node, str]]:
    steps: list[tuple[Node, str]] = []
    _length, previous, road_id = best[node]
    while previous is not None:
        steps.append((previous, road_id))
        _length, previous, road_id = best[previous]
    return steps[::-1]


def join(parts: Iterable[list[Point]]) -> list[Point]:
    """One line of several that follow each other."""
    joined: list[Point] = []
    for part in parts:
        joined += part[1:] if joined and node_at(joined[-1]) == node_at(part[0]) else part
    return joined
