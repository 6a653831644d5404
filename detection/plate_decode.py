"""The likeliest plate in what a text network says (车牌约束解码).

A network for any text says at each step across the picture how likely each of 18,000 characters is,
or none (CTC: Graves et al., ICML 2006). Of all texts only plates are asked for: a province, a
letter, then the places of GA 36-2018. The best of them is found by dynamic programming over
(place, character) and the gaps between, so a 0 is never an O, and what is no plate stays unlikely.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from config.plate import PROVINCES

Floats = NDArray[np.float64]

DIGITS = "0123456789"
LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ"
_LAST = "挂学警港澳"
SYMBOLS = PROVINCES + LETTERS + DIGITS + _LAST
_AS = {
    "O": "0",
    "o": "0",
    "I": "1",
    "l": "1",
    "|": "1",
    "i": "1",
    "蘇": "苏",
    "滬": "沪",
    "粵": "粤",
}
_AS |= {
    "東": "鲁",
    "贛": "赣",
    "遼": "辽",
    "陝": "陕",
    "貴": "贵",
    "雲": "云",
    "寧": "宁",
    "晉": "晋",
}
_AS |= {letter.lower(): letter for letter in LETTERS}
_GAPS = " ·.・•-:、"  # the dot of the plate, bolts, and spaces
_ANY = DIGITS + LETTERS
FORMS: tuple[tuple[str, ...], ...] = (
    (PROVINCES, LETTERS, _ANY, _ANY, _ANY, _ANY, _ANY + _LAST),
    (PROVINCES, LETTERS, _ANY, DIGITS, DIGITS, DIGITS, _ANY),
    (PROVINCES, LETTERS, DIGITS, DIGITS, DIGITS, DIGITS, DIGITS, "ABCDEFGHJK"),
    (PROVINCES, LETTERS, "ABCDEFGHJK", _ANY, DIGITS, DIGITS, DIGITS, DIGITS),
)
_NEVER = -1e9
_LEAST = 1e-6  # of a probability: a network is never surer


@dataclass(frozen=True, slots=True, eq=False)
class Alphabet:
    """Which of the network's classes stand for which symbol; class 0 is CTC's blank."""

    classes: NDArray[np.int64]
    symbols: NDArray[np.int64]
    gaps: NDArray[np.int64]

    @classmethod
    def of(cls, characters: Sequence[str]) -> Alphabet:
        """`characters` of classes 1, 2, …"""
        classes, symbols, gaps = [], [], [0]
        for number, character in enumerate(characters, start=1):
            symbol = _AS.get(character, character)
            if len(symbol) == 1 and symbol in SYMBOLS:
                classes.append(number)
                symbols.append(SYMBOLS.index(symbol))
            elif character in _GAPS:
                gaps.append(number)
        return cls(np.array(classes), np.array(symbols), np.array(gaps))

    def reduced(self, probabilities: NDArray[np.float32]) -> Floats:
        """(T, classes) to (T, symbols + 1) log probabilities, the gap last."""
        result = np.zeros((len(probabilities), len(SYMBOLS) + 1))
        np.add.at(result.T, self.symbols, probabilities[:, self.classes].T.astype(np.float64))
        result[:, -1] = probabilities[:, self.gaps].sum(axis=1)
        return np.asarray(np.log(np.maximum(result, _LEAST)))


def decode(log_probabilities: Floats) -> list[tuple[str, float]]:
    """(T, symbols + 1) to the best text of each form with its chance, likeliest first."""
    found: dict[str, float] = {}
    for form in FORMS:
        text, log_chance = _best(log_probabilities, form)
        if text:
            found[text] = max(found.get(text, 0.0), float(np.exp(log_chance)))
    return sorted(found.items(), key=lambda item: -item[1])


def _best(logs: Floats, form: Sequence[str]) -> tuple[str, float]:
    """Viterbi over states (place, symbol) and a gap after each place; gap 0 is before the first."""
    places, size = len(form), len(SYMBOLS)
    allowed = np.full((places, size), _NEVER)
    for place, symbols in enumerate(form):
        allowed[place, [SYMBOLS.index(s) for s in symbols]] = 0.0
    on = np.full((places, size), _NEVER)
    gap = np.full(places + 1, _NEVER)
    gap[0] = 0.0
    steps: list[tuple[NDArray[np.int64], NDArray[np.int64]]] = []
    columns = np.arange(size)
    for row in logs:
        # Into (place, symbol): stay (-1), from the gap before (-2), from another symbol of the
        # place before (its number).
        best = on.argmax(axis=1)
        second = on.copy()
        second[np.arange(places), best] = _NEVER
        second_best = second.argmax(axis=1)
        came = np.where(columns[None] == best[:, None], second_best[:, None], best[:, None])
        from_before = np.full((places, size), _NEVER)
        from_before[1:] = np.take_along_axis(on, came, axis=1)[:-1]
        choices = np.stack([on, np.broadcast_to(gap[:-1, None], on.shape), from_before])
        choice = choices.argmax(axis=0)
        before = np.zeros((places, size), np.int64)
        before[1:] = came[:-1]
        origin = np.where(choice == 0, -1, np.where(choice == 1, -2, before))
        # Into the gap after a place: stay (-1) or from its best symbol.
        into_gap = np.full(places + 1, -1, np.int64)
        onward = on.max(axis=1)
        into_gap[1:] = np.where(onward > gap[1:], best, -1)
        gap = np.concatenate([gap[:1], np.maximum(gap[1:], onward)]) + row[-1]
        on = choices.max(axis=0) + row[None, :-1] + allowed
        steps.append((origin, into_gap))
    return _traced(on, gap, steps)


def _traced(
    on: Floats, gap: Floats, steps: list[tuple[NDArray[np.int64], NDArray[np.int64]]]
) -> tuple[str, float]:
    last = len(on) - 1
    symbol = int(on[last].argmax())
    in_gap = gap[-1] > on[last, symbol]
    score = float(max(gap[-1], on[last, symbol]))
    if score <= _NEVER / 2:
        return "", score
    place, text = last, []
    for origin, into_gap in reversed(steps):
        if in_gap:
            came = int(into_gap[place + 1])
            if came >= 0:
                in_gap, symbol = False, came
            continue
        came = int(origin[place, symbol])
        if came == -1:
            continue
        text.append(SYMBOLS[symbol])
        place -= 1
        if came == -2:
            in_gap = True
        else:
            symbol = came
        if place < 0:
            break
    return "".join(reversed(text)), score
