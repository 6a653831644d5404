"""`camera_dark`: no light, where at this hour there usually is (画面过暗)."""

from __future__ import annotations

from datetime import datetime

from detection.health.look import HealthLook
from detection.health.parameters import DarkParameters
from detection.registration import View

KNOWN_AGAIN = 0.3
"""So many tiles are not found in a sensor's grain by chance (ours)."""
DAY_WEIGHT = 0.5
"""How much the last day counts in what is usual for an hour (ours)."""


class Dark:
    """Remembers for each hour of the day (UTC) how bright the camera's picture usually is."""

    def __init__(self, parameters: DarkParameters) -> None:
        self.parameters = parameters
        self._usual: dict[int, float] = {}
        self._hour: tuple[int, int] | None = None
        self._sum = self._count = 0.0

    def lightless(self, look: HealthLook) -> bool:
        """Nothing can be seen, usual or not: what is known again is seen, however faint."""
        found = look.registration
        if found.view is View.SAME and found.agreement >= KNOWN_AGAIN:
            return False
        return look.light.p90 < self.parameters.level and look.light.spread < self.parameters.spread

    def holds(self, look: HealthLook) -> bool:
        usual = self._usual.get(look.at.hour)
        self._note(look.light.p90, look.at)
        if not self.lightless(look):
            return False
        return usual is None or usual >= self.parameters.usual_level

    def _note(self, p90: float, at: datetime) -> None:
        hour = (at.toordinal(), at.hour)
        if self._hour is not None and self._hour != hour and self._count:
            mean = self._sum / self._count
            before = self._usual.get(self._hour[1], mean)
            self._usual[self._hour[1]] = before + DAY_WEIGHT * (mean - before)
            self._sum = self._count = 0.0
        self._hour = hour
        self._sum += p90
        self._count += 1
