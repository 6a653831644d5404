"""What every rule is."""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from geofence.finding import Finding
from geofence.projection import Floats
from geofence.rows import Rows, Sight

Codes = npt.NDArray[np.uint64]


class Rule(Protocol):
    """One rule: `measure` for all fixes of a batch, `step` for one fix that is worth a look.

    A rule's state is one of its own small Structs, None at rest. The engine calls `step` when the
    code that `measure` gives differs from that of the vehicle's fix before, after a long silence,
    when the way crossed a zone, and from `quiet_until(state)` on. Everywhere else `step` must leave
    the state as it is and find nothing: that is the contract which lets it be left out.

    Attributes:
        name: key of its state.
        kinds: the alert kinds that it raises.
    """

    name: str
    kinds: tuple[str, ...]

    def measure(self, rows: Rows) -> tuple[Codes, Floats]:
        """What the rule sees: a code (0: nothing) and a number of its own for each fix."""
        ...

    def quiet_until(self, state: Any) -> float:  # noqa: ANN401 (each rule has its own)
        """The event time up to which fixes of the same code need no look, for a state not None."""
        ...

    def step(
        self,
        state: Any,  # noqa: ANN401 (each rule has its own)
        sight: Sight,
        code: int,
        number: float,
    ) -> tuple[Any, tuple[Finding, ...]]:
        """The state after the fix, the same object if nothing changed, and what was found."""
        ...
