"""One labelled set: a fleet's days, as fixes in the order of their arrival, and the labels."""

from __future__ import annotations

import itertools
import random
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import numpy as np

from config.site import Site
from demo.fleet.labelled.diary import Cargo, Diary
from demo.fleet.labelled.district import TIMEZONE, Crew, District, draw_district
from demo.fleet.labelled.label import Label
from demo.fleet.labelled.muck_days import work
from demo.fleet.labelled.muck_shift import MuckShift
from demo.fleet.labelled.muck_truth import MuckTruth
from demo.fleet.labelled.place_truth import label_places
from demo.fleet.labelled.reception import natural_silences
from demo.fleet.labelled.register import register_muck_trucks
from demo.fleet.labelled.roads import NoWayError
from demo.fleet.labelled.round_shift import RoundShift
from demo.fleet.labelled.round_truth import RoundTruth
from demo.fleet.labelled.sanitation import register_sanitation
from demo.fleet.labelled.terminal import Columns, fixes_of

TUNING_SEEDS, UNTOUCHED_SEEDS = range(100), range(1000, 1100)
"""Nobody looks at the untouched ones while thresholds or rules are being changed."""
FIRST_DAY = datetime(2026, 1, 12, tzinfo=TIMEZONE)
TOO_LATE_S = 1200.0  # what shows itself only so shortly before the end need not be found


@dataclass(frozen=True, slots=True)
class LabelledSet:
    """Attributes:
    columns: named as those of `ingest.fixes.Fixes`; `vehicle` numbers `vehicle_ids`; sorted by
        `received_t`.
    truck_hours: of all trucks, parked ones too; `awake_hours` with the ignition on.
    """

    seed: int
    site: Site
    vehicle_ids: tuple[str, ...]
    columns: Columns
    labels: tuple[Label, ...]
    truck_hours: float
    awake_hours: float
    begin: datetime
    end: datetime


def make_set(seed: int, hours: float = 48.0, offences: bool = True) -> LabelledSet:
    """The same seed, hours and `offences` give the same set.

    Args:
        hours: how long the fleet is watched, from a midnight on; at least 12.
        offences: False for a fleet of honest drivers in the same town and weather, with the same
            noise.
    """
    district = _district(seed, offences)
    end = district.start.timestamp() + hours * 3600
    parts: list[Columns] = []
    labels: list[Label] = []
    cargoes: list[tuple[Crew, Cargo]] = []
    awake_s = 0.0
    for number, crew in enumerate(district.crews):
        dice = random.Random(f"{seed}:{crew.vehicle_id}:{offences}")
        rng = np.random.default_rng([seed, number, offences])
        diary, found = _live(district, crew, end, dice=dice, rng=rng, offences=offences)
        labels += found
        cargoes += [(crew, cargo) for cargo in diary.cargoes]
        columns = fixes_of(district, crew, diary, rng)
        parts.append({"vehicle": np.full(len(columns["t"]), number, dtype=np.intp), **columns})
        awake_s += _awake_s(diary, end)
    labels += label_places(district, cargoes)
    joined = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    received = joined["received_t"].astype(float)
    order = np.argsort(received, kind="stable")
    order = order[received[order] < end]
    return LabelledSet(
        seed=seed,
        site=district.site(),
        vehicle_ids=tuple(crew.vehicle_id for crew in district.crews),
        columns={name: column[order] for name, column in joined.items()},
        labels=tuple(_in_time(label, end) for label in labels if label.started < end),
        truck_hours=hours * len(district.crews),
        awake_hours=awake_s / 3600,
        begin=district.start,
        end=district.start + timedelta(hours=hours),
    )


def _district(seed: int, offences: bool) -> District:
    start = FIRST_DAY + timedelta(days=seed % 60)
    for attempt in range(1000):
        dice = random.Random(f"{seed}:{attempt}")
        try:
            district = draw_district(dice, start)
            register_muck_trucks(district, dice, offences)
            register_sanitation(district, dice)
        except NoWayError:
            continue
        return district
    raise NoWayError(f"no town for seed {seed}")


def _live(
    district: District,
    crew: Crew,
    end: float,
    *,
    dice: random.Random,
    rng: np.random.Generator,
    offences: bool,
) -> tuple[Diary, list[Label]]:
    """The truck's days, and all its labels but those of places."""
    if crew.permit_id in district.rounds:
        rounds = RoundShift(district, crew, end, dice)
        rounds.work(offences)
        diary = rounds.diary
        diary.silences += natural_silences(district, diary, rng)
        truth = RoundTruth(district, crew, diary, windows=rounds.windows(), rounds=rounds.rounds)
        return diary, rounds.labels + truth.judge()
    shift = MuckShift(district, crew, end, dice)
    work(shift, offences)
    diary = shift.diary
    diary.silences += natural_silences(district, diary, rng)
    return diary, shift.labels + MuckTruth(district, crew, diary).judge()


def _awake_s(diary: Diary, end: float) -> float:
    changes = [*diary.changes("ignition"), (end, 0)]
    pairs = itertools.pairwise(changes)
    return sum(min(off, end) - on for (on, code), (off, _code) in pairs if code and on < end)


def _in_time(label: Label, end: float) -> Label:
    late = max(label.evident, label.started) > end - TOO_LATE_S
    return replace(label, required=False) if late and label.required else label
