"""What every part of the second stage is."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Protocol

from geofence.finding import Round, Step, Violation


class Part(Protocol):
    """Judges one matter across vehicles, as a pure function of the set of steps that were told.

    Steps come in any order, again (the same identity: the newer one counts), and withdrawn. The
    state is a small frozen Struct; where nothing concerns the part it must be cheap.

    Attributes:
        kinds: the alert kinds that it raises.
    """

    kinds: tuple[str, ...]

    def advance(
        self,
        state: Any,  # noqa: ANN401 (each part has its own)
        steps: Sequence[Step],
        now: datetime,
    ) -> tuple[Any, Sequence[Violation | Round]]:
        """The state after the steps, the same object if nothing changed, and what is to be told."""
        ...
