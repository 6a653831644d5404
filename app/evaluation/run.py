"""All clips of a set through the camera path, in processes, one outcome a clip (批量运行)."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path

import cv2

from app.evaluation.clip_run import run_clip
from app.evaluation.kept_outcomes import KeptOutcomes, clip_key, code_fingerprint
from app.evaluation.outcome import ClipOutcome
from app.evaluation.truth import Clip, EvaluationSet
from config.camera import Camera
from config.settings import VisionSettings
from detection.detector import Detector, load_detector
from detection.parameters import CameraParameters, read_camera_parameters


@dataclass(frozen=True, slots=True)
class Run:
    """Outcomes by clip; `reused` of them were there already."""

    outcomes: Mapping[str, ClipOutcome]
    reused: int


def run_clips(
    evaluation: EvaluationSet,
    clips: Sequence[Clip],
    settings: VisionSettings,
    kept: KeptOutcomes,
    *,
    processes: int = 1,
    progress: Callable[[int, int], None] = lambda _done, _of: None,
) -> Run:
    """Run the clips that `kept` has no outcome of. Each process holds one frame and one model.

    Raises:
        StreamError: a clip is no video.
        DetectorError: the model cannot be used.
    """
    code = code_fingerprint(settings)
    keys = {
        c.name: clip_key(c, evaluation.path(c), evaluation.site_fingerprint, code) for c in clips
    }
    outcomes: dict[str, ClipOutcome] = {}
    for clip in clips:
        known = kept.load(keys[clip.name])
        if known is not None:
            outcomes[clip.name] = known
    reused = len(outcomes)
    waiting = [clip for clip in clips if clip.name not in outcomes]
    # The longest first: no process then works alone at the end.
    waiting.sort(key=lambda c: -c.seconds * c.width_px * c.height_px)
    progress(reused, len(clips))
    site = evaluation.site
    parameters = read_camera_parameters(site.rules)
    worker = ClipWorker(evaluation.folder, dict(site.cameras), settings, parameters, kept, keys)
    for outcome in _run(worker, waiting, processes):
        outcomes[outcome.clip] = outcome
        progress(len(outcomes), len(clips))
    return Run({clip.name: outcomes[clip.name] for clip in clips}, reused)


@dataclass
class ClipWorker:
    """What a process needs; the model is loaded once, in the process itself."""

    folder: Path
    cameras: Mapping[str, Camera]
    settings: VisionSettings
    parameters: CameraParameters
    kept: KeptOutcomes
    keys: Mapping[str, str]
    _detector: Detector | None = None

    def __call__(self, clip: Clip) -> ClipOutcome:
        if self._detector is None:
            cv2.setNumThreads(1)  # the processes share the cores already
            vision = self.settings
            self._detector = load_detector(vision.model, vision.runtime, vision.confidence)
        camera = self.cameras[clip.camera_id]
        path = self.folder / clip.name
        outcome = run_clip(
            path, clip, camera, self._detector, self.settings, parameters=self.parameters
        )
        self.kept.keep(self.keys[clip.name], outcome)
        return outcome


def _run(worker: ClipWorker, clips: Sequence[Clip], processes: int) -> Iterator[ClipOutcome]:
    if processes == 1 or len(clips) < 2:
        yield from map(worker, clips)
        return
    # Fresh processes: threads of OpenCV and ONNX Runtime do not survive a fork.
    fresh = multiprocessing.get_context("spawn")
    count = min(processes, len(clips))
    with ProcessPoolExecutor(count, fresh, _begin, (worker,)) as pool:
        running = [pool.submit(_go_on, clip) for clip in clips]
        try:
            for done in as_completed(running):
                yield done.result()
        finally:
            pool.shutdown(cancel_futures=True)


_own: list[ClipWorker] = []
"""Of this process."""


def _begin(worker: ClipWorker) -> None:
    _own[:] = [worker]


def _go_on(clip: Clip) -> ClipOutcome:
    return _own[0](clip)
