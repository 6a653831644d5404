"""What every rule is."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Generic, TypeVar

import numpy as np
import numpy.typing as npt

from geofence.finding import Step
from geofence.projection import Floats

if TYPE_CHECKING:
    from geofence.rows import Rows
    from geofence.sight import Quiet, Sight

Codes = npt.NDArray[np.uint64]
NO_NUMBERS: Floats = np.zeros(0)

S = TypeVar("S")


class Rule(Generic[S]):
    """One rule: `measure` for all fixes of a batch, `step` for one fix that is worth a look.

    A rule's state is one of its own small Structs, None at rest. The engine calls `step`
    - when the code that `measure` gives differs from that of the vehicle's fix before;
    - from `quiet_until(state)` on;
    - when what a rule that it `reads` shows has changed;
    - when a fix comes late, the way crossed a zone, or the fix before is long ago, unless the rule
      is at rest and its code 0.
    Everywhere else `step` must leave the state as it is and find nothing: that is the contract
    which lets it be left out. `tick` is called at times without a fix: once when the vehicle has
    sent nothing for one of `silences_s`, and at `wake_at(state)`. A later fix that shows
    otherwise takes it back.

    Attributes:
        name: key of its state.
        kinds: the alert kinds that it raises.
        reads: names of earlier rules.
        silences_s: after so many seconds without a fix it wants a tick.
        timed: False for a rule that never wants a look that none of the other reasons gives;
            `quiet_until` is not asked then.
        asked_in_silence: True for a rule whose code only `tick` reads: a change of it is worth no
            look.
    """

    name: str
    kinds: tuple[str, ...] = ()
    reads: tuple[str, ...] = ()
    silences_s: tuple[float, ...] = ()
    timed: bool = True
    asked_in_silence: bool = False

    def measure(self, rows: Rows) -> tuple[Codes, Floats]:
        """What the rule sees: a code (0: nothing) and, or `NO_NUMBERS`, a number for each fix."""
        raise NotImplementedError

    def quiet_until(self, state: S) -> float:  # noqa: ARG002 (for a state that is a doubt)
        """The event time up to which fixes of the same code need no look."""
        return -math.inf

    def shows(self, before: S | None, after: S | None) -> bool:  # noqa: ARG002
        """Whether those that read this rule have to look at what changed."""
        return True

    def wake_at(self, state: S) -> float:  # noqa: ARG002
        """The event time at which to be asked even if no fix comes."""
        return math.inf

    def step(
        self, state: S | None, sight: Sight, code: int, number: float
    ) -> tuple[S | None, tuple[Step, ...]]:
        """The state after the fix, the same object if nothing changed, and what was found."""
        raise NotImplementedError

    def tick(
        self,
        state: S | None,
        quiet: Quiet,  # noqa: ARG002
        code: int,  # noqa: ARG002
    ) -> tuple[S | None, tuple[Step, ...]]:
        """The same at a time without a fix; `code` is that of the newest fix."""
        return state, ()
