"""The ways of the town as they are driven, each worked out once."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from itertools import pairwise

from shapely import LineString

from demo.fleet.labelled.town import Town, Yard
from demo.fleet.path import Path
from demo.fleet.plane import Point
from demo.fleet.road_map import Node, join, node_at


class NoWayError(ValueError):
    """Two places that no road joins, or none but those to be avoided."""


class Roads:
    """Shortest ways with the roads' legal limits.

    Attributes:
        shut: the streets of restricted zones: nobody passes there without a reason.
    """

    def __init__(self, town: Town) -> None:
        self.town = town
        self.map = town.map()
        self.shut: set[str] = set()
        self._edges: dict[tuple[Node, Node], float] = {}
        for road_id, line in self.map.lines.items():
            nodes = [node_at((x, y)) for x, y in line.coords]
            for a, b in pairwise(nodes):
                self._edges[a, b] = self._edges[b, a] = town.limits_kmh[road_id]
        self._ways: dict[tuple[Node, Node, frozenset[str]], list[Point]] = {}
        self._paths: dict[tuple[Point, ...], Path] = {}

    def way(self, begin: Node, end: Node, avoid: Collection[str] = ()) -> list[Point]:
        """Vertices of the shortest way that avoids what is shut and `avoid`.

        Raises:
            NoWayError: there is none.
        """
        key = begin, end, frozenset(avoid)
        if key not in self._ways:
            points = self.map.way(begin, {end}, self.shut | set(avoid))
            if points is None:
                raise NoWayError(f"no way from {begin} to {end}")
            self._ways[key] = points
        return self._ways[key]

    def path(self, points: Sequence[Point]) -> Path:
        """A path with the legal limit of each stretch, which must lie along roads."""
        key = tuple(points)
        if key not in self._paths:
            self._paths[key] = Path(key, self._limits(key))
        return self._paths[key]

    def streets_of(self, points: Sequence[Point]) -> set[str]:
        """The roads that lie wholly under a way."""
        under = LineString(points).buffer(1.0)
        return {r for r, line in self.map.lines.items() if line.within(under)}

    def through(self, line: Sequence[Point], begin: Node, end: Node) -> list[Point]:
        """A way from a spot in a yard along a line of gate to gate to a spot in another."""
        first, last = node_at(line[0]), node_at(line[-1])
        head = [] if begin == first else self.map.way(begin, {first}, ()) or []
        tail = [] if end == last else self.map.way(last, {end}, ()) or []
        return join(part for part in (head, list(line), tail) if part)

    def yard_of(self, node: Node) -> Yard | None:
        """The yard in which a node is a spot or the gate."""
        for yard in self.town.yards.values():
            if node == yard.gate or node in yard.spots:
                return yard
        return None

    def _limits(self, points: Sequence[Point]) -> Callable[[Point], float]:
        """The limit of each stretch, by its middle as `Path` asks for it."""
        kept = [points[0], *(b for a, b in pairwise(points) if a != b)]
        known = {
            ((a[0] + b[0]) / 2, (a[1] + b[1]) / 2): self._edges.get((node_at(a), node_at(b)))
            for a, b in pairwise(kept)
        }
        return lambda middle: known.get(middle) or self.town.limits_kmh[self.map.road_at(middle)]
