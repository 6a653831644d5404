"""From what stayed to the event that tells it (遗留物告警).

What spillage and illegal dumping share: the event is told once, and again when the thing is gone.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import reduce

import msgspec

from detection.album import page_of
from detection.box_geometry import around_both, gap
from detection.passage import describe, way_of
from detection.remain import Remain
from detection.rules.found_remain import Found, Part
from detection.scene_event import SceneEvent
from detection.scene_view import SceneView

Values = dict[str, float | int | str | bool | None]

AT_ONCE_S = 2.0  # ours
PASSED_BOTH_S = 6.0  # that a truck takes through the picture, by whatever id (ours)
NEAR_SHARE = 0.08  # of the picture's width: so far from what was told...
NEAR_S = 12.0  # ...and begun so long before or after it, it is one more part of it (ours)


@dataclass(slots=True, eq=False)
class _Telling:
    """An event that is not over, and the parts of it that still lie there."""

    event: SceneEvent
    whole: Part
    parts: set[int]


@dataclass(slots=True, eq=False)
class ToldRemains:
    """Which remains were told as one kind of event, and what is a part of them.

    `along_a_way`: what begins to lie there within `AT_ONCE_S` was lost by one.
    """

    kind: str
    along_a_way: bool = False
    _telling: list[_Telling] = field(default_factory=list)

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
        passers = frozenset[int]().union(*(part.passers for part in parts))
        whole = Part(started_at, found.part.passer_id, passers, box)
        self._telling.append(_Telling(event, whole, numbers))
        return event

    def joins(self, found: Found, within_s: float, width_px: int) -> bool:
        """True where it is one more part of what was told: hence no event of its own."""
        for telling in self._telling:
            if self._is_part(found.part, telling.whole, within_s, width_px):
                telling.parts.add(found.remain.number)
                around = around_both(telling.whole.box, found.remain.box)
                telling.whole = telling.whole._replace(box=around)
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
                if any(self._is_part(found.part, o.part, within_s, width_px) for o in group):
                    group.append(found)
                    break
            else:
                groups.append([found])
        return groups

    def _is_part(self, part: Part, whole: Part, within_s: float, width_px: int) -> bool:
        """The same passer's, or beside it, or left by one who passed both.

        `width_px`: of the frame.
        """
        since_s = abs((part.started_at - whole.started_at).total_seconds())
        same = part.passer_id is not None and part.passer_id == whole.passer_id
        passed_both = bool(part.passers & whole.passers)
        near = gap(whole.box, part.box) <= NEAR_SHARE * width_px
        at_once = self.along_a_way and since_s <= AT_ONCE_S
        return (
            at_once
            or (same and since_s <= within_s)
            or (passed_both and since_s <= PASSED_BOTH_S)
            or (near and since_s <= NEAR_S)
        )

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


def _ended(event: SceneEvent, remain: Remain) -> SceneEvent:
    """The event as it is told again when its thing is over."""
    return msgspec.structs.replace(
        event, ended_at=remain.ended_at, values={**event.values, "end": remain.end}
    )
