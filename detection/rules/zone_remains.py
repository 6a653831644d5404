"""The remains in a camera's zones of one kind that are what somebody left (区域内遗留物)."""

from __future__ import annotations

from dataclasses import dataclass, field

from config.camera import CameraZoneKind
from detection.detections import PERSON_CLASSES
from detection.passage import passers_of
from detection.picture_zones import PictureZone, picture_zones, zone_of
from detection.remain import Remain
from detection.rules.found_remain import Found, confirmed
from detection.rules.hardly_matter import is_hardly_matter, is_small
from detection.scene_view import SceneView

WIDEST_M = 40.0  # of ground across the picture: somebody there has 27 of 640 working pixels (ours)
NAMED_PICTURES, NAMED_SCORE = 3, 0.5  # that the model takes to lift a doubt (ours)


@dataclass(slots=True, eq=False)
class _Doubted:
    """Hardly matter, and in how many pictures the model called it that nevertheless.

    `small`: off the road, it was too small to tell; it is judged anew when it has grown.
    """

    remain: Remain
    small: bool
    named: int = 0


@dataclass(slots=True, eq=False)
class ZoneRemains:
    """Shown every view in order of time; remembers what it doubts, and the zones as drawn."""

    zone_kind: CameraZoneKind
    _doubted: dict[int, _Doubted] = field(default_factory=dict)
    _zones: list[PictureZone] = field(default_factory=list)

    def found(self, view: SceneView) -> list[Found]:
        """What appeared in a zone of this kind, reaches into it now, or is doubted no more."""
        for remain in view.remains.ended:
            self._doubted.pop(remain.number, None)
        if view.suspended:
            return []
        height, width = view.look.changed.shape
        if not self._zones or self._zones[0].mask.shape != (height, width):
            self._zones = picture_zones(view.camera.zones, width, height)
        found = []
        for remain in (*view.remains.appeared, *view.remains.grown):
            doubted = self._doubted.get(remain.number)
            if remain.told or (doubted is not None and not doubted.small):
                continue
            one = self._in_zone(remain, view)
            if one is not None and is_hardly_matter(one, view):
                small = self.zone_kind is CameraZoneKind.NO_DUMP and is_small(remain)
                self._doubted[remain.number] = _Doubted(remain, small)
            elif one is not None:
                self._doubted.pop(remain.number, None)
                found.append(one)
        return found + self._doubted_no_more(view)

    def _doubted_no_more(self, view: SceneView) -> list[Found]:
        """What the model has come to name, in `NAMED_PICTURES` pictures; it knew nothing at first.

        Nothing else will do: who stands there walks on at last, and is a passer then.
        """
        found = []
        for doubted in list(self._doubted.values()) if len(view.detections) else ():
            one = self._in_zone(doubted.remain, view)
            if one is None or one.score < NAMED_SCORE or is_hardly_matter(one, view):
                continue
            doubted.named += 1
            if doubted.named >= NAMED_PICTURES:
                del self._doubted[doubted.remain.number]
                found.append(one)
        return found

    def _in_zone(self, remain: Remain, view: SceneView) -> Found | None:
        """None where it lies in no zone of this kind, or too far off."""
        zone = zone_of(remain.region, self._zones)
        if zone is None or zone.zone.kind is not self.zone_kind or _is_far(remain, view):
            return None
        name, score = confirmed(remain.box, view.detections)
        passers = passers_of(remain.box, remain.started_at, view.at, view.tracks)
        if self.zone_kind is CameraZoneKind.ROAD:  # what lies there fell off something
            passers = [p for p in passers if p.class_name not in PERSON_CLASSES] or passers
        ids = frozenset(passer.track_id for passer in passers)
        return Found(remain, zone, passers[0] if passers else None, name, score, ids)


def _is_far(remain: Remain, view: SceneView) -> bool:
    """So far off, by the ground map, that nobody can tell a thing from somebody who stands."""
    if view.ground is None:
        return False
    width, height = view.frame.size_px
    x1, _, x2, y2 = remain.box
    metres = view.ground.metres_per_px((x1 + x2) / 2 / width, y2 / height, (width, height))
    return metres is None or metres * width > WIDEST_M
