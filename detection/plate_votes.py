"""One plate out of what was read in several pictures of a passage (车牌投票)."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Sequence

from config.plate import doubt_of_plate
from config.vehicle import PlateColor
from detection.plate_reader import PlateRead
from detection.sighting import PlateReading

_SLOPE, _LEVEL, _PER_AGREEING = 0.403, 2.341, 1.342
"""Fitted by `benchmarks.plates --fit` on rendered plates: log odds that the text is right."""
_MOST = 0.995
_UNSEEN_TEXT = 0.02  # a text put together of characters that no picture shows together
_LEAST = 0.3  # what is less sure than this is no reading


def vote(reads: Sequence[PlateRead]) -> PlateReading | None:
    """At each place the character of most weight, over the reads of the usual length.

    None where nothing was read, the result is no plate, or it is too unsure to say.
    """
    odds = log_odds(reads)
    if odds is None:
        return None
    text, value, agreeing = odds
    reliability = min(1 / (1 + math.exp(-value)), _MOST)
    if reliability < _LEAST:
        return None
    colors = Counter(read.color for read in reads if read.text == text and read.color is not None)
    return PlateReading(
        text=text,
        color=max(sorted(colors), key=lambda color: colors[color], default=None),
        reliability=round(reliability, 3),
        readings=agreeing,
    )


def log_odds(reads: Sequence[PlateRead]) -> tuple[str, float, int] | None:
    """(text, log odds that it is right, how many pictures agree); see `features`."""
    found = features(reads)
    if found is None:
        return None
    text, logit, agreeing = found
    return text, _LEVEL + _SLOPE * logit + _PER_AGREEING * math.log(max(agreeing, 1)), agreeing


def features(reads: Sequence[PlateRead]) -> tuple[str, float, int] | None:
    """(text, logit of the network's chance that it is right, pictures that agree)."""
    lengths: dict[int, float] = defaultdict(float)
    for read in reads:
        lengths[len(read.text)] += read.chance
    if not lengths:
        return None
    usual = max(sorted(lengths), key=lambda length: lengths[length])
    same = [read for read in reads if len(read.text) == usual]
    text, share = "", 1.0
    for place in range(usual):
        weights: dict[str, float] = defaultdict(float)
        for read in same:
            weights[read.text[place]] += read.chance
        best = max(sorted(weights), key=lambda character: weights[character])
        share = min(share, weights[best] / sum(weights.values()))
        text += best
    if all(doubt_of_plate(text, color) is not None for color in PlateColor):
        return None
    agreeing = [read.chance for read in same if read.text == text]
    chance = 1 - math.prod(1 - c for c in agreeing) if agreeing else _UNSEEN_TEXT
    chance = min(max(chance * share, 1e-4), 1 - 1e-4)
    return text, math.log(chance / (1 - chance)), len(agreeing)
