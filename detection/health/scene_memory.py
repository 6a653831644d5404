"""What a placement's scene looks like in each light, learnt while it is sure that nothing moved."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import cv2
import numpy as np
from numpy.typing import NDArray

from detection.health.picture import WIDTH_PX, Sharpness, coarse_of, hard_edges
from detection.registration import Reference, Registration, View, grey, register
from ingest.frame import Image

SAMPLE_EVERY = timedelta(seconds=4)
SAMPLES = 12
"""Their median is free of what drives by: the first steady minute of a placement."""
MOST_LIGHTS = 4
NEW_LIGHT = 1.3
"""A light so many times brighter or darker than all known ones gets a reference of its own..."""
WEAK_AGREEMENT = 0.4
"""...and so does one in which only so few tiles of the best one are found."""
STEADY_SHARE = 0.01
USUAL_RATE = 0.1
USUALLY = 0.6
_JPEG_QUALITY = 90


@dataclass(eq=False)
class Lit:
    """The scene in one light. `usual` (tiles,) is how often each tile is found, 0 to 1."""

    reference: Reference
    sharpness: Sharpness
    coarse: NDArray[np.float32]
    usual: NDArray[np.float64]
    hard: float
    white: float | None = None
    usual_sharpness: float | None = None
    anchor: bool = False

    @classmethod
    def of(cls, image: Image, *, anchor: bool) -> Lit:
        reference = Reference(image)
        picture = grey(image, WIDTH_PX)
        usual = np.full(len(reference.corners), 0.5)
        return cls(
            reference,
            Sharpness(image),
            coarse_of(picture),
            usual,
            hard_edges(picture),
            anchor=anchor,
        )

    def hidden_share(self, found: NDArray[np.bool_]) -> float | None:
        """Of the tiles that are usually found, those that are not; None while it is not known."""
        known = self.usual > USUALLY
        if known.sum() < 6 or len(found) != len(known):
            return None
        return 1 - float(found[known].mean())


@dataclass(eq=False)
class SceneMemory:
    """References by light, the first of them the placement's own; learns others beside it."""

    lights: list[Lit] = field(default_factory=list)
    settled: bool = False
    _samples: list[tuple[Image, tuple[float, float]]] = field(default_factory=list)
    _due: datetime | None = None
    _unproven: bool = False

    @classmethod
    def given(cls, jpeg: bytes | None) -> SceneMemory:
        """From a stored reference; without one it is learnt from the first steady minute.

        One that was taken in quite another light is left where nothing of it is found: after a
        start by night a picture of the day must not say that the camera moved.
        """
        if jpeg is None:
            return cls()
        image = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR)
        if image is None:
            return cls()
        memory = cls([Lit.of(np.asarray(image, np.uint8), anchor=True)], settled=True)
        memory._unproven = True
        return memory

    def jpeg(self) -> bytes | None:
        """The placement's reference, to be stored; None until it is learnt."""
        if not self.settled:
            return None
        _, coded = cv2.imencode(
            ".jpg", self.lights[0].reference.image, [cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY]
        )
        return np.asarray(coded).tobytes()

    def register(self, image: Image, near: tuple[float, float]) -> tuple[Registration, Lit]:
        """Against the light that agrees best; a first picture becomes a provisional reference."""
        if not self.lights or not self._fits(image) or self._of_another_light(image, near):
            self.lights, self.settled = [Lit.of(image, anchor=True)], False
            self._samples = []
        self._unproven = False
        found, reference = register([lit.reference for lit in self.lights], image, near)
        return found, next(lit for lit in self.lights if lit.reference is reference)

    def learn(self, image: Image, found: Registration, lit: Lit, at: datetime) -> bool:
        """Shown only pictures in which nothing is wrong. Whether the placement's own was learnt."""
        if found.view is not View.SAME:
            self._samples = []
            return False
        lit.usual += USUAL_RATE * (found.found - lit.usual)
        if self._due is not None and at < self._due:
            return False
        self._due = at + SAMPLE_EVERY
        if not self._worth(found, image):
            self._samples = []
            return False
        self._samples.append((image, found.shift))
        if len(self._samples) == SAMPLES:
            return self._take()
        return False

    def _worth(self, found: Registration, image: Image) -> bool:
        """There is something to learn from it."""
        if self.settled:
            return self._new_light(found, image)
        return found.moved_share <= STEADY_SHARE

    def _take(self) -> bool:
        """A reference of the samples; whether it is the placement's own."""
        still = _median(self._samples, aligned=self.settled)
        self._samples = []
        if not self.settled:
            self.lights, self.settled = [Lit.of(still, anchor=True)], True
            return True
        if len(self.lights) == MOST_LIGHTS:
            del self.lights[1]
        self.lights.append(Lit.of(still, anchor=False))
        return False

    def _fits(self, image: Image) -> bool:
        """The stream has the shape that the reference was taken in."""
        known = self.lights[0].reference
        height, width = image.shape[:2]
        return bool(abs(height / width - known.height_px / known.width_px) < 0.02)

    def _of_another_light(self, image: Image, near: tuple[float, float]) -> bool:
        if not self._unproven or not self._new_light(Registration(View.UNSURE, agreement=1), image):
            return False
        found, _ = register([self.lights[0].reference], image, near)
        return found.view is View.UNSURE

    def _new_light(self, found: Registration, image: Image) -> bool:
        if found.agreement < WEAK_AGREEMENT:
            return True
        now = float(image[::4, ::4].mean()) + 4
        known = [lit.reference.brightness + 4 for lit in self.lights]
        return all(max(now, b) / min(now, b) > NEW_LIGHT for b in known)


def _median(samples: Sequence[tuple[Image, tuple[float, float]]], *, aligned: bool) -> Image:
    """Without what moved; `aligned` to the placement's reference by the shift of each sample."""
    pictures = []
    for image, (x, y) in samples:
        height, width = image.shape[:2]
        back = np.array([[1, 0, -x * width], [0, 1, -y * height]], np.float64)
        moved = aligned and max(abs(x * width), abs(y * height)) > 0.3
        pictures.append(
            cv2.warpAffine(image, back, (width, height), borderMode=cv2.BORDER_REPLICATE)
            if moved
            else image
        )
    return np.asarray(np.median(np.stack(pictures), axis=0), np.uint8)
