"""What a passage before a camera shows against the register (过车研判): an unknown truck, a silent
terminal, a truck that leaves a site laden without a permit and that only the camera saw.

Pure, and told once for a passage: when its attribution is final.
"""

from __future__ import annotations

from dataclasses import dataclass

from alerts.attribution import Attribution, Candidate
from alerts.attribution_match import FleetKnown
from alerts.attribution_parameters import AttributionParameters
from alerts.attribution_plate import SAME
from alerts.gate_parameters import (
    NO_PERMIT,
    TERMINAL_SILENT,
    UNKNOWN_TRUCK,
    GateParameters,
    kinds_told,
)
from alerts.value import Value
from config.camera import CameraRole
from config.site import Site
from config.vehicle import Vehicle, VehicleKind
from config.zone import ZoneKind
from detection.scene_event import Passer, SceneEvent
from detection.sighting import Direction, Load, Sighting
from geofence.rules.no_permit import Papers

_TRUCKS = frozenset({"muck_truck", "truck", "load_open", "load_covered", "body_raised"})


def gate_findings(
    sighting: Sighting,
    answer: Attribution,
    site: Site,
    fleet: FleetKnown,
    *,
    parameters: GateParameters | None = None,
) -> list[SceneEvent]:
    """Findings of one passage; none while its attribution is not final, or of no truck.

    `answer` is that of the sighting's track, `fleet` what was known for it. Where
    `fleet.elsewhere` is None nobody is said to be silent. Without `parameters`, those of the site.
    """
    if not answer.final or answer.track_uid != sighting.track_uid:
        return []
    parameters = parameters or GateParameters.of(site.rules)
    case = _Case(sighting, answer, site, fleet, parameters)
    if not case.is_truck:
        return []
    found = (case.unknown_truck(), case.terminal_silent(), case.no_permit())
    told = kinds_told(site.rules)
    return [event for event in found if event is not None and event.kind in told]


