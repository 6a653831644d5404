"""Number plates by form and colour (GA 36-2018)."""

from __future__ import annotations

import pytest

from config.plate import PROVINCES, doubt_of_plate, normal_plate
from config.vehicle import PlateColor

SOUND = """\
苏DA1234 yellow    苏D12345 blue      苏D1234A yellow    苏D1A2B3 yellow     苏DAB123 yellow
京A00001 blue      粤B12345 black     苏D1234挂 yellow   苏DA123挂 yellow    苏D1234学 yellow
苏D1234警 white    粤Z1234港 black    粤ZAB12澳 black
苏D12345D yellow_green    苏D12345F yellow_green    苏D12345A yellow_green    苏D12345K yellow_green
苏DD12345 green    苏DF12345 green    苏DDA2345 green    苏DA12345 green      苏DKB2345 green
"""

DOUBTFUL = """\
苏DI1234 yellow    苏DO1234 yellow    苏DA123O yellow    苏I12345 yellow     苏O12345 blue
苏D1234 yellow     苏DA12345 yellow   苏D123456 yellow   苏DABC12 yellow     苏DABCDE yellow
D苏12345 yellow    江D12345 yellow    使D12345 black     D12345 yellow       苏D1234挂 blue
苏D123挂 yellow    苏D12挂34 yellow   苏D1234警 yellow   苏D1234学 blue      苏D1234港 black
粤Z1234澳 blue     苏DA1234 green     苏DA1234 yellow_green    苏DA1234 white
苏D12345D green    苏D12345D yellow   苏D12345I yellow_green   苏D12345L yellow_green
苏D1234AD yellow_green    苏DD12345 yellow_green    苏DD12345 blue    苏DI12345 green
苏DL12345 green    苏DDI2345 green    苏DDO2345 green    苏DD1234A green     苏DDAB345 green
苏D١٢٣٤٥ yellow
"""


def pairs(table):
    words = table.split()
    return list(zip(words[::2], map(PlateColor, words[1::2]), strict=True))


@pytest.mark.parametrize(("plate", "color"), pairs(SOUND))
def test_sound_plates(plate, color):
    assert doubt_of_plate(plate, color) is None


@pytest.mark.parametrize(("plate", "color"), pairs(DOUBTFUL))
def test_doubtful_plates_are_named(plate, color):
    assert repr(plate) in doubt_of_plate(plate, color)


def test_every_province_is_known():
    assert len(set(PROVINCES)) == 31
    for province in PROVINCES:
        assert doubt_of_plate(f"{province}A12345", PlateColor.BLUE) is None


@pytest.mark.parametrize(
    "written", ["苏D·A1234", "苏D A1234", "苏d-a1234", "苏D.A1234", "苏ＤＡ１２３４", " 苏D•A1234 "]
)
def test_ways_of_writing_are_one_plate(written):
    assert normal_plate(written) == "苏DA1234"
