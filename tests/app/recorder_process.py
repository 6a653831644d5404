"""A vision process's recorder that tells of COUNT passages: `recorder_process.py URL COUNT NOW`.

The same each time it is run, as a camera whose frames are looked at again.
"""

from __future__ import annotations

import sys
from datetime import UTC, datetime

from alerts.attribution import Attribution, Candidate
from config.settings import DatabaseSettings
from tests.app import camera_world
from tests.app.camera_world import CAMERA, TRUCKS, event, passage, recorder_of, settings_of, track


def main(url: str, count: int, now: datetime) -> None:
    camera_world.NOW = now
    recorder = recorder_of(settings_of(DatabaseSettings(url=url)))
    for number in range(count):
        seen = passage(number, TRUCKS[0])
        laid = Attribution(
            camera_id=CAMERA,
            track_uid=track(number),
            at=seen.at,
            candidates=(Candidate(vehicle_id=TRUCKS[0].vehicle_id, confidence=0.99),),
            nobody=0.01,
            vehicle_id=TRUCKS[0].vehicle_id,
            final=True,
        )
        recorder.record(CAMERA, [seen, event(number, kind="open_load")])
        recorder.record(CAMERA, [laid])
        recorder.wait_written(0.02)
    recorder.wait_written(120)
    recorder.close()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), datetime.fromtimestamp(float(sys.argv[3]), UTC))
