"""The fixes of a track that are kept, so that a late one can be put where it belongs."""

from __future__ import annotations

from collections.abc import Iterator

from ingest.position import Position

# Fixes that came too late to act upon make a second, separate track of the same vehicle.
BACKFILL = "\x1fbackfill"

# Kept fixes, newest first: (seconds since 1970, fix, the older ones). Sharing the tail makes
# remembering one more fix cost one tuple.
Trail = tuple[float, Position, "Trail | None"]


def walk(trail: Trail | None) -> Iterator[tuple[float, Position]]:
    """The kept fixes, newest first."""
    while trail is not None:
        yield trail[0], trail[1]
        trail = trail[2]


def rebuilt(fixes: list[tuple[float, Position]]) -> Trail | None:
    """A trail of fixes given oldest first."""
    trail: Trail | None = None
    for t, position in fixes:
        trail = (t, position, trail)
    return trail
