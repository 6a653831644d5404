"""From what stayed to the event that tells it (遗留物告警).

What spillage and illegal dumping share: the event is told once, and again when the thing is gone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import reduce

import msgspec

from config.camera import CameraZoneKind
from detection.album import page_of
from detection.box_geometry import around_both, gap, shared
from detection.detections import DUMPED_CLASSES, Detections
from detection.passage import describe, passer_of, way_of
from detection.picture_zones import PictureZone, picture_zones, zone_of
from detection.remain import Remain
from detection.scene_event import Box, SceneEvent
from detection.scene_view import SceneView
from detection.tracking import Track

Values = dict[str, float | int | str | bool | None]

WIDEST_M = 40.0  # of ground across the picture: somebody there has 27 of 640 working pixels (ours)
AT_ONCE_S = 2.0  # ours
SAME_PLACE = 0.3  # of what stays and of the model's box lies in the other (ours)
NEAR_SHARE = 0.06  # of the picture's width: so far from what was told...
NEAR_S = 12.0  # ...and begun so long before or after it, it is one more part of it (ours)


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """A remain in a zone of the rule's kind, with what is known about it when it is sure."""

    remain: Remain
    zone: PictureZone
    passer: Track | None
    class_name: str | None
    score: float

    @property
    def passer_id(self) -> int | None:
        return None if self.passer is None else self.passer.track_id

    @property
    def confidence(self) -> float:
        """0 to 1 (ours): somebody passed, it stands out, the model knows it."""
        stands_out = min(self.remain.first.contrast / 60, 1.0)
        sure = 0.45 + 0.2 * (self.passer is not None) + 0.15 * stands_out
        if self.class_name is not None:
            sure = max(sure, 0.6 + 0.4 * self.score)
        return round(sure, 3)


@dataclass(slots=True, eq=False)
class _Telling:
    """An event that is not over, and the parts of it that still lie there."""

    event: SceneEvent
    passer_id: int | None
    parts: set[int]
    box: Box


