"""Small H.264 clips of known content, and their packets as a stream would bring them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import chain
from pathlib import Path

import av
import numpy as np

from ingest.frame import Image
from ingest.stream_connection import Arrived, VideoConnection

FPS = 25
SIZE = (320, 180)


def encode(
    path: Path, images: Iterator[Image], gop: int = 50, fps: int = FPS, **options: str
) -> Path:
    """H.264 without B frames, key frames only where asked; images all of one size."""
    first = next(images)
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=fps)
        stream.width, stream.height, stream.pix_fmt = first.shape[1], first.shape[0], "yuv420p"
        stream.options = {
            **{"g": str(gop), "keyint_min": str(gop), "sc_threshold": "0", "bf": "0"},
            **{"preset": "ultrafast", **options},
        }
        for image in chain((first,), images):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(image, format="bgr24")))
        container.mux(stream.encode())
    return path


def noisy(
    seconds: float, draw: Callable[[Image, float], None] = lambda _image, _at_s: None
) -> Iterator[Image]:
    """A textured scene with a sensor's grain; `draw(image, at_s)` paints what happens."""
    dice = np.random.default_rng(1)
    scene = dice.integers(70, 150, (SIZE[1] // 20, SIZE[0] // 20, 3)).repeat(20, 0).repeat(20, 1)
    for number in range(round(seconds * FPS)):
        image = scene.astype(np.uint8)
        draw(image, number / FPS)
        grain = dice.normal(0, 2, image.shape)
        yield np.clip(image + grain, 0, 255).astype(np.uint8)


def packets_of(path: Path) -> tuple[VideoConnection, list[Arrived]]:
    """All packets of a file, in Annex B; the connection is closed already."""
    connection = VideoConnection(str(path), 5, 5)
    with connection:
        return connection, list(connection.packets())
