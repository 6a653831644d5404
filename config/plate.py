"""Number plates of China (车牌号): the forms of GA 36-2018, as far as trucks and cars carry them.

A province, the letter of the issuing authority, then a sequence; the letters I and O are nowhere
used. Ordinary sequences have five characters with at most two letters; the last may be a character
that tells the use: 挂 trailer, 学 driving school, 警 police, 港 and 澳 cross-border (粤Z only).
New-energy sequences have six: of large vehicles five digits and a letter, of small ones a letter, a
letter or digit, four digits; the letter is A to E for battery-electric, F to K for others.
"""

from __future__ import annotations

import re
import unicodedata

from config.vehicle import PlateColor

PROVINCES = "京津冀晋蒙辽吉黑沪苏浙皖闽赣鲁豫鄂湘粤桂琼渝川贵云藏陕甘青宁新"
_LETTER = "[A-HJ-NP-Z]"
_BEGIN = f"[{PROVINCES}]{_LETTER}"
_AT_MOST_TWO_LETTERS = r"(?!(?:\d*[A-Z]){3})"
_SEQUENCE = f"{_AT_MOST_TWO_LETTERS}[A-HJ-NP-Z0-9]"

_ORDINARY_COLORS = (PlateColor.BLUE, PlateColor.YELLOW, PlateColor.BLACK)
_FORMS: tuple[tuple[str, str, tuple[PlateColor, ...]], ...] = (
    ("an ordinary plate", f"{_BEGIN}{_SEQUENCE}{{5}}", _ORDINARY_COLORS),
    ("a trailer's plate", f"{_BEGIN}{_SEQUENCE}{{4}}挂", (PlateColor.YELLOW,)),
    ("a driving school's plate", f"{_BEGIN}{_SEQUENCE}{{4}}学", (PlateColor.YELLOW,)),
    ("a police plate", f"{_BEGIN}{_SEQUENCE}{{4}}警", (PlateColor.WHITE,)),
    ("a cross-border plate", f"粤Z{_SEQUENCE}{{4}}[港澳]", (PlateColor.BLACK,)),
    ("a large new-energy plate", rf"{_BEGIN}\d{{5}}[A-HJK]", (PlateColor.YELLOW_GREEN,)),
    ("a small new-energy plate", rf"{_BEGIN}[A-HJK][A-HJ-NP-Z0-9]\d{{4}}", (PlateColor.GREEN,)),
)
_COMPILED = tuple((name, re.compile(form, re.ASCII), colors) for name, form, colors in _FORMS)


def normal_plate(text: str) -> str:
    """The plate as it is compared.

    Upper case, characters of half width, without the dot and spaces that people write.
    """
    return re.sub(r"[\s·•・.\-]", "", unicodedata.normalize("NFKC", text)).upper()


def doubt_of_plate(plate: str, color: PlateColor) -> str | None:
    """Why a normal plate looks mistyped, or None: no known form, or another colour than its form.

    The colour matters: with the plate it is the vehicle's key, also on the platforms that we tell.
    """
    for name, form, colors in _COMPILED:
        if form.fullmatch(plate):
            if color in colors:
                return None
            return f"{plate!r} is {name}, and those are {' or '.join(colors)}, not {color}"
    return f"{plate!r} has neither the form of an ordinary nor of a new-energy plate"
