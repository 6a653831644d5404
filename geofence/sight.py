"""One fix, or one moment without a fix, as a rule looks at it."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from config.permit import Permit
from config.vehicle import VehicleKind
from geofence.moment import moment
from geofence.rows import Rows

if TYPE_CHECKING:
    from geofence.rules.load import LoadState
    from geofence.rules.stops import Stop, StopState
    from geofence.rules.trip_state import TripState
    from geofence.rules.zone_visits import Stay
    from geofence.strays import Stray

RuleStates = dict[str, Any]


class Sight:
    """One fix with its surroundings: metres in the ground's projection, seconds since 1970.

    Everything is looked up when asked for: most rules ask for little.

    Attributes:
        rows, row: the batch, and which fix of it; `run` the number of its vehicle's run.
        t: event time.
        states: the state of every rule that is not at rest, those before the asking one already
            as they are after this fix. Not to be changed.
    """

    __slots__ = ("_zones", "row", "rows", "run", "states", "t")

    def __init__(self, rows: Rows, row: int, t: float, run: int, states: RuleStates) -> None:
        self.rows = rows
        self.row = row
        self.t = t
        self.run = run
        self.states = states
        self._zones: dict[str, int] | None = None

    @property
    def vehicle_id(self) -> str:
        return self.rows.vehicle_ids[self.run]

    @property
    def at(self) -> datetime:
        """Event time as a finding tells it."""
        return moment(self.t)

    @property
    def kind(self) -> VehicleKind | None:
        """None where the vehicle is not registered."""
        return self.rows.kinds[self.run]

    @property
    def lon(self) -> float:
        return float(self.rows.lon[self.row])

    @property
    def lat(self) -> float:
        return float(self.rows.lat[self.row])

    @property
    def x(self) -> float:
        return float(self.rows.x[self.row])

    @property
    def y(self) -> float:
        return float(self.rows.y[self.row])

    @property
    def before_t(self) -> float:
        """Of the vehicle's fix before, NaN where there is none; so `before_x`, `before_y`."""
        return float(self.rows.before_t[self.row])

    @property
    def before_x(self) -> float:
        return float(self.rows.before_x[self.row])

    @property
    def before_y(self) -> float:
        return float(self.rows.before_y[self.row])

    @property
    def before_lon(self) -> float:
        return float(self.rows.before_lon[self.row])

    @property
    def before_lat(self) -> float:
        return float(self.rows.before_lat[self.row])

    @property
    def step_s(self) -> float:
        """Seconds since the fix before, infinite where there is none; `step_m` the way."""
        return float(self.rows.step_s[self.row])

    @property
    def step_m(self) -> float:
        return float(self.rows.step_m[self.row])

    @property
    def reported_kmh(self) -> float:
        """As the terminal says, NaN where it does not."""
        return float(self.rows.fixes.speed_kmh[self.row])

    @property
    def speed_kmh(self) -> float:
        """As reported, else derived from the way, else NaN."""
        return float(self.rows.speed_kmh[self.row])

    @property
    def moving(self) -> bool:
        return bool(self.rows.moving[self.row])

    @property
    def lid(self) -> int:
        """Codes of `ingest.fixes`: -1 not said; so `load`, `body_raised`, `ignition`."""
        return int(self.rows.fixes.lid[self.row])

    @property
    def load(self) -> int:
        return int(self.rows.fixes.load[self.row])

    @property
    def body_raised(self) -> int:
        return int(self.rows.fixes.body_raised[self.row])

    @property
    def ignition(self) -> int:
        return int(self.rows.fixes.ignition[self.row])

    @property
    def weight_kg(self) -> float:
        """NaN where nothing weighs; so `temperature_c` where nothing measures it."""
        return float(self.rows.fixes.weight_kg[self.row])

    @property
    def temperature_c(self) -> float:
        return float(self.rows.fixes.temperature_c[self.row])

    @property
    def strays(self) -> tuple[Stray, ...]:
        """What the vehicle told between the fix before and this one, and cannot be."""
        if not self.rows.stray_t[self.row] > self.before_t:
            return ()
        known = self.rows.arrivals.strays[self.vehicle_id]
        return tuple(stray for stray in known if self.before_t < stray[0] < self.t)

    @property
    def minute(self) -> float:
        """Local minute of the day."""
        return float(self.rows.minutes[self.row])

    @property
    def plan(self) -> int:
        """Number of the plan (set of permits in force) that binds the vehicle."""
        return int(self.rows.plan[self.row])

    @property
    def off_route(self) -> bool:
        return bool(self.rows.off_route[self.row])

    @property
    def odometer(self) -> tuple[float, ...]:
        """`geofence.kept.ODOMETERS` as they stand at this fix."""
        return tuple(self.rows.odometer[self.row].tolist())

    @property
    def zones(self) -> dict[str, int]:
        """How the fix lies to the zones about it (NEAR, INSIDE, CORE). Not to be changed."""
        if self._zones is None:
            rows = self.rows
            begin, end = rows.pairs_from[self.row : self.row + 2].tolist()
            ids = rows.ground.zones.ids
            numbers = rows.pair_zone[begin:end].tolist()
            levels = rows.pair_level[begin:end].tolist()
            self._zones = {ids[z]: level for z, level in zip(numbers, levels, strict=True)}
        return self._zones

    @property
    def crossed(self) -> tuple[str, ...]:
        """Zones whose core the way to this fix touches, if it was short and fast enough."""
        rows = self.rows
        begin, end = rows.crossed_from[self.row], rows.crossed_from[self.row + 1]
        if begin == end:
            return ()
        return tuple(rows.ground.zones.ids[z] for z in rows.crossed_zone[begin:end].tolist())

    @property
    def visits(self) -> dict[str, Stay]:
        """The visits going on after this fix, by zone."""
        state = self.states.get("zone_visit")
        return {s.zone_id: s for s in state.stays if s.entered_t is not None} if state else {}

    @property
    def stop(self) -> Stop | None:
        """The newest stop or crawl; its `until_t` is None while it goes on."""
        state: StopState | None = self.states.get("stop")
        return state.stop if state else None

    @property
    def trip(self) -> TripState | None:
        """The trip going on and the one before; None before anything is known."""
        return self.states.get("trip")

    @property
    def permits(self) -> tuple[Permit, ...]:
        """The permits in force that count: those of the trip going on, else all."""
        permits = self.rows.ground.plans.plans[self.plan].permits
        trip = self.trip.trip if self.trip else None
        return tuple(p for p in permits if trip and p.permit_id in trip.permit_ids) or permits

    @property
    def laden(self) -> bool | None:
        """Whether it is known to be laden or empty; None where it is not known."""
        load: LoadState | None = self.states.get("load")
        return None if load is None or load.level < 0 else load.level > 0


