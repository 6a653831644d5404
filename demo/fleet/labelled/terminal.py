"""What one terminal sends of its truck's day: fixes as columns, each with the time it arrived."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import shapely

from demo.fleet.labelled.diary import Diary, Floats, Silence
from demo.fleet.labelled.district import Crew, District
from demo.fleet.labelled.gps import add_settling, errors_m
from demo.fleet.labelled.stretches import Bools

Columns = dict[str, npt.NDArray[np.generic]]

STRAY, NULL_ISLAND, TWICE, OVERTAKEN = 1 / 6000, 1 / 4000, 1 / 500, 1 / 250  # of the fixes
FLICKER = 1 / 900  # of the fixes, each sensor by itself
CLOCK_OFF_S = (86400.0, -20 * 365.25 * 86400, 8 * 3600.0, -1024 * 7 * 86400.0)
"""A day ahead, twenty years back, local time taken for UTC, GPS week rollover."""


def fixes_of(district: District, crew: Crew, diary: Diary, rng: np.random.Generator) -> Columns:
    """The columns of `ingest.fixes.Fixes` but `vehicle`, in order of fix time as measured."""
    equipment = crew.equipment
    t = _times(diary, equipment.interval_s, equipment.asleep_s, rng)
    t = t[~_within(t, [s for s in diary.silences if s.why in ("lost", "tunnel")])]
    track = diary.track()
    x, y = np.interp(t, track.t, track.x), np.interp(t, track.t, track.y)
    speed = np.interp(t, track.t, track.speed) * 3.6
    centre = district.town.centre
    in_centre = np.hypot(x - centre.centroid.x, y - centre.centroid.y) < 1000
    error = errors_m(rng, t, speed < 0.5, in_centre, equipment.sigma_m)
    on = np.array([at for at, code in diary.changes("ignition") if code])
    add_settling(rng, t, error, since=on, size_m=(10, 90), settle_s=25)
    ends = np.array([s.end for s in diary.silences if s.why == "tunnel"])
    add_settling(rng, t, error, since=ends, size_m=(8, 45), settle_s=12)
    place = np.column_stack((x, y)) + error
    course = _course(track.t, track.x, track.y, t, rng)
    _spoof(rng, t, place, [s for s in diary.silences if s.why == "spoofed"])
    stray = rng.random(len(t)) < STRAY
    place[stray] += rng.uniform(-1, 1, (int(stray.sum()), 2)) * 10 ** rng.uniform(2.7, 4.6)
    lonlat = shapely.get_coordinates(district.town.plane.from_metres(shapely.MultiPoint(place)))
    lonlat[rng.random(len(t)) < NULL_ISLAND] = 0.0
    doppler = speed + rng.normal(0, 0.5, len(t))
    columns: Columns = {
        "t": t,
        "lon": np.round(lonlat[:, 0], 6),
        "lat": np.round(lonlat[:, 1], 6),
        "speed_kmh": np.where(doppler > 1.5, np.round(doppler, 1), 0.0),
        "course_deg": np.round(course, 0) % 360,
        **_sensors(crew, diary, t, rng),
        "temperature_c": np.full(len(t), np.nan),
    }
    if equipment.thermometer:
        columns["temperature_c"] = np.round(air_c(district, t) + rng.normal(0, 0.3, len(t)), 1)
    return _delivered(diary, columns, equipment.marks_backfill, rng)


def air_c(district: District, t: Floats) -> Floats:
    """The true temperature of the air: a frosty winter's, or a mild one's."""
    swing = np.sin(2 * np.pi * (t / 86400 + 8 / 24 - 0.375))
    return (-2.5 + 1.5 * swing) if district.frosty else (12.0 + 5.0 * swing)


def _times(
    diary: Diary, every_s: float, asleep_s: float | None, rng: np.random.Generator
) -> Floats:
    """Whole seconds: the usual rhythm awake, a rare one asleep, and one at each change."""
    track = diary.track()
    begin, end = float(track.t[0]), float(track.t[-1])
    awake = np.arange(begin + rng.uniform(0, every_s), end, every_s)
    times = [awake[diary.states("ignition", awake) == 1]]
    if asleep_s is not None:
        asleep = np.arange(begin + rng.uniform(0, asleep_s), end, asleep_s)
        times.append(asleep[diary.states("ignition", asleep) == 0])
    changes = np.array([at for at, _code in diary.changes("ignition")])
    times.append(changes[changes < end] + 1)
    return np.unique(np.round(np.concatenate(times)))


def _within(t: Floats, silences: list[Silence]) -> Bools:
    inside = np.zeros(len(t), dtype=bool)
    for silence in silences:
        i, j = np.searchsorted(t, (silence.begin, silence.end))
        inside[i:j] = True
    return inside


def _course(track_t: Floats, x: Floats, y: Floats, t: Floats, rng: np.random.Generator) -> Floats:
    """Of the stretch driven; while it stands that of the last one."""
    east, north = np.diff(x), np.diff(y)
    moved = np.flatnonzero(np.hypot(east, north) > 0.5)
    if not len(moved):
        return np.zeros(len(t))
    at = np.searchsorted(track_t[moved], t, side="right") - 1
    row = moved[np.clip(at, 0, len(moved) - 1)]
    return (np.degrees(np.arctan2(east[row], north[row])) + rng.normal(0, 3, len(t))) % 360


def _spoof(rng: np.random.Generator, t: Floats, place: Floats, silences: list[Silence]) -> None:
    """Every few fixes somewhere else, kilometres away, and back."""
    for silence in silences:
        i, j = (int(k) for k in np.searchsorted(t, (silence.begin, silence.end)))
        away = rng.uniform(3000, 30000) * np.array([np.cos(a := rng.uniform(0, 6.3)), np.sin(a)])
        while i < j:
            k = min(i + int(rng.integers(1, 4)), j)
            place[i:k] += away
            i = k + int(rng.integers(1, 4))


def _sensors(crew: Crew, diary: Diary, t: Floats, rng: np.random.Generator) -> Columns:
    equipment, n = crew.equipment, len(t)
    has = {"load": equipment.load, "lid": equipment.lid, "body": equipment.body,
           "antenna": equipment.wires, "power": equipment.wires, "ignition": True}  # fmt: skip
    name = {"body": "body_raised", "antenna": "antenna_cut", "power": "power_cut"}
    columns: Columns = {}
    for what, there in has.items():
        codes = np.full(n, -1, dtype=np.int8)
        if there:
            codes[:] = diary.states(what, t)
            if what in ("load", "lid", "body"):
                flicker = np.flatnonzero(rng.random(n) < FLICKER)
                flicker = flicker[np.diff(flicker, prepend=-9) > 3]
                most = 2 if what == "load" else 1
                codes[flicker] = (codes[flicker] + rng.integers(1, most + 1, len(flicker))) % (
                    most + 1
                )
        columns[name.get(what, what)] = codes
    columns["work"] = diary.states("work", t).astype(np.int8)
    columns["weight_kg"] = np.full(n, np.nan)
    if equipment.scale:
        weight = diary.states("weight", t) + rng.normal(0, 150, n)
        columns["weight_kg"] = np.round(np.maximum(weight, 0), -1)
    return columns


def _delivered(
    diary: Diary, columns: Columns, marks_backfill: bool, rng: np.random.Generator
) -> Columns:
    """Adds the time of arrival; what a dead area held back comes in a burst; some come twice."""
    t = columns["t"].astype(float)
    received = t + rng.lognormal(np.log(1.0), 0.6, len(t))
    overtaken = rng.random(len(t)) < OVERTAKEN
    received[overtaken] += rng.uniform(15, 90, int(overtaken.sum()))
    backfill = np.zeros(len(t), dtype=bool)
    told = t.copy()
    for silence in diary.silences:
        i, j = np.searchsorted(t, (silence.begin, silence.end))
        if silence.why == "late" and j > i:
            burst = silence.end + np.sort(rng.uniform(0.5, 8, j - i))
            received[i:j] = rng.permutation(burst) if rng.random() < 0.5 else burst
            backfill[i:j] = marks_backfill & (received[i:j] - t[i:j] > 60)
        elif silence.why == "clock":
            told[i:j] += rng.choice(CLOCK_OFF_S)
    columns = {**columns, "t": told, "received_t": received, "backfill": backfill,
               "quality": np.zeros(len(t), dtype=np.int8)}  # fmt: skip
    again = np.flatnonzero(rng.random(len(t)) < TWICE)
    columns = {k: np.concatenate((v, v[again])) for k, v in columns.items()}
    columns["received_t"][len(t) :] += rng.uniform(0.2, 120, len(again))  # type: ignore[misc] # floats
    return columns
