"""Muck trips by the timetable, in step with what the gates' cameras show (按时刻表的运次)."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from demo.fleet.leg import Drive, Leg, Sensors, Stay
from demo.fleet.lights import red_lights
from demo.fleet.motion import Motion, motion
from demo.fleet.muck_trips import EMPTY, LADEN, Haul, load, tip
from demo.fleet.offences import HURRY_FACTOR
from demo.fleet.path import Path
from demo.fleet.plane import Point
from demo.fleet.truck import first_speed_ms
from demo.timetable import DUMP_S, Duty

CRUISE = 0.9
_UNSEALED = Sensors(lid="open", load="full", body_raised=False)
_FREE_OF_LIGHTS_M = 60.0  # about the gate nobody stops, and none on the site
_LAYBY_M = 250.0  # there a truck waits until it may dump unseen


@dataclass(frozen=True, slots=True)
class Dump:
    """A way that leads past a place where dumping is not allowed; stops `stop_m` along it."""

    path: Path
    stop_m: float


class TimetabledTrips:
    """The legs of one truck for ever, and when they begin.

    All times are seconds of the timetable, not wrapped: what was before its begin is negative.
    Waits are on the ground, in the queue for the weighbridge, and while it is loaded.
    """

    def __init__(
        self,
        rng: random.Random,
        hauls: Sequence[Haul],
        gate: Point,
        duty: Duty,
        *,
        cycle_s: float,
        now_s: float,
        dump: Dump | None,
        offence_share: float,
    ) -> None:
        self._rng, self._hauls, self._gate = rng, hauls, gate
        self._duty, self._cycle_s, self._dump = duty, cycle_s, dump
        self._offence_share = offence_share
        self._spot_m = rng.uniform(0, 45)  # nobody stops where another stands
        self._left_s = now_s - (now_s - duty.leaves.at_s) % cycle_s
        self._clock_s = now_s

    def begun_before(self) -> tuple[float, Iterator[Leg]]:
        """The legs from the yard on, when it left last; and when that begins."""
        out = self._way_out()
        first = out[0]
        self._clock_s = self._left_s - self._until_gate_s(first, first_speed_ms(first))
        return self._clock_s, self._legs(out, first_speed_ms(first))

    def from_opening(self, opening: Drive) -> Iterator[Leg]:
        """The legs from a drive on that begins now."""
        return self._legs([opening], first_speed_ms(opening))

    def _legs(self, out: list[Drive], begin_ms: float) -> Iterator[Leg]:
        while True:
            yield from self._drive_out(out, begin_ms)
            begin_ms = 0.0
            yield from self._come_back(laden=out[-1].sensors.load == "full")
            self._left_s += self._cycle_s
            out = self._way_out()
            yield self._load(out[0])

    def _way_out(self) -> list[Drive]:
        """One drive, or three with a load that is dumped between the last two."""
        sensors = _UNSEALED if self._duty.leaves.load == "open" else LADEN
        if self._dump is not None:
            path, stop_m = self._dump.path, self._dump.stop_m
            return [
                Drive(path, sensors, CRUISE, self._spot_m, stop_m - _LAYBY_M),
                Drive(path, sensors, CRUISE, stop_m - _LAYBY_M, stop_m),
                Drive(path, EMPTY, CRUISE, stop_m, path.length - self._spot_m),
            ]
        haul, dice = self._rng.choice(self._hauls), self._rng.random()
        hurried = dice < self._offence_share
        astray = not hurried and dice < 2 * self._offence_share and haul.detour is not None
        path = haul.detour if astray and haul.detour is not None else haul.out
        clear_m = path.nearest(self._gate) + _FREE_OF_LIGHTS_M
        drive = Drive(
            path,
            sensors,
            CRUISE,
            self._spot_m,
            path.length - self._spot_m,
            halts=red_lights(self._rng, path, clear_m),
            hurry_kmh=haul.limit_kmh * HURRY_FACTOR if hurried else 0,
            hurry_m=(600, path.length / 2) if hurried else (0, 0),
        )
        return [drive]

    def _drive_out(self, out: list[Drive], begin_ms: float) -> Iterator[Leg]:
        tips = self._duty.tips
        yield out[0]
        self._clock_s += motion(out[0], begin_ms).seconds
        if len(out) == 1 or tips is None:
            return
        _, to_the_place, away = out
        due_s = self._left_s + (tips.at_s - self._duty.leaves.at_s) % self._cycle_s
        yield Stay(max(due_s - motion(to_the_place, 0.0).seconds - self._clock_s, 1.0))
        yield to_the_place
        yield dumped(out[0].sensors)
        yield away
        self._clock_s = due_s + DUMP_S + motion(away, 0.0).seconds

    def _come_back(self, *, laden: bool) -> Iterator[Leg]:
        stands = tip(self._rng) if laden else Stay(30.0)
        path = self._rng.choice(self._hauls).back
        clear_m = path.nearest(self._gate) - _FREE_OF_LIGHTS_M
        lights = tuple(h for h in red_lights(self._rng, path, 150) if h.at_m < clear_m)
        back = Drive(path, EMPTY, CRUISE, self._spot_m, path.length - self._spot_m, halts=lights)
        enters, leaves = self._duty.enters.at_s, self._duty.leaves.at_s
        due_s = self._left_s + (enters - leaves) % self._cycle_s
        spare_s = due_s - self._until_gate_s(back, 0.0) - self._clock_s - stands.seconds
        if spare_s < 0:  # it hurries where nothing holds it up
            back = replace(back, halts=())
            spare_s = due_s - self._until_gate_s(back, 0.0) - self._clock_s - stands.seconds
        stands = replace(stands, seconds=stands.seconds + max(spare_s, 0.0))
        yield stands
        yield back
        self._clock_s += stands.seconds + motion(back, 0.0).seconds

    def _load(self, next_out: Drive) -> Stay:
        """Loaded until the next drive has to begin."""
        begins_s = self._left_s - self._until_gate_s(next_out, 0.0)
        stay = load(self._rng)
        phases = stay.phases if self._duty.leaves.load != "open" else stay.phases[:-1]
        stands_s = max(begins_s - self._clock_s, stay.seconds)
        self._clock_s += stands_s
        return replace(stay, seconds=stands_s, phases=phases)

    def _until_gate_s(self, drive: Drive, begin_ms: float) -> float:
        driven: Motion = motion(drive, begin_ms)
        return driven.reaches_s(drive.path.nearest(self._gate))


def dumped(sensors: Sensors) -> Stay:
    """The load is tipped in a hurry where it must not be."""
    return Stay(
        DUMP_S,
        (
            (1, replace(sensors, lid="open")),
            (3, Sensors(lid="open", load="half", body_raised=True)),
            (6, Sensors(lid="open", load="empty", body_raised=True)),
            (8, Sensors(lid="open", load="empty", body_raised=False)),
            (9, EMPTY),
        ),
    )
