"""Redaction: bystanders cannot be told any more, the subject is as it was."""

from __future__ import annotations

import io
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

import av
import cv2
import numpy as np
import pytest

from detection.clip_redaction import ClipError, ClipSubject, redact_clip
from detection.detections import Detections
from detection.detector import NoDetector
from detection.redaction import CELLS, Subject, blurred, redact_jpeg, regions_of
from detection.scene_event import Box, SeenBox, TrackPoint
from ingest.frame import Image

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
W, H = 640, 360
TRUCK: Box = (60, 80, 300, 280)
CAR: Box = (380, 160, 560, 280)
PLATE = (440, 236, 500, 256)
PERSON: Box = (580, 100, 620, 220)


def texture(shape: tuple[int, int], seed: int) -> Image:
    noise = np.random.default_rng(seed).integers(0, 255, (*shape, 3), np.uint8)
    return np.asarray(noise, np.uint8)


def scene() -> Image:
    """Road, a truck with a number, a car with a plate, a person with a face of sharp detail."""
    image = np.full((H, W, 3), (90, 95, 100), np.uint8)
    for number, box in enumerate((TRUCK, CAR, PERSON)):
        x1, y1, x2, y2 = (int(n) for n in box)
        image[y1:y2, x1:x2] = texture((y2 - y1, x2 - x1), number)
    x1, y1, x2, y2 = PLATE
    image[y1:y2, x1:x2] = (160, 60, 20)
    cv2.putText(image, "D8K216", (x1 + 2, y2 - 5), cv2.FONT_HERSHEY_SIMPLEX, 0.45, (255,) * 3, 1)
    return image


def jpeg_of(image: Image) -> bytes:
    return cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, 95])[1].tobytes()


def pixels(jpeg: bytes) -> Image:
    return np.asarray(cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR), np.uint8)


def part(image: Image, box: Sequence[float]) -> Image:
    x1, y1, x2, y2 = (int(n) for n in box)
    return image[y1:y2, x1:x2]


def edges(image: Image) -> float:
    """Edge energy: the variance of the Laplacian."""
    return float(cv2.Laplacian(cv2.cvtColor(image, cv2.COLOR_BGR2GRAY), cv2.CV_64F).var())


def head(box: Box) -> Box:
    x1, y1, x2, y2 = box
    return (x1, y1, x2, y1 + 0.35 * (y2 - y1))


SEEN = (
    SeenBox(class_name="muck_truck", box=TRUCK, track_uid=UUID(int=1)),
    SeenBox(class_name="car", box=CAR),
    SeenBox(class_name="person", box=PERSON),
)


class Sees:
    """A detector that finds the same in every whole picture, and nothing in parts of one."""

    names = {0: "person", 1: "car", 2: "muck_truck"}  # noqa: RUF012  a port's attribute

    def __init__(self, *found: tuple[int, Box]) -> None:
        self.found = found

    def detect(self, images: Sequence[Image]) -> list[Detections]:
        return [self._one() if i.shape[:2] == (H, W) else Detections.none() for i in images]

    def _one(self) -> Detections:
        return Detections(
            np.array([box for _, box in self.found], np.float32).reshape(-1, 4),
            np.full(len(self.found), 0.5, np.float32),
            np.array([kind for kind, _ in self.found], np.int64),
            self.names,
        )


def test_bystanders_lose_their_detail_and_the_subject_keeps_it() -> None:
    before = pixels(jpeg_of(scene()))
    subject = Subject(UUID(int=1))
    done = redact_jpeg(jpeg_of(scene()), SEEN, subject, NoDetector())
    after = pixels(done.jpeg)
    for box in (PLATE, head(PERSON)):
        assert edges(part(before, box)) > 500
        assert edges(part(after, box)) < 0.01 * edges(part(before, box))
    # The truck, the road and the person's legs are as they were but for the JPEG.
    legs = (PERSON[0] + 1, 160, PERSON[2], PERSON[3])
    for box in (TRUCK, (0, 0, W, 75), legs):
        difference = np.abs(part(after, box).astype(int) - part(before, box).astype(int))
        assert difference.mean() < 12
        assert edges(part(after, box)) >= 0.7 * edges(part(before, box))
    assert len(done.boxes) == 2


