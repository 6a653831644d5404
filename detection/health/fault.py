"""A condition with hysteresis, and the events that tell its begin and its end."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec

from config.camera import Camera
from detection.scene_event import SceneEvent, Snapshot

Values = dict[str, float | int | str | bool | None]


class Fault:
    """Told when it held for a time without a break, over when it did not hold for another."""

    def __init__(self, camera: Camera, kind: str, parameters: object) -> None:
        self.camera = camera
        self.kind = kind
        values: dict[str, Any] = dataclasses.asdict(parameters)  # type: ignore[call-overload] # a dataclass by convention
        self._enabled = bool(values.pop("enabled", True))
        self._parameters: Values = values
        self._clear = timedelta(seconds=float(values["clear_s"]))
        self._since: datetime | None = None
        self._clear_since: datetime | None = None
        self._told: SceneEvent | None = None

    @property
    def told(self) -> bool:
        """It was told and is not over."""
        return self._told is not None

    @property
    def pending(self) -> bool:
        """It holds and was not told yet, or is about to be over."""
        return (self._since is not None and not self.told) or self._clear_since is not None

    def advance(
        self,
        holds: bool,
        at: datetime,
        *,
        after_s: float,
        size_px: tuple[int, int],
        values: Values,
        confidence: float = 0.9,
        since: datetime | None = None,
        snapshots: Sequence[Snapshot] = (),
    ) -> list[SceneEvent]:
        """What this look begins or ends. `since`: when it began where that is known otherwise."""
        if holds:
            self._clear_since = None
            self._since = self._since or since or at
            if self._told is not None or at - self._since < timedelta(seconds=after_s):
                return []
            event = SceneEvent(
                kind=self.kind,
                camera_id=self.camera.id,
                camera_zone_id="",
                placement_id=self.camera.placement_id,
                started_at=self._since,
                raised_at=at,
                box=(0.0, 0.0, float(size_px[0]), float(size_px[1])),
                lon=self.camera.lon,
                lat=self.camera.lat,
                confidence=confidence,
                suspected=False,
                snapshots=tuple(snapshots),
                values=values,
                parameters=self._parameters,
            )
            self._told = event
            return [event] if self._enabled else []
        if self._told is None:
            self._since = None
            return []
        self._clear_since = self._clear_since or at
        return self.end(self._clear_since) if at - self._clear_since >= self._clear else []

    def end(self, at: datetime) -> list[SceneEvent]:
        """It is over since `at`; nothing where it was not told."""
        told, self._told = self._told, None
        self._since = self._clear_since = None
        if told is None or not self._enabled:
            return []
        ended_at = max(at, told.raised_at)
        return [msgspec.structs.replace(told, ended_at=ended_at)]