class Quiet:
    """A moment at which a rule is asked although no fix came.

    Attributes:
        t: the event time asked for; `last_t`, `lon`, `lat` the newest fix before it.
        silent_s: a silence of the rule's that has just lasted so long, 0 where a timer ran out.
        states: as of `Sight`.
    """

    __slots__ = ("kind", "last_t", "lat", "lon", "silent_s", "states", "t", "vehicle_id")

    def __init__(
        self,
        vehicle_id: str,
        kind: VehicleKind | None,
        t: float,
        last: tuple[float, float, float],
        silent_s: float,
    ) -> None:
        self.vehicle_id = vehicle_id
        self.kind = kind
        self.t = t
        self.last_t, self.lon, self.lat = last
        self.silent_s = silent_s
        self.states: RuleStates = {}

    @property
    def at(self) -> datetime:
        """Event time as a finding tells it."""
        return moment(self.t)

    @property
    def trip(self) -> TripState | None:
        return self.states.get("trip")

    @property
    def stop(self) -> Stop | None:
        state: StopState | None = self.states.get("stop")
        return state.stop if state else None

    @property
    def visits(self) -> dict[str, Stay]:
        state = self.states.get("zone_visit")
        return {s.zone_id: s for s in state.stays if s.entered_t is not None} if state else {}
