"""Video through PyAV: RTSP over TCP, HTTP, files. One connection, from open to end."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import av
import numpy as np

from ingest.frame import Frame, Image


class StreamError(ConnectionError):
    """The stream could not be opened, broke off or went silent; the message says which."""


@dataclass(frozen=True, slots=True)
class VideoPicture:
    """`presented_s` counts from the stream's own zero; `image` is None for one not chosen."""

    presented_s: float | None
    image: Image | None


class _Rate:
    """Chooses pictures at a rate, on a grid: 5 of 25 fps give 5, not 4.2."""

    def __init__(self, fps: float) -> None:
        self._period_s = 1 / fps
        self._due_s: float | None = None

    def takes(self, presented_s: float) -> bool:
        early_s = 0.0 if self._due_s is None else self._due_s - presented_s
        leapt = abs(early_s) > 2 * self._period_s  # the stream's clock was set, or it paused
        if early_s > 1e-3 and not leapt:
            return False
        start_s = presented_s if self._due_s is None or leapt else self._due_s
        self._due_s = start_s + self._period_s
        return True


def read_video(
    url: str,
    *,
    open_timeout_s: float = 10,
    read_timeout_s: float = 10,
    analysed_fps: float | None = None,
    keyframes_only: Callable[[], bool] = lambda: False,
) -> Iterator[VideoPicture]:
    """Every decoded picture of one connection, its pixels only for those chosen at `analysed_fps`.

    Ends when the source ends (a dead server ends it without an error). While `keyframes_only()`
    holds, the other pictures are not even decoded.

    Raises:
        StreamError: cannot be opened, is no video, or nothing came for `read_timeout_s`.
    """
    options = {"rtsp_transport": "tcp"} if url.startswith(("rtsp:", "rtsps:")) else {}
    try:
        container = av.open(url, options=options, timeout=(open_timeout_s, read_timeout_s))
    except (av.FFmpegError, OSError) as error:
        raise StreamError(f"cannot open: {error}") from error
    with container:
        if not container.streams.video:
            raise StreamError("no video in the stream")
        video = container.streams.video[0]
        video.thread_type = "SLICE"  # frame threads add a picture of delay each
        rate = _Rate(analysed_fps) if analysed_fps else None
        try:
            for packet in container.demux(video):
                if keyframes_only():
                    video.codec_context.skip_frame = "NONKEY"
                elif packet.is_keyframe:  # what came before it refers to pictures left out
                    video.codec_context.skip_frame = "DEFAULT"
                for picture in packet.decode():
                    presented_s = picture.time
                    chosen = rate is None or presented_s is None or rate.takes(presented_s)
                    if not chosen:
                        yield VideoPicture(presented_s, None)
                        continue
                    image = np.asarray(picture.to_ndarray(format="bgr24"), np.uint8)
                    yield VideoPicture(presented_s, image)
        except av.EOFError:
            return
        except (av.FFmpegError, OSError) as error:
            raise StreamError(f"broke off: {error}") from error


def read_clip(
    path: Path, camera_id: str, started_at: datetime, analysed_fps: float | None = None
) -> Iterator[Frame]:
    """The frames of a recorded clip; `captured_at` is `started_at` plus the time into the clip.

    Raises:
        StreamError: the file is missing or holds no video that can be decoded.
    """
    first_s: float | None = None
    number = 0
    for picture in read_video(str(path), analysed_fps=analysed_fps):
        if picture.image is None:
            continue
        presented_s = picture.presented_s or 0.0
        first_s = presented_s if first_s is None else first_s
        captured_at = started_at + timedelta(seconds=presented_s - first_s)
        yield Frame.of(camera_id, captured_at, picture.image, number)
        number += 1
