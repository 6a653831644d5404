"""Pictures are cut as the camera path cuts frames, and their labels with them."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from config.detector_classes import CLASS_ID
from detection.training.check import check_dataset
from detection.training.dataset import read_pictures
from detection.training.region_crops import cut_regions
from tests.detection.labelled_pictures import write_pictures

BAG = (900, 500, 940, 530)
TRUCK = (100, 100, 500, 400)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """One picture of 1280 × 720 a split: a red bag of 40 px and a blue truck of 400 px."""
    data = write_pictures(tmp_path / "data", train=0, val=0)
    rows = ["picture,split,scene,camera_id,source"]
    for number, split in enumerate(("train", "val")):
        image = np.full((720, 1280, 3), 90 + number, np.uint8)
        lines = []
        for name, (x1, y1, x2, y2) in (("bag", BAG), ("muck_truck", TRUCK)):
            image[y1:y2, x1:x2] = (0, 0, 255) if name == "bag" else (255, 0, 0)
            middle = f"{(x1 + x2) / 2560} {(y1 + y2) / 1440}"
            lines.append(f"{CLASS_ID[name]} {middle} {(x2 - x1) / 1280} {(y2 - y1) / 720}\n")
        cv2.imwrite(str(data.parent / f"images/{split}/a{number}.png"), image)
        (data.parent / f"labels/{split}/a{number}.txt").write_text("".join(lines))
        rows.append(f"images/{split}/a{number}.png,{split},scene-{number},cam-{number},synthetic")
    (data.parent / "provenance.csv").write_text("\n".join(rows))
    return data


def test_small_things_keep_every_pixel_and_boxes_are_where_things_are(data, tmp_path):
    for seed in range(6):
        out = cut_regions(data, tmp_path / f"cut{seed}", 320, seed=seed)
        crops = list(read_pictures(out, "train"))
        assert 2 <= len(crops) <= 4
        sizes = set()
        for crop in crops:
            height, width = crop.image.shape[:2]
            for class_id, (x1, y1, x2, y2) in zip(crop.class_ids, crop.boxes, strict=True):
                middle = crop.image[int((y1 + y2) / 2), int((x1 + x2) / 2)].astype(int)
                red, blue = middle[2] > middle[0] + 80, middle[0] > middle[2] + 80
                assert (red, blue) == (
                    class_id == CLASS_ID["bag"],
                    class_id == CLASS_ID["muck_truck"],
                )
                if red and max(width, height) <= 321:
                    sizes.add((round(float(x2 - x1)), round(float(y2 - y1))))
        assert sizes == {(40, 30)}  # a region as wide as the network: nothing was shrunk


def test_the_same_seed_cuts_the_same_and_provenance_is_kept(data, tmp_path):
    one, two = (cut_regions(data, tmp_path / name, 320, seed=3) for name in ("one", "two"))
    files = sorted(p.relative_to(one.parent) for p in one.parent.rglob("*.*"))
    assert files == sorted(p.relative_to(two.parent) for p in two.parent.rglob("*.*"))
    assert all((one.parent / f).read_bytes() == (two.parent / f).read_bytes() for f in files)
    checked = check_dataset(one)
    assert checked.scenes_known
    assert set(checked.splits["val"].sources) == {"synthetic"}


def test_what_is_cut_off_is_not_learned(data, tmp_path):
    # Of a thing at the crop's edge less than 0.6 is not labelled, more is labelled as far as seen.
    for seed in range(12):
        out = cut_regions(data, tmp_path / f"cut{seed}", 320, seed=seed)
        for crop in read_pictures(out, "train"):
            height, width = crop.image.shape[:2]
            assert (crop.boxes >= -0.01).all()
            assert (crop.boxes[:, [0, 2]] <= width + 0.01).all()
            assert (crop.boxes[:, [1, 3]] <= height + 0.01).all()
            blue = int(((crop.image[:, :, 0] > 200) & (crop.image[:, :, 2] < 80)).sum())
            labelled = CLASS_ID["muck_truck"] in crop.class_ids
            share = blue / (400 * 300)
            if abs(share - 0.6) > 0.02:
                assert labelled == (share > 0.6)
