"""Recorded video through PyAV: a file from its beginning to its end."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import av

from ingest.frame import Frame, Image
from ingest.stream_connection import StreamError
from ingest.stream_picture import DecodedPicture
from ingest.stream_rate import Rate


@dataclass(frozen=True, slots=True)
class VideoPicture:
    """`presented_s` counts from the stream's own zero; `picture` is None for one not chosen."""

    presented_s: float | None
    picture: DecodedPicture | None

    @property
    def image(self) -> Image | None:
        """All pixels, BGR."""
        return None if self.picture is None else self.picture.image()


def read_video(
    url: str,
    *,
    open_timeout_s: float = 10,
    read_timeout_s: float = 10,
    analysed_fps: float | None = None,
    keyframes_only: Callable[[], bool] = lambda: False,
) -> Iterator[VideoPicture]:
    """Every decoded picture of one source; those at `analysed_fps` can be looked at.

    Ends when the source ends. While `keyframes_only()` holds, the other pictures are not decoded.

    Raises:
        StreamError: cannot be opened, is no video, or nothing came for `read_timeout_s`.
    """
    try:
        container = av.open(url, timeout=(open_timeout_s, read_timeout_s))
    except (av.FFmpegError, OSError) as error:
        raise StreamError(f"cannot open: {error}") from error
    with container:
        if not container.streams.video:
            raise StreamError("no video in the stream")
        video = container.streams.video[0]
        video.thread_type = "SLICE"  # frame threads add a picture of delay each
        rate = Rate(analysed_fps) if analysed_fps else None
        try:
            for packet in container.demux(video):
                if keyframes_only():
                    video.codec_context.skip_frame = "NONKEY"
                elif packet.is_keyframe:  # what came before it refers to pictures left out
                    video.codec_context.skip_frame = "DEFAULT"
                for frame in packet.decode():
                    presented_s = frame.time
                    chosen = rate is None or presented_s is None or rate.takes(presented_s)
                    yield VideoPicture(presented_s, DecodedPicture(frame) if chosen else None)
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
    for each in read_video(str(path), analysed_fps=analysed_fps):
        if each.picture is None:
            continue
        presented_s = each.presented_s or 0.0
        first_s = presented_s if first_s is None else first_s
        captured_at = started_at + timedelta(seconds=presented_s - first_s)
        yield Frame(camera_id, captured_at, each.picture, number)
        number += 1
