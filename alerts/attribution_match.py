"""Sightings and positions in, at which truck each is laid out (归因). Pure.

Method, formulas and measured figures: docs/attribution.md.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import pairwise

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import Geometry

from alerts.attribution import Attribution, Candidate
from alerts.attribution_clock import CameraClock
from alerts.attribution_evidence import Evidence, weigh
from alerts.attribution_joint import Floats, Marginals, marginals
from alerts.attribution_motion import Origin, VehicleFixes, whereabouts
from alerts.attribution_parameters import AttributionParameters
from alerts.attribution_plate import SAME
from alerts.attribution_seen import Seen
from config.degrees import metres_per_degree
from config.site import Site
from config.vehicle import Vehicle

_LEAST_CONFIDENCE = 0.02
_TOGETHER_AT_MOST = 8
_REACH_M = 200.0
_FASTEST_MS = 25.0


@dataclass(frozen=True, slots=True)
class FleetKnown:
    """What is known of the fleet about the time of the sightings.

    Attributes:
        fixes: by vehicle, from `most_gap_s` before the first to as far as they are in.
        elsewhere: vehicles heard within `most_gap_s` that were too far away for their fixes to be
            given; None where that was not asked, and then nobody is said to be silent.
        laden: by vehicle, what its trip says of its load; those in none are absent.
        now: event time up to which positions have come (aware).
    """

    fixes: Mapping[str, VehicleFixes]
    now: datetime
    laden: Mapping[str, bool] = field(default_factory=dict)
    elsewhere: frozenset[str] | None = None


def attribute(
    tracks: Sequence[Seen],
    fleet: FleetKnown,
    site: Site,
    *,
    clocks: Mapping[str, CameraClock] | None = None,
    parameters: AttributionParameters | None = None,
) -> list[Attribution]:
    """One answer a track, in order of camera and time, whatever the order given.

    Give all tracks of a camera within a minute of the one in question together: who is one truck is
    not the other. `clocks` by camera, where something was learned of them.
    """
    parameters = parameters or AttributionParameters.of(site.rules)
    answers = []
    for camera_id in sorted({seen.camera_id for seen in tracks}):
        clock = (clocks or {}).get(camera_id, CameraClock(0.0, parameters.camera_clock_s))
        here = [seen for seen in tracks if seen.camera_id == camera_id]
        for group in together(here, parameters):
            answers.extend(_group(group, fleet, site, clock, parameters))
    return answers


def together(tracks: Sequence[Seen], parameters: AttributionParameters) -> list[list[Seen]]:
    """Tracks of one camera in groups that are judged jointly: chains of gaps below a minute.

    A chain of more than 8 is cut at its longest gap, so that the sums stay exact.
    """
    ordered = sorted(tracks, key=lambda seen: (seen.at, seen.track_uid))
    groups: list[list[Seen]] = []
    for seen in ordered:
        near = groups and _seconds(groups[-1][-1], seen) <= parameters.together_s
        if near:
            groups[-1].append(seen)
        else:
            groups.append([seen])
    return [part for group in groups for part in _cut(group)]


def _cut(group: list[Seen]) -> list[list[Seen]]:
    if len(group) <= _TOGETHER_AT_MOST:
        return [group]
    gaps = [_seconds(a, b) for a, b in pairwise(group)]
    at = 1 + max(range(len(gaps)), key=lambda i: gaps[i])
    return _cut(group[:at]) + _cut(group[at:])


def _seconds(a: Seen, b: Seen) -> float:
    return (b.at - a.at).total_seconds()


def _group(
    tracks: Sequence[Seen],
    fleet: FleetKnown,
    site: Site,
    clock: CameraClock,
    parameters: AttributionParameters,
) -> list[Attribution]:
    vehicles = {v.vehicle_id: v for v in site.vehicles.values() if v.in_force(tracks[0].at)}
    first = min(m.at for seen in tracks for m in seen.moments).timestamp()
    last = max(m.at for seen in tracks for m in seen.moments).timestamp()
    about = {
        vehicle_id: near
        for vehicle_id in vehicles
        if vehicle_id in fleet.fixes
        and (near := fleet.fixes[vehicle_id].about(first, last, parameters.most_gap_s)) is not None
    }
    inside = _inside(site, tracks[0].camera_id, parameters.outline_m)
    evidence = weigh(
        tracks, vehicles, about, clock, parameters,
        laden=fleet.laden, elsewhere=fleet.elsewhere, inside=inside,
    )  # fmt: skip
    offsets, prior = clock.offsets()
    found = marginals(
        evidence.weights, evidence.stranger, _excludes(tracks, parameters), prior, evidence.unseen
    )
    judged = _Judged(evidence, found, offsets, about, vehicles, fleet.now, parameters)
    return [judged.answer(i, seen) for i, seen in enumerate(tracks)]


def _inside(site: Site, camera_id: str, within_m: float) -> Geometry | None:
    """The site whose gate it watches, where its outline is drawn up to there."""
    camera = site.cameras.get(camera_id)
    zone = site.zones.get(camera.site_zone) if camera and camera.site_zone else None
    if camera is None or zone is None:
        return None
    east, north = metres_per_degree(camera.lat)
    here, scale = (camera.lon, camera.lat), (east, north)
    scaled = shapely.transform(zone.geometry, lambda degrees: (degrees - here) * scale)
    return zone.geometry if shapely.distance(scaled, shapely.Point(0, 0)) <= within_m else None


def _excludes(tracks: Sequence[Seen], parameters: AttributionParameters) -> NDArray[np.bool_]:
    """(m, m): two tracks that cannot be one vehicle, which would have had to come back between."""
    result = np.zeros((len(tracks), len(tracks)), bool)
    for i, a in enumerate(tracks):
        for j, b in enumerate(tracks):
            if i >= j:
                continue
            way_a, way_b = a.moments[-1].direction, b.moments[0].direction
            turned = way_a is not None and way_b is not None and way_a is not way_b
            least = parameters.turn_s if turned else parameters.together_s
            apart = (b.moments[0].at - a.moments[-1].at).total_seconds()
            result[i, j] = result[j, i] = apart < least
    return result


@dataclass(frozen=True, slots=True, eq=False)
class _Judged:
    """A group with all that was found of it."""

    evidence: Evidence
    found: Marginals
    offsets: Floats
    about: Mapping[str, VehicleFixes]
    vehicles: Mapping[str, Vehicle]
    now: datetime
    parameters: AttributionParameters

    @property
    def shift_s(self) -> float:
        """What the clock is off, in the light of the whole group."""
        return float(self.found.offset @ self.offsets)

    def answer(self, i: int, seen: Seen) -> Attribution:
        confidences = self.found.vehicle[i]
        order = np.argsort(-confidences, kind="stable").tolist()
        candidates = tuple(
            self._candidate(i, n, seen) for n in order if confidences[n] >= _LEAST_CONFIDENCE
        )
        final = self._is_final(seen)
        named = None
        if candidates:
            best = candidates[0]
            others = [float(confidences[n]) for n in order[1:]]
            rest = max(float(self.found.nobody[i]), *others, 1e-12)
            sure = best.confidence >= self.parameters.certain
            sure = sure and best.confidence >= self.parameters.margin * rest
            if sure and (final or best.plate_read == SAME):
                named = best.vehicle_id
        return Attribution(
            camera_id=seen.camera_id,
            track_uid=seen.track_uid,
            at=seen.at,
            candidates=candidates,
            nobody=max(0.0, 1.0 - sum(c.confidence for c in candidates)),
            vehicle_id=named,
            final=final,
        )

    def _candidate(self, i: int, n: int, seen: Seen) -> Candidate:
        vehicle_id = self.evidence.vehicle_ids[n]
        confidence = float(self.found.vehicle[i, n])
        plate_read = self.evidence.plates[i][n]
        plate = self.vehicles[vehicle_id].plate
        fixes = self.about.get(vehicle_id)
        if fixes is None:
            return Candidate(
                vehicle_id=vehicle_id,
                confidence=confidence,
                plate_read=plate_read,
                values={"plate": plate},
            )
        moment = seen.moments[0]
        at_s = moment.at.timestamp() + self.shift_s
        place = Origin.at(moment.lon, moment.lat)
        where = whereabouts(fixes, np.array([at_s]), place, self.parameters)
        by_place = self.evidence.by_place[:, i, n]
        own = float(by_place @ self.offsets / by_place.sum()) if by_place.sum() > 1e-9 else None
        return Candidate(
            vehicle_id=vehicle_id,
            confidence=confidence,
            distance_m=round(float(np.hypot(*where.place[0])), 1),
            gap_s=round(fixes.gap_s(at_s) or 0.0, 1),
            plate_read=plate_read,
            values={
                "plate": plate,
                "place_error_m": round(float(np.sqrt(where.place_var[0])), 1),
                "offset_s": None if own is None else round(own, 2),
                "laden": fixes.laden,
            },
        )

    def _is_final(self, seen: Seen) -> bool:
        """No vehicle that may still turn out to have been here has a fix to come."""
        place = seen.moments[-1]
        if (self.now - place.at).total_seconds() >= self.parameters.final_after_s:
            return True
        needed = place.at.timestamp() + self.shift_s + 2 * self.parameters.terminal_clock_s
        origin = Origin.at(place.lon, place.lat)
        for fixes in self.about.values():
            newest = float(fixes.at_s[-1])
            if newest >= needed:
                continue
            away = np.hypot(*origin.metres(fixes.lon[-1:], fixes.lat[-1:])[0])
            if away <= _REACH_M + _FASTEST_MS * (needed - newest):
                return False
        return True
