"""What a camera plays for ever, and what it does wrong meanwhile (for tests of who reads)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

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

    def picture(self, number: int) -> Picture:
        at = (number + self.offset) % self.length
        piece = int(np.searchsorted(self._starts, at, side="right")) - 1
        return self.pieces[piece].pictures[at - self._starts[piece]]
