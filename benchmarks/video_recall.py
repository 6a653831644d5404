"""What resting on key frames costs in recall, on a labelled set.

`python -m benchmarks.video_recall FOLDER [--model FILE] [--runtime NAME]`: each clip of a folder
(docs/evaluation.md; `python -m demo.cameras.labelled` renders one) goes through the watch twice:
with every picture at 5 a second, and through `ingest.stream_duty` as a stream does, packet by
packet. Events and passages of the truth that are told are counted for both.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from app.evaluation.clip_run import Gathered, run_clip
from app.evaluation.folder import read_evaluation_folder
from app.evaluation.matching import match
from app.evaluation.outcome import ClipOutcome, alarms_of, seen_of
from app.evaluation.passage_matching import match_passages
from app.evaluation.truth import Clip, EvaluationSet
from config.camera import Camera
from config.settings import VisionSettings
from detection.detector import Detector, load_detector
from detection.parameters import CameraParameters, read_camera_parameters
from detection.watch import CameraWatch
from ingest.frame import Frame
from ingest.packet_ring import PacketRing
from ingest.stream_connection import VideoConnection
from ingest.stream_duty import DutyReader


@dataclass(slots=True)
class Told:
    """Sums over clips."""

    events: int = 0
    passages: int = 0
    false: int = 0
    analysed: int = 0
    decoded: int = 0
    cpu_s: float = 0.0
    awake_s: float = 0.0


def duty_frames(
    path: Path, camera_id: str, starts_at: datetime, fps: float, moving: Callable[[], bool]
) -> Iterator[tuple[Frame, DutyReader]]:
    """The frames that a stream of this clip gives; `moving` is asked after each."""
    connection = VideoConnection(str(path), 10, 10)
    reader = DutyReader(PacketRing(), fps, longest_lag_s=1e9)
    zero_s: float | None = None
    number = 0
    with connection:
        reader.ring.opened(connection.codec)
        for arrived in connection.packets():
            if zero_s is None:
                zero_s = starts_at.timestamp() - arrived.presented_s
            reader.feed(arrived.packet, arrived.presented_s, zero_s, is_key=arrived.is_key)
            while (chosen := reader.next()) is not None:
                at = datetime.fromtimestamp(chosen.at_s, UTC)
                yield Frame(camera_id, at, chosen.picture, number), reader
                number += 1
                reader.told(moving=moving())


def run_resting(
    path: Path,
    clip: Clip,
    camera: Camera,
    detector: Detector,
    settings: VisionSettings,
    *,
    parameters: CameraParameters,
) -> tuple[ClipOutcome, DutyReader | None]:
    """As `app.evaluation.clip_run.run_clip`, through the stream's way of resting."""
    began_s = time.process_time()
    watch = CameraWatch(camera, detector, settings, parameters)
    gathered = Gathered()
    reader: DutyReader | None = None
    frames = duty_frames(
        path, camera.id, clip.starts_at, settings.analysed_fps, lambda: watch.awake
    )
    for frame, duty in frames:
        reader = duty
        for observation in watch.advance(frame):
            gathered.add(observation)
    outcome = ClipOutcome(
        clip=clip.name,
        events=tuple(gathered.events),
        sightings=tuple(gathered.sightings.values()),
        analysed=watch.frames_seen,
        detected=watch.frames_detected,
        cpu_s=time.process_time() - began_s,
    )
    return outcome, reader


def _count(told: Told, clip: Clip, outcome: ClipOutcome, evaluation: EvaluationSet) -> list[str]:
    """Adds the clip; what of the truth was told, by name."""
    events = [event for event in evaluation.events if event.clip == clip.name]
    passages = [passage for passage in evaluation.passages if passage.clip == clip.name]
    matched = match(events, alarms_of(clip, outcome))
    passed = match_passages(passages, seen_of(clip, outcome))
    told.events += len(matched.found)
    told.false += len(matched.false)
    told.passages += len(passed.found)
    told.analysed += outcome.analysed
    told.cpu_s += outcome.cpu_s
    names = [f"{clip.name} {event.kind} {event.visible_s:.1f} s" for event, _ in matched.found]
    return names + [f"{clip.name} passage {passage.at_s:.1f} s" for passage, _ in passed.found]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="an evaluation folder")
    parser.add_argument("--model", type=Path)
    parser.add_argument("--runtime", default="onnxruntime")
    given = parser.parse_args()
    evaluation = read_evaluation_folder(given.folder)
    settings = VisionSettings(model=given.model, runtime=given.runtime)
    detector = load_detector(settings.model, settings.runtime, settings.confidence)
    parameters = read_camera_parameters(evaluation.site.rules)
    full, resting = Told(), Told()
    for clip in evaluation.clips:
        camera, path = evaluation.site.cameras[clip.camera_id], given.folder / clip.name
        outcome = run_clip(path, clip, camera, detector, settings, parameters=parameters)
        by_full = _count(full, clip, outcome, evaluation)
        rested, reader = run_resting(path, clip, camera, detector, settings, parameters=parameters)
        by_resting = _count(resting, clip, rested, evaluation)
        awake = ""
        if reader is not None:
            resting.decoded += reader.counts.decoded
            resting.awake_s += reader.counts.awake_s
            share = reader.counts.awake_s / max(reader.counts.seen_s, 1e-9)
            awake = f"awake {share:.0%}"
        only = [f"  full rate only: {name}" for name in by_full if name not in by_resting]
        only += [f"  resting only: {name}" for name in by_resting if name not in by_full]
        print(f"{clip.name}: full {len(by_full)}, resting {len(by_resting)}, {awake}", flush=True)
        print(*only, sep="\n", end="\n" if only else "", flush=True)
    truth = len(evaluation.events) + len(evaluation.passages)
    mine, theirs = resting.events + resting.passages, full.events + full.passages
    print(
        json.dumps(
            {
                "name": "video_recall",
                "truth": truth,
                "recall": round(mine / truth, 4) if truth else None,
                "recall_full_rate": round(theirs / truth, 4) if truth else None,
                "points_lost": round(100 * (theirs - mine) / truth, 2) if truth else None,
                "events": [resting.events, full.events, len(evaluation.events)],
                "passages": [resting.passages, full.passages, len(evaluation.passages)],
                "false": [resting.false, full.false],
                "analysed": [resting.analysed, full.analysed],
                "awake_share": round(
                    resting.awake_s / sum(clip.seconds for clip in evaluation.clips), 3
                ),
                "cpu_s": [round(resting.cpu_s, 1), round(full.cpu_s, 1)],
                "checked": "[resting, full rate, truth]; the same watch, clips and matching",
            }
        )
    )


if __name__ == "__main__":
    main()
