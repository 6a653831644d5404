"""What a view library remembers: who is registered, and the vehicles it took."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from typing import Any

from demo.viid_platform.motor_vehicle import faults, pictures

OK, BUSY, INVALID_CONTENT = 0, 2, 8
KEPT = 200


@dataclass(slots=True)
class Platform:
    """In memory. `clock` gives seconds; a registration not kept alive for `lapse_s` is forgotten.

    A share of `busy_rate` of the objects is answered with StatusCode 2, for the sender to repeat.
    """

    clock: Callable[[], float]
    lapse_s: float = 180.0
    busy_rate: float = 0.0
    rng: Random = field(default_factory=Random)
    registered: int = 0
    keepalives: int = 0
    unregistered: int = 0
    rejected: int = 0
    repeated: int = 0
    amended: int = 0
    busy: int = 0
    pictures: int = 0
    newest: deque[dict[str, Any]] = field(default_factory=lambda: deque(maxlen=KEPT))
    _ids: set[str] = field(default_factory=set)
    _seen: dict[str, float] = field(default_factory=dict)

    def register(self, device_id: str) -> None:
        self.registered += 1
        self._seen[device_id] = self.clock()

    def knows(self, device_id: str) -> bool:
        """Whether the device is registered and was heard of in time."""
        seen = self._seen.get(device_id)
        return seen is not None and self.clock() - seen <= self.lapse_s

    def keep_alive(self, device_id: str) -> None:
        self.keepalives += 1
        self._seen[device_id] = self.clock()

    def unregister(self, device_id: str) -> None:
        self.unregistered += 1
        self._seen.pop(device_id, None)

    def forget_all(self) -> None:
        """As after a restart: registrations are gone, what was stored stays."""
        self._seen.clear()

    def take(self, item: dict[str, Any]) -> tuple[int, str]:
        """Check and store one MotorVehicleObject; its StatusCode and StatusString."""
        if self.rng.random() < self.busy_rate:
            self.busy += 1
            return BUSY, "busy"
        found = faults(item)
        if found:
            self.rejected += 1
            return INVALID_CONTENT, "; ".join(found)
        if item["MotorVehicleID"] in self._ids:
            self.repeated += 1
            return OK, "known already"
        self._ids.add(item["MotorVehicleID"])
        self.pictures += len(pictures(item))
        self.newest.append(item)
        return OK, "OK"

    def amend(self, item: dict[str, Any]) -> tuple[int, str]:
        """Check one MotorVehicleObject and put it in the place of the one of its id."""
        found = faults(item)
        if found or item["MotorVehicleID"] not in self._ids:
            self.rejected += 1
            return INVALID_CONTENT, "; ".join(found) or "no such object"
        self.amended += 1
        kept = [
            item if known["MotorVehicleID"] == item["MotorVehicleID"] else known
            for known in self.newest
        ]
        self.newest = deque(kept, maxlen=KEPT)
        return OK, "OK"

    def summary(self) -> dict[str, int]:
        return {
            "registered": self.registered,
            "keepalives": self.keepalives,
            "unregistered": self.unregistered,
            "objects_accepted": len(self._ids),
            "objects_rejected": self.rejected,
            "objects_repeated": self.repeated,
            "objects_amended": self.amended,
            "objects_busy": self.busy,
            "pictures": self.pictures,
        }
