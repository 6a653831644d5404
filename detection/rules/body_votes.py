"""What a truck's body shows, by votes over the truck's pictures (车厢状态投票).

What open loads and raised bodies share: one event a truck, told once, and again when it is over.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import msgspec

from config.rule_parameters import as_values
from detection.album import page_of
from detection.detections import TRUCK_CLASSES
from detection.parameters import LoadParameters
from detection.passage import way_of
from detection.picture_zones import point_in_zone
from detection.same_vehicle import goes_on_as, same_vehicle
from detection.scene_event import Passer, SceneEvent
from detection.scene_view import SceneView
from detection.sighting import track_uid
from detection.tracking import MOVING, BodySeen, Track

Allows = Callable[[SceneView, Track], bool]


@dataclass(frozen=True, slots=True)
class Votes:
    """`share` of the pictures of the body in which it shows the class, `score` their mean."""

    count: int
    share: float
    score: float


def votes_for(class_name: str, bodies: list[BodySeen]) -> Votes:
    own = [body.score for body in bodies if body.class_name == class_name]
    if not own:
        return Votes(0, 0.0, 0.0)
    return Votes(len(own), len(own) / len(bodies), sum(own) / len(own))


def _lately(bodies: Sequence[BodySeen], within_s: float) -> list[BodySeen]:
    """Those of the last `within_s` before the newest."""
    return [b for b in bodies if (bodies[-1].at - b.at).total_seconds() <= within_s]


@dataclass(slots=True, eq=False)
class BodyVotes:
    """One class of body -> one kind of alert; `allows` is the rule's own condition."""

    kind: str
    class_name: str
    parameters: LoadParameters
    allows: Allows
    _told: dict[int, SceneEvent] = field(default_factory=dict)

    def advance(self, view: SceneView) -> list[SceneEvent]:
        events = self._ended(view)
        if view.suspended:
            return events
        for track in view.current:
            if track.track_id in self._told or not _may_be_truck(track):
                continue
            p = self.parameters
            votes = votes_for(self.class_name, _lately(track.bodies, p.within_s))
            sure = votes.count >= p.votes and votes.share >= p.share and votes.score >= p.score
            shows = bool(track.bodies) and track.bodies[-1].class_name == self.class_name
            if sure and shows and self.allows(view, track) and not self._told_already(view, track):
                event = self._event(view, track, votes)
                self._told[track.track_id] = event
                events.append(event)
        return events

    def _told_already(self, view: SceneView, track: Track) -> bool:
        """Under another id: of a part that was followed beside it, or one that was lost."""
        told = (view.tracks[i] for i in self._told if i in view.tracks)
        return any(same_vehicle(one, track) or goes_on_as(one, track) for one in told)

    def _ended(self, view: SceneView) -> list[SceneEvent]:
        over = []
        for track_id, event in list(self._told.items()):
            if event.ended_at is not None:
                if track_id not in view.tracks:
                    del self._told[track_id]
                continue
            track = view.tracks.get(track_id)
            seen = [b.at for b in track.bodies if b.class_name == self.class_name] if track else []
            last_at = seen[-1] if seen else event.raised_at
            away_s = (view.at - last_at).total_seconds()
            if track is None or away_s > self.parameters.ended_after_s:
                told = msgspec.structs.replace(
                    event, ended_at=last_at, values={**event.values, "end": "no_longer_seen"}
                )
                self._told[track_id] = told
                over.append(told)
        return over

    def _event(self, view: SceneView, track: Track, votes: Votes) -> SceneEvent:
        own = [body for body in track.bodies if body.class_name == self.class_name]
        best = max(own, key=lambda body: body.score)
        place = None
        if view.ground is not None:
            width, height = view.frame.size_px
            x1, _, x2, y2 = track.box
            place = view.ground.place((x1 + x2) / 2 / width, y2 / height)
        page = view.album.passage(track.track_id, best.box)
        uid = track_uid(view.camera.id, track.first_seen_at, track.track_id)
        shots = [page.snapshot("passage")] if page is not None else []
        shots.append(page_of(view.frame, view.current).snapshot("after"))
        return SceneEvent(
            kind=self.kind,
            camera_id=view.camera.id,
            camera_zone_id=zone_under(view, track),
            placement_id=view.camera.placement_id,
            started_at=own[0].at,
            raised_at=view.at,
            box=own[-1].box,
            lon=None if place is None else place.lon,
            lat=None if place is None else place.lat,
            uncertainty_m=None if place is None else place.uncertainty_m,
            confidence=round(votes.score * votes.share * (1 - 0.5 ** (votes.count / 2)), 3),
            suspected=False,
            class_name=self.class_name,
            passer=Passer(
                track_id=track.track_id,
                track_uid=uid,
                class_name=track.class_name,
                box=track.box,
                seen_at=view.at,
                confidence=round(track.score, 3),
            ),
            track=way_of(track, view.ground, view.frame.size_px),
            snapshots=tuple(shots),
            values={
                "votes": votes.count,
                "share": round(votes.share, 2),
                "score": round(votes.score, 2),
                "light": view.light.light.value,
            },
            parameters=as_values(self.parameters),
        )


def zone_under(view: SceneView, track: Track) -> str:
    """The id of the area zone that the track stands in; "" outside of all."""
    width, height = view.frame.size_px
    x1, _, x2, y2 = track.box
    foot = ((x1 + x2) / 2 / width, y2 / height)
    for zone in view.camera.zones:
        if point_in_zone(zone, foot):
            return zone.id
    return ""


def _may_be_truck(track: Track) -> bool:
    """A truck by most votes, or a mover that the model names only by its body."""
    return track.class_name in TRUCK_CLASSES | {MOVING}
