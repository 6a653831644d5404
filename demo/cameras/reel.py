"""What a camera plays in one cycle of the timetable: shots, some of them many times."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from config.camera import Camera, CameraRole
from config.site import Site
from demo.cameras import gate_acts, gate_place, hotspot
from demo.cameras.crossing import crossing
from demo.cameras.places import HEIGHT_PX, WIDTH_PX
from demo.cameras.script import Script
from demo.timetable import PIECE_S, GatePassage, Timetable

VIDEO_FPS, GATE_FPS = 10, 6
_SOIL_LIES_FOR = 3  # pieces


@dataclass(frozen=True, eq=False)
class Shot:
    """One clip, drawn when it is needed; `name` tells all that is in it."""

    name: str
    seconds: float
    script: Callable[[], Script]


@dataclass(frozen=True, eq=False)
class Reel:
    """Shots in order from the begin of the cycle, `size_px` wide and high.

    `still` stands in, over and over, for what is not drawn yet.
    """

    fps: int
    size_px: tuple[int, int]
    still: Shot
    shots: tuple[Shot, ...]

    def starts_s(self) -> list[float]:
        """When each shot begins."""
        at_s, starts = 0.0, []
        for shot in self.shots:
            starts.append(at_s)
            at_s += shot.seconds
        return starts


def reel_of(camera: Camera, site: Site, timetable: Timetable, seed: int) -> Reel:
    """By the camera's role; an intersection's is one loop."""
    if camera.role is CameraRole.GATE:
        return _gate(camera, site, timetable, seed)
    if camera.role is CameraRole.HOTSPOT:
        return _hotspot(camera, site, timetable, seed)
    shot = Shot("crossing", 66.0, partial(crossing, seed))
    return Reel(VIDEO_FPS, (WIDTH_PX, HEIGHT_PX), shot, (shot,))


def _gate(camera: Camera, site: Site, timetable: Timetable, seed: int) -> Reel:
    still = Shot("still", PIECE_S, partial(gate_acts.still, camera))
    soiled = Shot("soiled", PIECE_S, partial(gate_acts.soiled, camera, seed))
    swept = Shot("swept", PIECE_S, partial(gate_acts.swept, camera, seed))
    shots = [still] * round(timetable.cycle_s / PIECE_S)
    for passage in timetable.passages:
        if passage.camera_id != camera.id:
            continue
        at = int(passage.at_s // PIECE_S)
        shots[at] = _passing(camera, site, passage, seed)
        if passage.spills:
            after = [soiled] * _SOIL_LIES_FOR + [swept]
            for number, shot in enumerate(after, at + 1):
                shots[number % len(shots)] = shot
    return Reel(GATE_FPS, gate_place.SIZE_PX, still, tuple(shots))


def _passing(camera: Camera, site: Site, passage: GatePassage, seed: int) -> Shot:
    vehicle = site.vehicles.get(passage.vehicle_id)
    who = f"{vehicle.vehicle_id}-{vehicle.plate}" if vehicle else f"stranger-{passage.plate}"
    lost = "-spills" if passage.spills else ""
    name = f"{passage.direction}-{who}-{passage.load}{lost}"
    return Shot(name, PIECE_S, partial(gate_acts.passing, camera, site, passage, seed))


def _hotspot(camera: Camera, site: Site, timetable: Timetable, seed: int) -> Reel:
    """Tippings, and between them now a car, now nobody."""
    quiet = Shot("quiet", PIECE_S, partial(hotspot.quiet, seed))
    shots: list[Shot] = []
    at_s = 0.0
    for tips in sorted(timetable.tippings, key=lambda t: t.at_s):
        if tips.camera_id != camera.id:
            continue
        shots += [quiet] * round((tips.at_s - hotspot.STANDS_S - at_s) / PIECE_S)
        plate = site.vehicles[tips.vehicle_id].plate
        script = partial(hotspot.tipping, site, tips, seed)
        shots.append(Shot(f"tips-{tips.vehicle_id}-{plate}", hotspot.TIPPING_S, script))
        at_s = tips.at_s - hotspot.STANDS_S + hotspot.TIPPING_S
    shots += [quiet] * round((timetable.cycle_s - at_s) / PIECE_S)
    return Reel(VIDEO_FPS, (WIDTH_PX, HEIGHT_PX), quiet, tuple(shots))
