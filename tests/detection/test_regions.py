"""Regions at full resolution: where the detector looks, and that nothing is lost or seen twice."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

import numpy as np
import pytest

from detection.box_geometry import share_covered
from detection.detections import Detections
from detection.regions import MOST_REGIONS, look_closely, regions
from detection.scene_event import Box
from ingest.frame import Frame, Image

SIZE = (1920, 1080)
AT = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("moving", "count"),
    [
        ([], 0),
        ([(100, 100, 140, 160)], 1),
        ([(0, 0, 30, 30), (1890, 1050, 1920, 1080)], 2),
        ([(100, 100, 140, 160), (150, 110, 190, 170)], 1),  # near: one look
        ([(200, 100, 900, 700)], 1),
    ],
)
def test_what_moves_lies_in_a_region_of_the_models_size_or_more(
    moving: list[Box], count: int
) -> None:
    found = regions(moving, SIZE, 320)
    assert len(found) == count
    for box in moving:
        assert max(share_covered(box, region) for region in found) == 1
    for x1, y1, x2, y2 in found:
        assert min(x2 - x1, y2 - y1) >= 320
        assert x1 >= 0
        assert x2 <= SIZE[0]
        assert y1 >= 0
        assert y2 <= SIZE[1]


def test_a_region_of_a_small_picture_is_smaller_so_that_the_model_sees_it_enlarged() -> None:
    x1, y1, x2, y2 = regions([(300, 200, 320, 210)], (640, 360), 320)[0]
    assert (x2 - x1, y2 - y1) == (192, 192)


def test_too_many_or_too_large_give_way_to_the_whole_picture() -> None:
    spread = [(x, y, x + 20, y + 20) for x in (50, 650, 1250, 1850) for y in (50, 500, 1000)]
    assert len(spread) > MOST_REGIONS
    assert regions(spread, SIZE, 320) == [(0, 0, *SIZE)]
    assert regions([(100, 50, 1700, 1000)], SIZE, 320) == [(0, 0, *SIZE)]


class Spots:
    """Sees every white spot of the picture it is shown, as a box."""

    names = {0: "bag"}  # noqa: RUF012  the port's own
    input_px = 320

    def __init__(self) -> None:
        self.shown: list[tuple[int, ...]] = []

    def detect(self, images: Sequence[Image]) -> list[Detections]:
        self.shown += [image.shape for image in images]
        return [self._one(image) for image in images]

    def _one(self, image: Image) -> Detections:
        rows, columns = np.nonzero(image[:, :, 0] > 200)
        if len(rows) == 0:
            return Detections.none(self.names)
        box = [[columns.min(), rows.min(), columns.max() + 1, rows.max() + 1]]
        return Detections(
            np.array(box, np.float32), np.array([0.9], np.float32), np.array([0]), self.names
        )


def frame(*spots: Box) -> Frame:
    image = np.zeros((SIZE[1], SIZE[0], 3), np.uint8)
    for x1, y1, x2, y2 in spots:
        image[int(y1) : int(y2), int(x1) : int(x2)] = 255
    return Frame.of("c", AT, image)


def test_boxes_come_back_in_pixels_of_the_frame_from_one_call() -> None:
    spots: list[Box] = [(100, 100, 130, 130), (1500, 800, 1540, 850)]
    detector = Spots()
    found = look_closely(detector, frame(*spots), spots)
    assert sorted(tuple(box) for box in found.boxes.tolist()) == sorted(spots)
    assert detector.shown == [(320, 320, 3)] * 2
    assert len(look_closely(detector, frame(*spots), [])) == 0


def test_one_thing_in_two_regions_is_one_and_a_cut_one_is_left_out() -> None:
    """Two long movers cross; a spot lies in both regions, another is cut by a region's edge."""
    moving: list[Box] = [(400, 500, 900, 520), (640, 260, 660, 760)]
    cut = regions(moving, SIZE, 320)
    both: Box = (640, 500, 660, 520)
    found = look_closely(Spots(), frame(both), moving)
    assert found.boxes.tolist() == [list(both)]
    x2 = cut[0][2]
    edge: Box = (x2 - 10, 600, x2 + 10, 620)
    assert len(look_closely(Spots(), frame(edge), moving[:1])) == 0
