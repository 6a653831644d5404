"""Are plates read, and is the reliability that is told the truth? Rendered plates only.

`python -m benchmarks.plates [--passages N] [--first SEED] [--fit]`. A passage is four pictures of
one truck; table by plate width and by reliability. `--fit` prints the coefficients of
`detection/plate_votes.py` (seeds from 0; the default, from 100,000, was not looked at for that).
"""

from __future__ import annotations

import argparse
import json
import random
import time
from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from benchmarks.rendered_plates import a_plate, draw, photographed, shot_of
from config.vehicle import PlateColor
from detection.plate_ocr import plate_reader
from detection.plate_reader import PlateRead
from detection.plate_votes import features, vote

_COLORS = (PlateColor.YELLOW,) * 5 + (PlateColor.BLUE, PlateColor.GREEN, PlateColor.YELLOW_GREEN)
_WIDTHS = (45, 60, 75, 90, 110, 140)
_BINS = (0.0, 0.3, 0.5, 0.7, 0.85, 0.95, 0.98, 1.01)
_PICTURES = 4


def passage(seed: int) -> tuple[str, bool, int, list[PlateRead], float]:
    """(true text, two rows, width of the plate in px, what was read, CPU seconds)."""
    dice = random.Random(seed)
    color = dice.choice(_COLORS)
    text = a_plate(dice, color)
    two = color is PlateColor.YELLOW and dice.random() < 0.4
    plate = draw(text, color, two_rows=two, font=dice.randrange(2))
    wide = dice.choice(_WIDTHS)
    reader = plate_reader(enabled=True)
    reads: list[PlateRead] = []
    began = time.process_time()
    for picture in range(_PICTURES):
        shot = shot_of(dice, wide * (0.85 + 0.05 * picture))
        reads.extend(reader.read(photographed(plate, shot, seed * 10 + picture))[:1])
    return text, two, wide, reads, time.process_time() - began


def fitted(rows: Sequence[tuple[float, int, bool]]) -> tuple[float, float, float]:
    """(slope, level, per agreeing): logistic regression of (logit, agreeing, right), by Newton."""
    x = np.array([(logit, 1.0, np.log(max(n, 1))) for logit, n, _ in rows])
    y = np.array([float(right) for *_, right in rows])
    b = np.zeros(3)
    for _ in range(30):
        p = 1 / (1 + np.exp(-x @ b))
        curve = (x * (p * (1 - p))[:, None]).T @ x + 1e-3 * np.eye(3)
        b = b + np.linalg.solve(curve, x.T @ (y - p) - 1e-3 * b)
    return float(b[0]), float(b[1]), float(b[2])


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--passages", type=int, default=300)
    parser.add_argument("--first", type=int, default=100_000)
    parser.add_argument("--fit", action="store_true")
    given = parser.parse_args()
    first = 0 if given.fit else given.first
    plate_reader(enabled=True).read(np.full((200, 300, 3), 90, np.uint8))  # loads the networks
    made = [passage(seed) for seed in range(first, first + given.passages)]
    if given.fit:
        found = [(text, features(reads)) for text, _, _, reads, _ in made]
        rows = [(f[1], f[2], f[0] == text) for text, f in found if f is not None]
        print("slope, level, per agreeing:", *(round(c, 3) for c in fitted(rows)))
        return
    judged = [(text, two, wide, vote(reads)) for text, two, wide, reads, _ in made]
    print("| plate width | passages | told | told right | told right of told |")
    print("|---|---|---|---|---|")
    for two in (False, True):
        for wide in _WIDTHS:
            here = [(t, v) for t, rows, w, v in judged if w == wide and rows is two]
            told = [(t, v) for t, v in here if v is not None]
            right = sum(t == v.text for t, v in told)
            name = f"{wide} px, {'two rows' if two else 'one row'}"
            share = f"{right / len(told):.2f}" if told else "-"
            print(f"| {name} | {len(here)} | {len(told)} | {right} | {share} |")
    print("\n| reliability told | plates | mean told | truly right |")
    print("|---|---|---|---|")
    for low, high in pairwise(_BINS):
        told = [(t, v) for t, _, _, v in judged if v is not None and low <= v.reliability < high]
        if told:
            mean = sum(v.reliability for _, v in told) / len(told)
            true = sum(t == v.text for t, v in told) / len(told)
            print(f"| {low:g} to {min(high, 1):g} | {len(told)} | {mean:.3f} | {true:.3f} |")
    wide_enough = [(t, v) for t, _, w, v in judged if w >= 75]
    exact = sum(v is not None and v.text == t for t, v in wide_enough) / len(wide_enough)
    spent = [cpu / _PICTURES * 1000 for *_, cpu in made]
    print(
        json.dumps(
            {
                "name": "plates",
                "ours": round(exact, 3),
                "unit": "share of passages read exactly, plates of 75 px and more, rendered",
                "cpu_ms_a_picture": round(float(np.median(spent)), 1),
                "checked": f"{len(made)} passages of {_PICTURES} pictures, seeds from {first}",
            }
        )
    )


if __name__ == "__main__":
    main()
