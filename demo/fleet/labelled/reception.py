"""Where and when a terminal cannot do its work though nobody is to blame: tunnels, dead areas."""

from __future__ import annotations

import itertools

import numpy as np
import shapely
from shapely.ops import substring

from demo.fleet.labelled.diary import Diary, Silence
from demo.fleet.labelled.district import District
from demo.fleet.labelled.stretches import stretches

DEAD_AREAS_PER_S = 0.10 / 3600  # while the ignition is on
CLOCK_FAULTS_PER_S = 0.02 / 3600
LONGEST_S = 540.0


def natural_silences(district: District, diary: Diary, rng: np.random.Generator) -> list[Silence]:
    """Tunnels (`tunnel`), lost coverage (`late`), wrong clocks (`clock`), in order of time."""
    track = diary.track()
    found = []
    for road_id, (from_m, to_m) in district.town.tunnels.items():
        strip = substring(district.town.line(road_id), from_m, to_m).buffer(12, cap_style="flat")
        west, south, east, north = strip.bounds
        inside = (track.x > west) & (track.x < east) & (track.y > south) & (track.y < north)
        some = np.flatnonzero(inside)
        inside[some] = shapely.contains_xy(strip, track.x[some], track.y[some])
        found += [Silence(a, b, "tunnel") for a, b in stretches(track.t, inside, 5.0)]
    changes = [*diary.changes("ignition"), (float(track.t[-1]), 0)]
    for (on, code), (off, _code) in itertools.pairwise(changes):
        if not code:
            continue
        for rate, why in ((DEAD_AREAS_PER_S, "late"), (CLOCK_FAULTS_PER_S, "clock")):
            for at in rng.uniform(on, off, rng.poisson(rate * (off - on))):
                seconds = min(float(rng.lognormal(np.log(80), 0.8)), LONGEST_S)
                if why == "clock":
                    seconds = min(seconds, 200.0)
                found.append(Silence(float(at), float(at) + seconds, why))
    kept: list[Silence] = []
    for silence in sorted(found, key=lambda s: s.begin):
        apart = all(silence.begin > k.end + 240 or silence.end < k.begin - 240 for k in kept)
        if silence.why == "tunnel" or apart:
            kept.append(silence)
    return kept
