"""A site compiled for judging: everything in metres, numbered and indexed."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import shapely

from config.hours import DailyHours
from config.site import Site
from config.vehicle import VehicleKind
from config.zone import Zone, ZoneKind
from geofence.parameters import read_parameters
from geofence.plans import Plans
from geofence.projection import Projection
from geofence.work_plans import WorkPlans
from geofence.zone_index import ZoneIndex

KINDS = tuple(VehicleKind)
"""Vehicle kinds by number; muck trucks are 0."""
_MUCK_ONLY = (ZoneKind.SITE, ZoneKind.GROUND, ZoneKind.RESTRICTED, ZoneKind.HOTSPOT)
_SANITATION_ONLY = (ZoneKind.WORK_AREA,)
_KNOWN = (ZoneKind.SITE, ZoneKind.GROUND, ZoneKind.TRANSFER_STATION, ZoneKind.DEPOT)
_OF_WORK = (ZoneKind.TRANSFER_STATION, ZoneKind.DEPOT)
OWN_SHARE = 0.9
"""A work area that so much of a route lies in is the route's; if none is, all that touch it."""


class Ground:
    """What rules know of a site; never changes after it was made.

    Attributes:
        work: what the round plans ask of sanitation vehicles.
        hours: the distinct daily hours; `zone_hours[z]` and `permit_hours[p]` are numbers of them.
        kinds: vehicle id -> kind, for registered vehicles.
        zone_kind: of each zone, by id.
        zone_matters: (kinds + 1, zones), whether a vehicle of a kind has to do with a zone: muck
            trucks drive through work areas, and sweepers through building sites, all day.
        zone_restricted, zone_limit_kmh: of each zone; infinite where it sets no limit.
        zone_work_area: whether it is a work area.
        zone_known: whether a truck has business to stand there: sites, grounds, transfer stations
            and depots.
        zone_of_work: (vehicles of round plans + 1, zones), whether a sanitation truck has business
            to be there while its round is on: depots, transfer stations and its own work areas.
            The last row is for those without a plan: every work area is theirs.
        permit_limit_kmh: of each permit; infinite where it sets none.

    Raises:
        ParameterError: when the site sets a threshold that no rule knows or can use.
    """

    def __init__(self, site: Site) -> None:
        self.parameters = read_parameters(site.rules)
        self.timezone = site.timezone
        self.projection = Projection.of_site(site)
        self.zones = ZoneIndex(site.zones, self.projection, self.parameters.zone_visit)
        self.plans = Plans(site, self.projection)
        self.work = WorkPlans(site, self.projection, self.parameters)
        self.site = site
        self.kinds = {v.vehicle_id: v.kind for v in site.vehicles.values()}
        self._kind_number = {v: KINDS.index(kind) for v, kind in self.kinds.items()}
        zones, permits = list(site.zones.values()), self.plans.permits
        self.zone_kind = {z.id: z.kind for z in zones}
        # A row for each kind, and the last, -1, for vehicles that nobody knows: any may matter.
        self.zone_matters = np.ones((len(KINDS) + 1, len(zones)), dtype=bool)
        for number, kind in enumerate(KINDS):
            others = _SANITATION_ONLY if kind is VehicleKind.MUCK else _MUCK_ONLY
            self.zone_matters[number] = [
                z.kind not in others or z.speed_limit_kmh is not None for z in zones
            ]
        self.zone_known = np.array([z.kind in _KNOWN for z in zones], dtype=bool)
        self.zone_work_area = np.array([z.kind is ZoneKind.WORK_AREA for z in zones], dtype=bool)
        self.zone_of_work = self._of_work(zones)
        hours: dict[DailyHours, int] = {}
        for daily in (*(z.hours for z in zones), *(p.hours for p in permits)):
            hours.setdefault(daily, len(hours))
        self.hours = tuple(hours)
        self.zone_hours = np.array([hours[z.hours] for z in zones], dtype=np.intp)
        self.permit_hours = np.array([hours[p.hours] for p in permits], dtype=np.intp)
        self.zone_restricted = np.array([z.kind is ZoneKind.RESTRICTED for z in zones], dtype=bool)
        self.zone_limit_kmh = np.array([_limit(z.speed_limit_kmh) for z in zones], dtype=float)
        self.permit_limit_kmh = np.array([_limit(p.speed_limit_kmh) for p in permits], dtype=float)

    def _of_work(self, zones: list[Zone]) -> npt.NDArray[np.bool_]:
        work, areas = self.work, np.nonzero(self.zone_work_area)[0]
        result = np.zeros((len(work.windows.vehicles) + 1, len(zones)), dtype=bool)
        result[:] = [z.kind in _OF_WORK for z in zones]
        result[-1, areas] = True
        for vehicle_id, vehicle in work.windows.vehicles.items():
            for route in work.corridors_of.get(vehicle_id, ()):
                line = self.plans.corridors.lines[route]
                within = shapely.length(shapely.intersection(self.zones.shapes[areas], line))
                own = within >= OWN_SHARE * shapely.length(line)
                result[vehicle, areas] |= own if own.any() else within > 0
        return result

    def kinds_of(self, vehicle_ids: list[str]) -> npt.NDArray[np.int8]:
        """Numbers of `KINDS`, -1 for vehicles that are not registered."""
        known = self._kind_number.get
        return np.array([known(v, -1) for v in vehicle_ids], dtype=np.int8)


def _limit(kmh: float | None) -> float:
    return float("inf") if kmh is None else kmh