@dataclass(frozen=True, slots=True)
class _Case:
    sighting: Sighting
    answer: Attribution
    site: Site
    fleet: FleetKnown
    p: GateParameters

    @property
    def is_truck(self) -> bool:
        seen = self.sighting
        return seen.class_name in _TRUCKS and seen.class_confidence >= self.p.class_confidence

    def unknown_truck(self) -> SceneEvent | None:
        """At a gate a truck that no register knows."""
        camera = self.site.cameras.get(self.sighting.camera_id)
        if camera is None or camera.role is not CameraRole.GATE:
            return None
        plate = self.sighting.plate
        if plate is not None and plate.reliability >= self.p.reliability:
            if self._registered(plate.text) is not None:
                return None
            sure, reason = plate.reliability * self.answer.nobody, "plate_not_registered"
        elif (silent := self._silent_count()) is not None:
            sure = self.answer.nobody * (1 - self._chance_of_silent(silent))
            reason = "no_truck_near"
        else:
            return None
        if sure < self.p.likely:
            return None
        unread = reason == "no_truck_near"
        return self._event(
            UNKNOWN_TRUCK,
            sure,
            suspected=unread or sure < self.p.sure,
            reason=reason,
            nobody=round(self.answer.nobody, 3),
            silent_trucks=self._silent_count(),
        )

    def terminal_silent(self) -> SceneEvent | None:
        """A registered truck, known by its plate, whose terminal does not say that it is here."""
        best = self._by_plate()
        if best is None:
            return None
        vehicle = self.site.vehicles[best.vehicle_id]
        if not vehicle.terminal_id:
            reason = "no_terminal"
        elif best.distance_m is not None:
            if best.distance_m <= self.p.elsewhere_m:
                return None
            reason = "elsewhere"
        elif self.fleet.elsewhere is None:
            return None
        else:
            reason = "elsewhere" if best.vehicle_id in self.fleet.elsewhere else "silent"
        return self._event(
            TERMINAL_SILENT,
            best.confidence,
            suspected=best.confidence < self.p.sure,
            vehicle=best.vehicle_id,
            reason=reason,
            distance_m=best.distance_m,
            gap_s=best.gap_s,
        )

    def no_permit(self) -> SceneEvent | None:
        """Leaves a site laden without a permit, and its positions do not show it there.

        What its positions show, the fleet's own rule judges.
        """
        seen, zone_id = self.sighting, self._site_zone()
        laden = seen.load in {Load.OPEN, Load.COVERED}
        if zone_id is None or not laden or seen.load_confidence < self.p.load_confidence:
            return None
        if seen.direction is not Direction.OUT:
            return None
        papers = Papers(self.site)
        bad, values = self.answer.nobody, dict[str, Value]()
        worst: Candidate | None = None
        for candidate in self.answer.candidates:
            vehicle = self.site.vehicles.get(candidate.vehicle_id)
            if vehicle is None or vehicle.kind is not VehicleKind.MUCK or self._is_here(candidate):
                continue
            judged = papers.judge(candidate.vehicle_id, zone_id, seen.at)
            if judged is None:
                continue
            bad += candidate.confidence
            if worst is None:
                worst, values = candidate, {**judged[1], "permit": judged[0]}
        if bad < self.p.sure:
            return None
        if worst is None or worst.confidence < self.answer.nobody:
            values, worst = {"reason": "not_registered"}, None
        named = worst is not None and worst.vehicle_id == self.answer.vehicle_id
        return self._event(
            NO_PERMIT,
            bad * seen.load_confidence,
            suspected=not named,
            zone_id=zone_id,
            load=str(seen.load),
            vehicle=None if worst is None else worst.vehicle_id,
            **values,
        )

    def _by_plate(self) -> Candidate | None:
        plate, best = self.sighting.plate, next(iter(self.answer.candidates), None)
        if plate is None or best is None or best.plate_read != SAME:
            return None
        if plate.reliability < self.p.reliability or best.confidence < self.p.sure:
            return None
        return best

    def _is_here(self, candidate: Candidate) -> bool:
        away = candidate.distance_m
        return away is not None and away <= self.p.elsewhere_m

    def _registered(self, plate: str) -> Vehicle | None:
        at = self.sighting.at
        owners = (v for v in self.site.vehicles.values() if v.plate == plate and v.in_force(at))
        return next(owners, None)

    def _silent_count(self) -> int | None:
        """Muck trucks of the register that sent nothing about that time; None: not known."""
        if self.fleet.elsewhere is None:
            return None
        heard = self.fleet.elsewhere | self.fleet.fixes.keys()
        return sum(
            vehicle.kind is VehicleKind.MUCK
            and vehicle.vehicle_id not in heard
            and vehicle.in_force(self.sighting.at)
            for vehicle in self.site.vehicles.values()
        )

    def _chance_of_silent(self, silent: int) -> float:
        """That a truck which nobody near can be is one of the silent ones of the fleet."""
        weights = AttributionParameters.of(self.site.rules)
        own = silent * weights.fleet_passages_per_day / 86_400
        return own / (own + weights.stranger_trucks_per_h / 3_600)

    def _site_zone(self) -> str | None:
        """The site whose gate it is, where permits are kept of it at all."""
        camera = self.site.cameras.get(self.sighting.camera_id)
        zone = self.site.zones.get(camera.site_zone or "") if camera else None
        if zone is None or zone.kind is not ZoneKind.SITE:
            return None
        kept = any(permit.site_zone == zone.id for permit in self.site.permits.values())
        return zone.id if kept else None

    def _event(
        self, kind: str, confidence: float, *, suspected: bool, **values: Value
    ) -> SceneEvent:
        seen, plate = self.sighting, self.sighting.plate
        told: dict[str, Value] = {"class_name": seen.class_name, "color": seen.color}
        if seen.direction is not None:
            told["direction"] = str(seen.direction)
        if plate is not None:
            told |= {"plate_read": plate.text, "reliability": plate.reliability}
        return SceneEvent(
            kind=kind,
            camera_id=seen.camera_id,
            camera_zone_id=seen.line_id,
            placement_id=seen.placement_id,
            started_at=seen.at,
            raised_at=max(seen.last_seen_at, seen.at),
            ended_at=max(seen.last_seen_at, seen.at),
            box=seen.box,
            lon=seen.lon,
            lat=seen.lat,
            uncertainty_m=seen.uncertainty_m,
            confidence=round(min(confidence, 1.0), 3),
            suspected=suspected,
            class_name=seen.class_name,
            passer=Passer(
                track_id=0,
                track_uid=seen.track_uid,
                class_name=seen.class_name,
                box=seen.box if seen.snapshot is None else _pictured(seen),
                seen_at=seen.at,
                confidence=seen.class_confidence,
                color=seen.color,
            ),
            track=seen.track,
            snapshots=() if seen.snapshot is None else (seen.snapshot,),
            values={**told, **values},
            parameters={
                "reliability": self.p.reliability,
                "sure": self.p.sure,
                "elsewhere_m": self.p.elsewhere_m,
            },
        )


def _pictured(seen: Sighting) -> tuple[float, float, float, float]:
    """Its box in its own snapshot."""
    if seen.snapshot is not None:
        for shown in seen.snapshot.seen:
            if shown.track_uid == seen.track_uid:
                return shown.box
    return seen.box
