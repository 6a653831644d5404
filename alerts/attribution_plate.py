"""How well a plate that was read fits a plate of the register (车牌比对).

A reading's `reliability` is the chance that all of it is right, hence each of its n characters is
wrong with e = 1 - reliability^(1/n). A wrong character is one of similar shape seven times in ten
(ours; `benchmarks.plates` prints what OCR makes of rendered plates).
"""

from __future__ import annotations

from config.plate_likeness import likes_of, similar
from detection.sighting import PlateReading

SAME, ALIKE, OTHER = "same", "similar", "other"
_SIMILAR_SHARE = 0.7
_ALPHABET = 33  # characters at one place of a plate that it could be else
_LEAST_ERROR = 1e-3


def chance_of_reading(reading: PlateReading, plate: str) -> float:
    """That a vehicle with `plate` is read so, when it is this vehicle's own plate that was read."""
    error = _error_of(reading)
    chance = 1.0
    if len(reading.text) != len(plate):
        return 0.0
    for read, true in zip(reading.text, plate, strict=True):
        chance *= _chance_of(read, true, error)
    return chance


def compared(reading: PlateReading, plate: str) -> str:
    """`same`, `similar` (at most two characters of like shape, or any one, differ) or `other`."""
    if reading.text == plate:
        return SAME
    if len(reading.text) != len(plate):
        return OTHER
    differ = [(a, b) for a, b in zip(reading.text, plate, strict=True) if a != b]
    alike = len(differ) == 1 or (len(differ) == 2 and all(similar(a, b) for a, b in differ))
    return ALIKE if alike else OTHER


def _error_of(reading: PlateReading) -> float:
    whole = min(max(reading.reliability, 0.01), 1.0)
    return max(1 - float(whole ** (1 / max(len(reading.text), 1))), _LEAST_ERROR)


def _chance_of(read: str, true: str, error: float) -> float:
    if read == true:
        return 1 - error
    likes = likes_of(true)
    if not likes:
        return error / _ALPHABET
    if read in likes:
        return error * _SIMILAR_SHARE / len(likes)
    return error * (1 - _SIMILAR_SHARE) / _ALPHABET
