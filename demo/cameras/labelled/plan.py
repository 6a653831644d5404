"""Which clips a seed gives, and what happens in each."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from zoneinfo import ZoneInfo

import numpy as np

from demo.cameras.labelled.distractions import DISTRACTIONS
from demo.cameras.labelled.dumps import from_van, from_window, on_foot, tipped
from demo.cameras.labelled.gate_acts import rush
from demo.cameras.labelled.place import GATE, STREET, LabelledPlace, gate, street
from demo.cameras.labelled.register import fleet_of
from demo.cameras.labelled.spills import spill
from demo.cameras.labelled.take import Take
from demo.cameras.labelled.traffic import fleet_passes, passers, walkers

CONDITIONS = ("day", "night", "rain", "dusk", "day", "night", "rain", "day", "dusk", "snow")
"""Of the seed's last digit: 3 day, 2 dusk, 2 night, 2 rain, 1 snow in ten."""
KINDS = ("events", "quiet", "gate")
FIRST_UNTOUCHED_SEED = 1000
"""Below it everybody may look and tune; from it on results are reported."""

_HOURS = {"day": (8, 16), "dusk": (18, 18.5), "night": (20, 28), "rain": (9, 16), "snow": (9, 16)}
_FIRST_DAY = datetime(2026, 6, 1, tzinfo=ZoneInfo("Asia/Shanghai"))

Act = Callable[[Take, float], bool]
EVENTS: dict[str, Act] = {
    "soil": partial(spill, what="soil"),
    "slurry": partial(spill, what="slurry"),
    "clods": partial(spill, what="clods"),
    "bag": partial(on_foot, what="bag"),
    "bulky": partial(on_foot, what="bulky"),
    "van": from_van,
    "pile": tipped,
    "thrown_bag": from_window,
}
_ONLY_AT: dict[str, tuple[str, ...]] = {
    "drying_patch": ("day", "dusk"),
    "splash": ("day", "dusk", "night"),
    "headlights": ("dusk", "night", "rain"),
    "cloud_shadow": ("day",),
    "sun_hidden": ("day",),
    "rain_starts": ("rain",),
}


@dataclass(frozen=True)
class ClipPlan:
    """One clip that a seed gives."""

    seed: int
    kind: str
    condition: str

    @property
    def name(self) -> str:
        where = GATE if self.kind == "gate" else STREET
        return f"{where}-{self.seed:05d}-{self.kind}-{self.condition}.mp4"

    @property
    def starts_at(self) -> datetime:
        """Each seed has a day of its own, and each of its clips an hour."""
        rng = np.random.default_rng((self.seed, KINDS.index(self.kind), 51))
        hour = float(rng.uniform(*_HOURS[self.condition]))
        day = _FIRST_DAY + timedelta(days=self.seed % 120)
        return day + timedelta(seconds=round(hour * 3600))


def seeds_of(text: str) -> range:
    """`A-B` of a command line, both included."""
    first, _, last = text.partition("-")
    try:
        found = range(int(first), int(last or first) + 1)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not A-B") from None
    if not found:
        raise argparse.ArgumentTypeError(f"{text!r} is empty")
    return found


def clips_of(
    seed: int, kinds: Sequence[str] = KINDS, conditions: Sequence[str] = CONDITIONS
) -> list[ClipPlan]:
    """Every seed has a clip with two events, every second a quiet one, every fifth a gate."""
    own = CONDITIONS[seed % len(CONDITIONS)]
    other = CONDITIONS[(seed // 10 + 3 * seed + 1) % len(CONDITIONS)]
    plans = [ClipPlan(seed, "events", own)]
    if seed % 2 == 0:
        plans.append(ClipPlan(seed, "quiet", other))
    if seed % 5 == 0:
        plans.append(ClipPlan(seed, "gate", ("day", "dusk", "night", "rain")[seed // 5 % 4]))
    return [p for p in plans if p.kind in kinds and p.condition in conditions]


def place_of(plan: ClipPlan) -> LabelledPlace:
    """Every fourth street is seen in 960 x 540, the others in 640 x 360; gates in 1280 x 720."""
    if plan.kind == "gate":
        return gate(plan.seed)
    return street(plan.seed, (960, 540) if plan.seed % 4 == 3 else (640, 360))


def fps_of(plan: ClipPlan) -> int:
    """Pictures a second; what is analysed is 5. One street in twenty at a camera's usual 25."""
    return 25 if plan.seed % 20 == 11 and plan.kind != "gate" else 6


def take_of(plan: ClipPlan) -> Take:
    """The clip's plan in full: the same plan gives the same take."""
    rng = np.random.default_rng((plan.seed, KINDS.index(plan.kind), 52))
    seconds = float(rng.integers(80, 101)) if plan.kind == "events" else 70.0
    take = Take(
        place_of(plan), plan.name, plan.condition, seconds, fps_of(plan), rng, fleet_of(plan.seed)
    )
    if plan.kind == "gate":
        rush(take)
    elif plan.kind == "events":
        _eventful(take)
    else:
        _quiet(take)
    return take


def _eventful(take: Take) -> None:
    """Two events, at least 25 s before the end, a distraction, and ordinary traffic."""
    rng = take.rng
    starts = (float(rng.uniform(14, 26)), float(rng.uniform(38, take.seconds - 32)))
    pair = (["soil", "slurry", "clods", "pile"], ["bag", "bulky", "van", "thrown_bag", "bag"])
    order = pair if rng.random() < 0.5 else pair[::-1]
    for at_s, choice in zip(starts, order, strict=True):
        _one_of(take, EVENTS, choice, at_s)
    _distract(take, float(rng.uniform(8, 30)))
    passers(take, 5)
    walkers(take, int(rng.integers(0, 3)))
    if rng.random() < 0.5:
        at_s = float(rng.uniform(5, take.seconds - 10))
        if take.lane_free(1, at_s - 5, at_s + 5):
            fleet_passes(take, take.fleet[4], 1, at_s, "covered")


def _quiet(take: Take) -> None:
    """Nothing that is an event."""
    rng = take.rng
    _distract(take, float(rng.uniform(8, 14)))
    _distract(take, float(rng.uniform(18, 26)))
    passers(take, 7)
    walkers(take, int(rng.integers(1, 3)))


def _distract(take: Take, at_s: float) -> None:
    used = {row.what for row in take.distractors}
    able = [
        name for name in DISTRACTIONS
        if take.condition in _ONLY_AT.get(name, (take.condition,)) and name not in used
        and not (name == "re_aimed" and take.events)  # zones mean nothing after it
    ]  # fmt: skip
    _one_of(take, DISTRACTIONS, able, at_s)


def _one_of(take: Take, acts: dict[str, Act], names: Sequence[str], at_s: float) -> None:
    """One of the named acts that finds room."""
    for n in take.rng.permutation(len(names)):
        if acts[names[int(n)]](take, at_s):
            return
