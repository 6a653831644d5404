"""Number plates of China (车牌号): the forms of GA 36, as far as trucks carry them."""

from __future__ import annotations

import re

from config.vehicle import PlateColor

_PROVINCE = "[京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼]"
_ORDINARY = re.compile(_PROVINCE + r"[A-HJ-NP-Z][A-HJ-NP-Z0-9]{4}[A-HJ-NP-Z0-9挂学警港澳]")
_NEW_ENERGY_LARGE = re.compile(_PROVINCE + r"[A-HJ-NP-Z]\d{5}[A-HJK]")
_NEW_ENERGY_SMALL = re.compile(_PROVINCE + r"[A-HJ-NP-Z][A-HJK][A-HJ-NP-Z0-9]\d{4}")


def normal_plate(text: str) -> str:
    """The plate as it is compared: upper case, without the dot and spaces that people write."""
    return re.sub(r"[\s·•・.\-]", "", text).upper()


def doubt_of_plate(plate: str, color: PlateColor) -> str | None:
    """Why a normal plate looks mistyped, or None.

    New-energy plates are green, or yellow and green.
    """
    if _NEW_ENERGY_LARGE.fullmatch(plate) or _NEW_ENERGY_SMALL.fullmatch(plate):
        if color in (PlateColor.GREEN, PlateColor.YELLOW_GREEN):
            return None
        return f"{plate!r} is a new-energy plate, and those are not {color}"
    if _ORDINARY.fullmatch(plate):
        if color in (PlateColor.GREEN, PlateColor.YELLOW_GREEN):
            return f"{plate!r} is an ordinary plate, and those are not {color}"
        return None
    return f"{plate!r} has neither the form of an ordinary nor of a new-energy plate"
