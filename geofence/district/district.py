"""The second stage: what the rules of single vehicles found, put together. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import msgspec

from geofence.district.part import Part
from geofence.district.places import Places
from geofence.district.quota import Quota
from geofence.district.rounds import Rounds
from geofence.district.state import DistrictState
from geofence.finding import Finding, Inside, Step
from geofence.ground import Ground


class District:
    """Judges across vehicles: permit quotas, unregistered places, rounds.

    Attributes:
        kinds: the alert kinds that it raises.
    """

    def __init__(self, ground: Ground, lateness_s: float) -> None:
        # By the field of the state that each part keeps.
        self._parts: dict[str, Part] = {
            "places": Places(ground),
            "quota": Quota(ground),
            "rounds": Rounds(ground, lateness_s),
        }
        self.kinds = tuple(kind for part in self._parts.values() for kind in part.kinds)

    def advance(
        self, state: DistrictState, steps: Sequence[Step], now: datetime
    ) -> tuple[DistrictState, list[Finding]]:
        """Take in what was found, in any order; `now` (aware) is the time of processing.

        Returns:
            The state after it, and all that leaves the engine: what came in, but for what stays
            inside (`geofence.finding.Inside`), and what the district found.
        """
        found: list[Finding] = [s for s in steps if not isinstance(s, Inside)]
        for name, part in self._parts.items():
            before = getattr(state, name)
            after, told = part.advance(before, steps, now)
            if after is not before:
                state = msgspec.structs.replace(state, **{name: after})
            found += told
        return state, found
