"""The second stage: what the rules of single vehicles found, put together. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from geofence.district.state import DistrictState
from geofence.finding import Finding, SegmentPass, Step, UnexplainedStop
from geofence.ground import Ground


class District:
    """Judges across vehicles: permit quotas, unregistered places, rounds.

    Attributes:
        kinds: the alert kinds that it raises.
    """

    kinds: tuple[str, ...] = ()

    def __init__(self, ground: Ground, lateness_s: float) -> None:
        self._ground = ground
        self._lateness_s = lateness_s

    def advance(
        self,
        state: DistrictState,
        steps: Sequence[Step],
        now: datetime,  # noqa: ARG002
    ) -> tuple[DistrictState, list[Finding]]:
        """Take in what was found, in any order; `now` (aware) is the time of processing.

        Returns:
            The state after it, and all that leaves the engine: what came in, but for what stays
            inside (`UnexplainedStop`, `SegmentPass`), and what the district found.
        """
        found: list[Finding] = [
            s for s in steps if not isinstance(s, UnexplainedStop | SegmentPass)
        ]
        return state, found
