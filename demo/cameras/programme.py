"""What a camera plays for ever, and what it does wrong meanwhile (for tests of who reads)."""

from __future__ import annotations

import bisect
from collections.abc import Sequence
from dataclasses import dataclass, field

from demo.cameras.rtp_packets import Picture, Piece


@dataclass(slots=True)
class Fault:
    """What a camera does wrong while set.

    `stall`: it sends nothing and keeps the connection. `damage`: each so many-th picture has bytes
    changed in its middle. `refuse`: connections are closed at once.
    """

    stall: bool = False
    damage: int = 0
    refuse: bool = False


@dataclass(slots=True, eq=False)
class Programme:
    """What one camera plays for ever: pieces in order, from picture `offset` of the first round."""

    pieces: Sequence[Piece]
    offset: int = 0
    fault: Fault = field(default_factory=Fault)
    began_s: float = 0.0
    _starts: list[int] = field(default_factory=list)
    _later: Programme | None = None

    def __post_init__(self) -> None:
        at = 0
        for piece in self.pieces:
            self._starts.append(at)
            at += len(piece.pictures)
        self._starts.append(at)

    @property
    def fps(self) -> float:
        return self.pieces[0].fps

    @property
    def length(self) -> int:
        return self._starts[-1]

    def turn_to(self, *pieces: Piece) -> None:
        """Play these for ever, from the next moment that they have a key frame. From any thread."""
        self._later = Programme(pieces)

    def picture(self, number: int) -> Picture:
        later = self._later
        if later is not None and later.picture(number).is_key:
            self.pieces, self._starts, self.offset = later.pieces, later._starts, 0
            self._later = None
        at = (number + self.offset) % self.length
        piece = bisect.bisect_right(self._starts, at) - 1
        return self.pieces[piece].pictures[at - self._starts[piece]]