def test_a_plate_cannot_be_told_from_another() -> None:
    """Whatever stood there, what is left hardly differs: nobody can work back to the letters."""

    def with_plate(text: str) -> Image:
        image = np.full((H, W, 3), (90, 95, 100), np.uint8)
        x1, y1, x2, y2 = PLATE
        image[y1:y2, x1:x2] = (160, 60, 20)
        cv2.putText(image, text, (x1 + 2, y2 - 5), cv2.FONT_HERSHEY_SIMPLEX, 0.45, (255,) * 3, 1)
        return blurred(image, regions_of([("car", CAR)]))

    plates = [part(with_plate(t), PLATE).astype(int) for t in ("D8K216", "A31QP7", "D8K21B")]
    differences = [np.abs(plates[0] - other).max() for other in plates[1:]]
    sharp = np.abs(part(scene(), PLATE).astype(int) - part(with_plate("D8K216"), PLATE)).max()
    assert max(differences) <= 16 < sharp  # a step of the coarse colours, not letters


@pytest.mark.parametrize("seed", range(5))
def test_of_a_region_only_a_few_coarse_colours_are_left(seed: int) -> None:
    image = texture((H, W), seed)
    done = blurred(image, [CAR])
    # All that is left of the region follows from its mosaic: the same mosaic, the same picture.
    region = part(image, CAR)
    small = cv2.resize(region, (CELLS, round(CELLS * 120 / 180)), interpolation=cv2.INTER_AREA)
    flat = np.asarray(cv2.resize(small, (180, 120), interpolation=cv2.INTER_NEAREST), np.uint8)
    other = image.copy()
    other[160:280, 380:560] = flat
    assert np.abs(blurred(other, [CAR]).astype(int) - done).max() <= 16
    assert edges(part(done, CAR)) < 1


@pytest.mark.parametrize(
    ("class_name", "box", "blurred_part", "kept_part"),
    [
        ("person", (100, 100, 140, 220), (100, 100, 140, 140), (100, 150, 140, 220)),
        ("person", (100, 100, 220, 140), (100, 100, 220, 140), None),  # bent, or cut off
        ("car", (100, 100, 300, 200), (100, 140, 300, 200), (100, 100, 300, 133)),
        ("bus", (100, 100, 300, 200), (100, 100, 300, 200), None),
        ("muck_truck", (100, 100, 300, 200), (100, 100, 300, 200), None),  # painted large
        ("motorcycle", (100, 100, 160, 200), (100, 100, 160, 200), None),
        ("person", (-20, -30, 40, 60), (0, 0, 40, 1), None),  # beyond the edge
    ],
)
def test_what_is_blurred_of_each(
    class_name: str, box: Box, blurred_part: Box, kept_part: Box | None
) -> None:
    image = texture((H, W), 3)
    done = blurred(image, regions_of([(class_name, box)]))
    x1, y1, x2, y2 = (int(n) for n in blurred_part)
    assert not (done[y1:y2, x1:x2] == image[y1:y2, x1:x2]).all(axis=2).mean() > 0.01
    if kept_part is not None:
        assert np.array_equal(part(done, kept_part), part(image, kept_part))


def test_who_the_detector_finds_besides_is_blurred_too() -> None:
    stranger: Box = (320, 20, 350, 110)
    detector = Sees((0, stranger), (2, (62, 82, 298, 279)))
    done = redact_jpeg(jpeg_of(scene()), SEEN[:1], Subject(UUID(int=1)), detector)
    assert len(done.boxes) == 1  # the truck was found again, and is the subject
    assert done.boxes[0][1] < 20


def test_a_person_is_the_subject_only_where_the_alert_is_about_one() -> None:
    done = redact_jpeg(jpeg_of(scene()), SEEN[2:], Subject(boxes=(PERSON,)), NoDetector())
    assert len(done.boxes) == 1
    own = Subject(boxes=(PERSON,), is_person=True)
    assert redact_jpeg(jpeg_of(scene()), SEEN[2:], own, NoDetector()).boxes == ()


def test_a_heap_that_looks_like_a_car_stays() -> None:
    detector = Sees((1, CAR), (0, PERSON))
    done = redact_jpeg(jpeg_of(scene()), (), Subject(things=(CAR, PERSON)), detector)
    assert len(done.boxes) == 1  # a person is nobody's thing
    assert done.boxes[0][0] > 500


def test_what_is_no_picture_is_refused() -> None:
    for content in (b"", b"no jpeg"):
        with pytest.raises(ValueError, match="no readable picture"):
            redact_jpeg(content, (), Subject(), NoDetector())


FPS = 10


def mp4(pictures: Sequence[Image]) -> bytes:
    out = io.BytesIO()
    with av.open(out, "w", format="mp4") as container:
        stream = container.add_stream("libx264", rate=FPS)
        stream.width, stream.height, stream.pix_fmt = W, H, "yuv420p"
        stream.options = {"preset": "ultrafast", "crf": "12"}
        for image in pictures:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(image, format="bgr24")))
        container.mux(stream.encode())
    return out.getvalue()


