"""Reading plates: decoder, colours, votes, and whose plate it is. Figures: benchmarks/plates.py."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from config.plate import doubt_of_plate
from config.vehicle import PlateColor
from demo.scenes.plates import plate_picture
from detection.plate_color import plate_color
from detection.plate_crops import MOST_CROPS, PlateCrops
from detection.plate_decode import SYMBOLS, Alphabet, decode
from detection.plate_ocr import plate_reader
from detection.plate_reader import NoPlateReader, PlateRead
from detection.plate_votes import vote
from detection.scene_event import Box
from ingest.frame import Frame, Image

NOON = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)
GAP = len(SYMBOLS)


def said(*steps: str | dict[str, float], sure: float = 0.9) -> np.ndarray:
    """Log probabilities of a network: a character a step, "" a gap, a dict several characters."""
    rows = np.full((len(steps), GAP + 1), 1e-6)
    for row, step in zip(rows, steps, strict=True):
        for character, chance in ({step: sure} if isinstance(step, str) else step).items():
            row[SYMBOLS.index(character) if character else GAP] = chance
    return np.asarray(np.log(rows))


class TestDecode:
    @pytest.mark.parametrize(
        ("steps", "text"),
        [
            (list("苏D12345"), "苏D12345"),
            (["", "苏", "D", "", "1", "1", "2", "3", "4", "5", "A", ""], "苏D1234A"[:2] + "12345A"),
            (["苏", "D", "1", "", "1", "2", "3", "4"], "苏D11234"),
            (list("苏DF12345"), "苏DF12345"),
            (list("苏D12345F"), "苏D12345F"),
            (list("粤Z1234港"), "粤Z1234港"),
        ],
    )
    def test_likeliest(self, steps: list[str], text: str) -> None:
        found = decode(said(*steps))
        assert found[0][0] == text
        assert found[0][1] > 0.2

    def test_a_letter_cannot_stand_where_digits_must(self) -> None:
        """The fourth place of a small new-energy plate looks like B, but must be a digit."""
        steps: list[str | dict[str, float]] = list("苏DF1")
        steps += [{"B": 0.6, "8": 0.3}, *"345"]
        assert "苏DF18345" in [text for text, _ in decode(said(*steps))]

    def test_classes_of_the_network_fold_into_symbols(self) -> None:
        alphabet = Alphabet.of(["苏", "0", "O", "o", "·", "猫", "a"])
        probabilities = np.array([[0.1, 0.2, 0.1, 0.2, 0.1, 0.1, 0.15, 0.05]], np.float32)
        reduced = np.exp(alphabet.reduced(probabilities))[0]
        assert reduced[SYMBOLS.index("0")] == pytest.approx(0.4, abs=1e-5)
        assert reduced[SYMBOLS.index("A")] == pytest.approx(0.05, abs=1e-5)
        assert reduced[GAP] == pytest.approx(0.2, abs=1e-5)

    @given(st.integers(1, 14), st.integers(0, 10**6))
    @settings(max_examples=30, deadline=None)
    def test_whatever_is_said_a_chance_is_a_chance(self, steps: int, seed: int) -> None:
        rows = np.random.default_rng(seed).dirichlet(np.full(GAP + 1, 0.1), steps)
        for text, chance in decode(np.log(np.maximum(rows, 1e-6))):
            assert len(text) in {7, 8}
            assert 0 <= chance <= 1


@pytest.mark.parametrize(
    ("text", "color"),
    [
        ("苏D12345", PlateColor.YELLOW),
        ("苏D12345", PlateColor.BLUE),
        ("苏DF12345", PlateColor.GREEN),
        ("苏D12345F", PlateColor.YELLOW_GREEN),
    ],
)
def test_color(text: str, color: PlateColor) -> None:
    picture = plate_picture(text, str(color))
    small = cv2.resize(picture, (110, 35), interpolation=cv2.INTER_AREA)
    assert plate_color(np.asarray(small, np.uint8)) is color
    assert plate_color(np.zeros((4, 4, 3), np.uint8)) is None
    dark = (small.astype(float) * 0.15).astype(np.uint8)
    assert plate_color(dark) in {color, None}


def read(
    text: str, chance: float, box: Box = (0, 0, 80, 25), color: str | None = None
) -> PlateRead:
    return PlateRead(text, chance, color, box)


class TestVote:
    def test_nothing_read_is_no_reading(self) -> None:
        assert vote([]) is None

    def test_agreement_makes_sure(self) -> None:
        one, three = vote([read("苏D12345", 0.3)]), vote([read("苏D12345", 0.3)] * 3)
        assert one is not None
        assert three is not None
        assert one.reliability < three.reliability < 1
        assert (one.readings, three.readings) == (1, 3)

    def test_contradiction_makes_doubt(self) -> None:
        alone = vote([read("苏D12345", 0.6)])
        torn = vote([read("苏D12345", 0.6), read("苏D12346", 0.5)])
        assert alone is not None
        assert torn is None or torn.reliability < alone.reliability

    def test_each_place_by_itself(self) -> None:
        """Each picture has another character wrong; together they are right."""
        found = vote([read("苏D12345", 0.4), read("苏D12845", 0.3), read("苏D1234B", 0.3)])
        assert found is not None
        assert found.text == "苏D12345"

    def test_the_color_of_those_that_agree(self) -> None:
        reads = [read("苏D12345", 0.5, color=c) for c in ("yellow", None, "yellow", "blue")]
        found = vote([*reads, read("浙A99999", 0.1, color="green")])
        assert found is not None
        assert found.color == "yellow"

    @given(st.lists(st.tuples(st.sampled_from(["苏D12345", "苏D1234S", "浙B88888", "苏DF12345"]),
                              st.floats(1e-4, 1)), max_size=6))  # fmt: skip
    @settings(max_examples=60, deadline=None)
    def test_what_is_told_is_a_plate(self, reads: list[tuple[str, float]]) -> None:
        found = vote([read(text, chance) for text, chance in reads])
        if found is not None:
            assert 0.3 <= found.reliability < 1
            assert any(doubt_of_plate(found.text, color) is None for color in PlateColor)


class Painted:
    """Reads plates of which each is a patch of one blue level; all that the crop shows."""

    def __init__(self, plates: dict[int, str]) -> None:
        self.plates = plates
        self.asked = 0

    def read(self, crop: Image) -> Sequence[PlateRead]:
        self.asked += 1
        found = []
        for level, text in self.plates.items():
            rows, columns = np.nonzero(crop[:, :, 0] == level)
            if len(rows) > 400:
                box = (columns.min(), rows.min(), columns.max(), rows.max())
                found.append(read(text, 0.9 - level / 1000, tuple(map(float, box))))  # type: ignore[arg-type] # four
        return found


def passing(
    parked_seen: bool, *, parked_box: Box | None = None, frames: int = 8
) -> tuple[PlateCrops, Painted]:
    """A mover of 300 x 200 px goes by a parked car; its own plate (level 200) goes along."""
    crops, reader = PlateCrops(), Painted({100: "苏A11111", 200: "苏B22222"})
    for number in range(frames):
        picture: Image = np.zeros((720, 1280, 3), np.uint8)
        left = 200 + 60 * number
        box = (float(left), 250.0, float(left + 300), 450.0)
        if parked_seen:
            picture[300:325, 460:540] = 100
        picture[420:445, left + 110 : left + 190] = 200
        frame = Frame.of("c", NOON + timedelta(seconds=0.2 * number), picture, number)
        crops.add(frame, box, [] if parked_box is None else [parked_box], moves=True)
    while crops.read_next(reader):
        pass
    return crops, reader


class TestWhosePlate:
    def test_the_mover_s_own(self) -> None:
        crops, reader = passing(parked_seen=False)
        found = crops.result()
        assert found is not None
        assert found.text == "苏B22222"
        assert reader.asked <= MOST_CROPS

    def test_a_parked_car_s_plate_is_never_pinned_on_the_mover(self) -> None:
        """The parked plate reads better in every picture, but it stands while the mover goes on."""
        found = passing(parked_seen=True)[0].result()
        assert found is not None
        assert found.text == "苏B22222"

    def test_what_another_box_in_front_covers_is_not_read(self) -> None:
        reader_saw = passing(parked_seen=True, parked_box=(440.0, 260.0, 600.0, 460.0))[0].result()
        assert reader_saw is not None
        assert reader_saw.text == "苏B22222"

    def test_the_color_is_the_plate_s_and_not_that_of_the_enlarged_number(self) -> None:
        class Tail:
            def read(self, crop: Image) -> Sequence[PlateRead]:
                del crop
                enlarged = read("苏B22222", 0.99, (20, 20, 220, 70), "blue")
                return [enlarged, read("苏B2222Z", 0.01, (90, 120, 150, 140), "yellow")]

        crops = PlateCrops()
        picture: Image = np.zeros((720, 1280, 3), np.uint8)
        crops.add(Frame.of("c", NOON, picture), (100, 100, 400, 300), [], moves=True)
        while crops.read_next(Tail()):
            pass
        found = crops.result()
        assert found is not None
        assert (found.text, found.color) == ("苏B22222", "yellow")

    def test_where_the_best_pictures_show_no_plate_the_others_are_not_read(self) -> None:
        crops, reader = PlateCrops(), Painted({})
        picture: Image = np.zeros((720, 1280, 3), np.uint8)
        for number in range(MOST_CROPS):
            frame = Frame.of("c", NOON + timedelta(seconds=number), picture, number)
            crops.add(frame, (100, 100, 400, 300), [], moves=True)
        while crops.read_next(reader):
            pass
        assert (reader.asked, crops.result()) == (3, None)

    def test_a_small_box_is_not_read(self) -> None:
        crops, reader = PlateCrops(), Painted({})
        picture: Image = np.zeros((720, 1280, 3), np.uint8)
        crops.add(Frame.of("c", NOON, picture), (0, 0, 60, 50), [], moves=True)
        assert not crops.read_next(reader)
        assert (reader.asked, crops.result()) == (0, None)


class TestOcr:
    def test_off_is_nothing_and_on_is_one_for_all(self) -> None:
        assert isinstance(plate_reader(enabled=False), NoPlateReader)
        assert plate_reader(enabled=False).read(np.zeros((50, 50, 3), np.uint8)) == ()
        assert plate_reader(enabled=True) is plate_reader(enabled=True)

    @pytest.mark.parametrize(
        ("text", "color", "rear", "wide_px"),
        [
            ("苏D8B506", PlateColor.YELLOW, False, 130),
            ("苏DG8841", PlateColor.YELLOW, False, 90),
            ("苏DH6760", PlateColor.YELLOW, True, 130),
            ("沪BDC2984"[:2] + "D02984", PlateColor.GREEN, False, 130),
        ],
    )
    def test_rendered(self, text: str, color: PlateColor, rear: bool, wide_px: int) -> None:
        plate = plate_picture(text, str(color), rear)
        tall_px = round(wide_px * plate.shape[0] / plate.shape[1])
        crop: Image = np.full((360, 420, 3), (70, 90, 60), np.uint8)
        crop[250:] = 55
        small = cv2.resize(plate, (wide_px, tall_px), interpolation=cv2.INTER_AREA)
        crop[255 : 255 + tall_px, 150 : 150 + wide_px] = small
        crop = np.asarray(cv2.GaussianBlur(crop, (0, 0), 0.6), np.uint8)
        found = plate_reader(enabled=True).read(crop)
        assert [r.text for r in found][:1] == [text]
        x1, y1, x2, y2 = found[0].box
        assert x1 < 150 + wide_px / 2 < x2
        assert y1 < 255 + tall_px / 2 < y2

    def test_no_plate_no_reading(self) -> None:
        noise = np.random.default_rng(0).integers(0, 255, (300, 400, 3), dtype=np.uint8)
        assert [r for r in plate_reader(enabled=True).read(noise) if r.chance > 0.01] == []
        assert list(plate_reader(enabled=True).read(np.zeros((5, 5, 3), np.uint8))) == []