@dataclass(slots=True, eq=False)
class ToldRemains:
    """Which remains were told under which kind, for the zones of one kind."""

    kind: str
    zone_kind: CameraZoneKind
    _telling: list[_Telling] = field(default_factory=list)
    _zones: list[PictureZone] = field(default_factory=list)

    def found(self, view: SceneView) -> list[Found]:
        """What appeared in a zone of this kind, or reaches into it now."""
        fresh = [*view.remains.appeared, *(r for r in view.remains.grown if not r.told)]
        if not fresh or view.suspended:
            return []
        height, width = view.look.changed.shape
        if not self._zones or self._zones[0].mask.shape != (height, width):
            self._zones = picture_zones(view.camera.zones, width, height)
        found = []
        for remain in fresh:
            zone = zone_of(remain.region, self._zones)
            if zone is None or zone.zone.kind is not self.zone_kind or _is_far(remain, view):
                continue
            name, score = confirmed(remain.box, view.detections)
            passer = passer_of(remain.box, remain.started_at, view.at, view.tracks)
            found.append(Found(remain, zone, passer, name, score))
        return found

    def tell(self, view: SceneView, parts: Sequence[Found], parameters: Values) -> SceneEvent:
        """One event of all `parts`, which appeared in one picture; told as the surest of them."""
        found = max(parts, key=lambda part: part.confidence)
        remain, first = found.remain, found.remain.first
        box = reduce(around_both, (part.remain.box for part in parts))
        started_at = min(part.remain.started_at for part in parts)
        passer = None
        shots = []
        seen_first_at = found.passer.first_seen_at if found.passer else started_at
        before = view.album.before(seen_first_at) or view.album.before(started_at)
        if before is not None:
            shots.append(before.snapshot("before"))
        if found.passer is not None:
            passer, page = describe(view.camera.id, found.passer, box, view.album, before)
            if page is not None:
                shots.append(page.snapshot("passage"))
        shots.append(page_of(view.frame, view.current).snapshot("after"))
        width, height = view.frame.size_px
        place = None
        if view.ground is not None:
            x1, y1, x2, y2 = remain.box
            place = view.ground.place((x1 + x2) / 2 / width, (y1 + y2) / 2 / height)
        event = SceneEvent(
            kind=self.kind,
            camera_id=view.camera.id,
            camera_zone_id=found.zone.zone.id,
            placement_id=view.camera.placement_id,
            started_at=started_at,
            raised_at=view.at,
            box=box,
            lon=None if place is None else place.lon,
            lat=None if place is None else place.lat,
            uncertainty_m=None if place is None else place.uncertainty_m,
            confidence=found.confidence,
            suspected=found.class_name is None,
            class_name=found.class_name,
            passer=passer,
            track=()
            if found.passer is None
            else way_of(found.passer, view.ground, view.frame.size_px),
            snapshots=tuple(shots),
            values={
                "stayed_s": round(first.age_s, 1),
                "contrast_levels": round(first.contrast, 1),
                "added": round(first.added, 2),
                "displaced": round(first.displaced, 2),
                "steep": round(first.steep, 3),
                "area_px": round(
                    sum(part.remain.first.area for part in parts) / view.look.scale**2
                ),
                "light": view.light.light.value,
                "wet": first.wet,
                **({} if found.class_name is None else {"class_name": found.class_name}),
            },
            parameters=parameters,
        )
        for part in parts:
            part.remain.told = True
        numbers = {part.remain.number for part in parts}
        self._telling.append(_Telling(event, found.passer_id, numbers, box))
        return event

    def joins(self, found: Found, within_s: float, width_px: int) -> bool:
        """True where it is one more part of what was told: hence no event of its own."""
        for telling in self._telling:
            begun = telling.event.started_at, telling.passer_id, telling.box
            if self._is_part(found, begun, within_s, width_px):
                telling.parts.add(found.remain.number)
                telling.box = around_both(telling.box, found.remain.box)
                found.remain.told = True
                return True
        return False

    def together(
        self, all_found: Iterable[Found], within_s: float, width_px: int
    ) -> list[list[Found]]:
        """Those of one picture that are parts of one."""
        groups: list[list[Found]] = []
        for found in all_found:
            for group in groups:
                begun = ((o.remain.started_at, o.passer_id, o.remain.box) for o in group)
                if any(self._is_part(found, each, within_s, width_px) for each in begun):
                    group.append(found)
                    break
            else:
                groups.append([found])
        return groups

    def _is_part(
        self, found: Found, begun: tuple[datetime, int | None, Box], within_s: float, width_px: int
    ) -> bool:
        """The same passer's, or beside it. `begun`: since when, by whom and where that lies.

        On a road, what begins to lie there within `AT_ONCE_S` was lost by one, along its way.
        `width_px`: of the frame.
        """
        started_at, passer_id, box = begun
        since_s = abs((found.remain.started_at - started_at).total_seconds())
        same = found.passer_id is not None and passer_id == found.passer_id
        near = gap(box, found.remain.box) <= NEAR_SHARE * width_px
        at_once = self.zone_kind is CameraZoneKind.ROAD and since_s <= AT_ONCE_S
        return at_once or (same and since_s <= within_s) or (near and since_s <= NEAR_S)

    def ended(self, view: SceneView) -> list[SceneEvent]:
        """The events whose things are gone, all of them."""
        over = []
        gone = {remain.number: remain for remain in view.remains.ended}
        for telling in list(self._telling):
            last = None
            for number in telling.parts & gone.keys():
                telling.parts.discard(number)
                last = gone[number]
            if last is not None and not telling.parts:
                self._telling.remove(telling)
                over.append(_ended(telling.event, last))
        return over


def _is_far(remain: Remain, view: SceneView) -> bool:
    """So far off, by the ground map, that nobody can tell a thing from somebody who stands."""
    if view.ground is None:
        return False
    width, height = view.frame.size_px
    x1, _, x2, y2 = remain.box
    metres = view.ground.metres_per_px((x1 + x2) / 2 / width, y2 / height, (width, height))
    return metres is None or metres * width > WIDEST_M


def _ended(event: SceneEvent, remain: Remain) -> SceneEvent:
    """The event as it is told again when its thing is over."""
    return msgspec.structs.replace(
        event, ended_at=remain.ended_at, values={**event.values, "end": remain.end}
    )


def confirmed(
    box: Box, detections: Detections, of: Callable[[str], bool] = DUMPED_CLASSES.__contains__
) -> tuple[str | None, float]:
    """The model's class of matter in that place, best score first; (None, 0) where it has none."""
    for index in range(len(detections)):
        name = detections.class_name(index)
        x1, y1, x2, y2 = (float(n) for n in detections.boxes[index])
        seen = (x1, y1, x2, y2)
        if of(name) and shared(box, seen) >= SAME_PLACE:
            return name, float(detections.scores[index])
    return None, 0.0
