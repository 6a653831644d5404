"""Recorded tracks through the rules, without any server."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice

from config.site import Site
from geofence.engine import Engine
from geofence.finding import Finding
from ingest.position import Position


def backtest(
    site: Site, positions: Iterable[Position], batch: int = 1000, lateness_s: float = 600.0
) -> Iterator[list[Finding]]:
    """Judge positions as if they had just arrived, in the order given; a list of findings a batch.

    Findings come as the engine tells them: raised, then amended, ended or withdrawn under the same
    identity. Positions not sorted by time are judged as far as the lateness window reaches: sort
    them to have all judged.

    Raises:
        ParameterError: when the site sets a threshold that no rule knows or can use.
    """
    engine = Engine(site, lateness_s)
    state = engine.initial()
    source = iter(positions)
    while chunk := list(islice(source, batch)):
        newest = max(p.fix_time for p in chunk)
        state, found = engine.advance(state, chunk, newest)
        yield found