def played(content: bytes) -> tuple[list[Image], list[float]]:
    with av.open(io.BytesIO(content)) as container:
        frames = list(container.decode(video=0))
        return [f.to_ndarray(format="bgr24") for f in frames], [float(f.time) for f in frames]


def truck_at(second: float) -> Box:
    x = 20 + 60 * second
    return (x, 60, x + 160, 180)


def walker_at(second: float) -> Box:
    x = 560 - 80 * second
    return (x, 220, x + 40, 340)


def film(seconds: float = 4) -> list[Image]:
    pictures = []
    for number in range(round(seconds * FPS)):
        image = np.full((H, W, 3), (90, 95, 100), np.uint8)
        for seed, box in enumerate((truck_at(number / FPS), walker_at(number / FPS))):
            x1, y1, x2, y2 = (int(n) for n in box)
            image[y1:y2, x1:x2] = np.kron(texture((30, 40), seed), np.ones((4, 4, 1), np.uint8))[
                : y2 - y1, : x2 - x1
            ]
        pictures.append(image)
    return pictures


class SeesTheFilm(Sees):
    """Finds the walker where it is in the picture, by what is left of the road there."""

    def _at(self, image: Image) -> Detections:
        differs = np.abs(image[300:330].astype(int) - (90, 95, 100)).sum(axis=2).mean(axis=0) > 60
        columns = np.flatnonzero(differs)
        if not len(columns):
            return Detections.none()
        self.found = ((0, (columns[0], 220, columns[-1] + 1, 340)),)
        return self._one()

    def detect(self, images: Sequence[Image]) -> list[Detections]:
        return [self._at(image) for image in images]


SUBJECT = ClipSubject(
    track=tuple(TrackPoint(at=NOON + timedelta(seconds=s), box=truck_at(s)) for s in range(5))
)


@pytest.mark.parametrize("detector", [SeesTheFilm(), NoDetector()], ids=["detected", "motion only"])
def test_in_every_picture_of_a_clip(detector: Sees | NoDetector) -> None:
    source = mp4(film())
    done = redact_clip(source, NOON, SUBJECT, detector)
    before, times = played(source)
    after, later = played(done.content)
    assert later == pytest.approx(times, abs=0.02)
    assert (len(after), done.pictures, done.looks) == (40, 40, 20)
    for number, (old, new) in enumerate(zip(before, after, strict=True)):
        face = head(walker_at(number / FPS))
        assert edges(part(old, face)) > 200
        assert edges(part(new, face)) < 0.05 * edges(part(old, face)), number
        truck = truck_at(number / FPS)
        assert edges(part(new, truck)) > 0.4 * edges(part(old, truck)), number


def test_without_a_track_nobody_is_spared() -> None:
    source = mp4(film(2))
    after, _ = played(redact_clip(source, NOON, ClipSubject(), NoDetector()).content)
    before, _ = played(source)
    for number in range(4, 20):
        truck = truck_at(number / FPS)
        assert edges(part(after[number], truck)) < 0.3 * edges(part(before[number], truck))


def test_the_thing_itself_stays() -> None:
    heap: Box = (300, 200, 360, 240)
    pictures = film(2)
    for number, image in enumerate(pictures):
        if number >= 10:
            image[200:240, 300:360] = texture((40, 60), 9)
    source = mp4(pictures)
    subject = ClipSubject(SUBJECT.track, object_box=heap)
    after, _ = played(redact_clip(source, NOON, subject, NoDetector()).content)
    assert edges(part(after[15], heap)) > 0.4 * edges(part(played(source)[0][15], heap))


@pytest.mark.parametrize("content", [b"", b"no video at all", mp4([])], ids=["empty", "no", "none"])
def test_what_is_no_clip_is_refused(content: bytes) -> None:
    with pytest.raises(ClipError):
        redact_clip(content, NOON, ClipSubject(), NoDetector())


def test_a_clip_that_breaks_off_gives_what_there_is() -> None:
    out = io.BytesIO()
    with av.open(out, "w", format="mpegts") as container:
        stream = container.add_stream("libx264", rate=FPS)
        stream.width, stream.height, stream.pix_fmt = W, H, "yuv420p"
        stream.options = {"preset": "ultrafast", "crf": "12"}
        for image in film(3):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(image, format="bgr24")))
        container.mux(stream.encode())
    whole = out.getvalue()
    done = redact_clip(whole[: len(whole) * 2 // 3], NOON, SUBJECT, NoDetector())
    assert 5 < len(played(done.content)[0]) < 30
