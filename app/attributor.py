"""Lays what cameras saw at trucks while it runs: a thread of the vision role (归因作业).

Takes from the tables what is not settled, waits for positions, asks the pure matching
(`alerts.attribution_match`) and the gate's findings, and gives the answers to the recorder. Nothing
but the tables is remembered that a restart would miss.
"""

from __future__ import annotations

import dataclasses
import threading
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

import structlog
from prometheus_client import Counter

from alerts.attribution import Attribution, as_said
from alerts.attribution_match import FleetKnown, attribute, together
from alerts.attribution_parameters import AttributionParameters
from alerts.attribution_seen import Seen, seen_of
from alerts.attribution_told import worth_telling
from alerts.gate_findings import gate_findings
from app.attribution_inputs import (
    NEIGHBOURS,
    clock_of,
    fleet_about,
    seen_of_passer,
    with_neighbours,
)
from app.event_recorder import EventRecorder
from app.observation_queue import Told
from app.patient_store import PatientStore, Stopped
from app.thresholds import check_thresholds
from config.camera import Camera
from config.settings import Settings
from config.site import Site
from detection.scene_event import SceneEvent
from detection.sighting import Sighting
from store.database import Connection
from store.fleet_known import newest_fix
from store.sighting_reader import (
    passers_unlaid,
    sightings_of_tracks,
    sightings_open,
    with_snapshot,
)

log = structlog.get_logger()

ANSWERED = Counter("muckwatch_attributions_total", "Passages laid, by outcome", ["outcome"])

PERSON = "person"
LATER_SHARE = 0.25
"""Judged again when a passage is so much older: often at first, seldom later (ours)."""


class Attributor:
    """Of these cameras only: another process lays what its own cameras saw.

    `store` is a connection of its own. Call `look` (or `start` a thread that does).
    """

    def __init__(  # noqa: PLR0917  each is what its name says
        self,
        settings: Settings,
        site: Site,
        recorder: EventRecorder,
        store: PatientStore,
        camera_ids: Iterable[str],
        stop: threading.Event,
    ) -> None:
        self._vision = settings.vision
        self._site = site
        self._recorder = recorder
        self._store = store
        self._camera_ids = sorted(camera_ids)
        check_thresholds(site.rules)  # a wrong one ends here, and not at the first passage
        self._parameters = AttributionParameters.of(site.rules)
        self._stop = stop
        self._due: dict[UUID, datetime] = {}
        self._told: dict[UUID, Attribution] = {}
        self._thread = threading.Thread(target=self._run, name="attribute", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def join(self, timeout_s: float = 10.0) -> None:
        """Wait for the thread's end once `stop` is set, and close the connection."""
        if self._thread.is_alive():
            self._thread.join(timeout_s)
        self._store.close()

    def placed(self, camera: Camera) -> None:
        """The camera stands elsewhere now."""
        cameras = {**self._site.cameras, camera.id: camera}
        self._site = dataclasses.replace(self._site, cameras=cameras)

    def _run(self) -> None:
        while not self._stop.wait(self._vision.attribute_every_s):
            try:
                self.look(datetime.now(UTC))
            except Stopped:
                return
            except Exception:  # one passage that cannot be judged must not end the others
                log.exception("attribution.failed")

    def look(self, now: datetime) -> int:
        """Judge what is due at `now` (aware) and have the answers recorded, with what passages show
        against the register; how many there were of both.

        Raises:
            Stopped: asked to stop while the database was away.
        """
        return self._store.ask(lambda conn: self._look(conn, now))

    def _look(self, conn: Connection, now: datetime) -> int:
        since = now - timedelta(seconds=self._vision.attribute_within_s)
        stored = sightings_open(conn, self._camera_ids, since)
        before = {s.sighting.track_uid: s.attribution for s in stored}
        said = {s.sighting.track_uid: s.choice.vehicle_id for s in stored if s.choice is not None}
        passages: dict[UUID, list[Sighting]] = {}
        for each in stored:
            passages.setdefault(each.sighting.track_uid, []).append(each.sighting)
        waiting = {seen.track_uid: seen for seen in seen_of(s.sighting for s in stored)}
        answers: list[Told] = [*self._of_alerts(conn, since, waiting)]
        # While the pipeline is behind, nobody is silent yet.
        known_until = newest_fix(conn, now)
        due = [seen for seen in waiting.values() if self._is_due(seen, known_until, now)]
        for camera_id in sorted({seen.camera_id for seen in due}):
            here = [seen for seen in due if seen.camera_id == camera_id]
            for group in together(here, self._parameters):
                fleet = fleet_about(conn, group, self._parameters, known_until, now)
                for answer in self._judge(conn, group, fleet, now):
                    told = before.get(answer.track_uid) or self._told.get(answer.track_uid)
                    worth = worth_telling(told, answer, now - answer.at)
                    if worth is None:
                        continue
                    if worth.final:
                        # Before the answer: should the process end between the two, the passage is
                        # still open and is judged again.
                        uid = answer.track_uid
                        who = as_said(answer, said[uid]) if uid in said else answer
                        answers += self._findings(conn, passages.get(uid, []), who, fleet)
                    answers.append(worth)
                    self._told[answer.track_uid] = worth
        self._tell(answers)
        self._forget(now)
        return len(answers)

    def _of_alerts(
        self, conn: Connection, since: datetime, waiting: dict[UUID, Seen]
    ) -> list[Attribution]:
        """Answers for alerts that came when who passed was settled; of others, who passed joins
        those who wait.
        """
        of_track = {
            passer.track_uid: (alert, passer)
            for alert in passers_unlaid(conn, self._camera_ids, since)
            for passer in alert.passers
            if passer.class_name != PERSON
        }
        if not of_track:
            return []
        known: dict[UUID, Attribution | None] = {
            s.sighting.track_uid: s.attribution
            for s in sightings_of_tracks(conn, list(of_track), since - NEIGHBOURS)
        }
        answers = []
        for uid, (alert, passer) in of_track.items():
            answer = known.get(uid)
            if answer is None and uid not in known:
                answer = self._told.get(uid)
                if answer is None or not answer.final:
                    camera = self._site.cameras.get(alert.camera_id)
                    waiting[uid] = seen_of_passer(alert, passer, camera)
            if answer is not None:
                answers.append(answer)
        return answers

    def _is_due(self, seen: Seen, known_until: datetime | None, now: datetime) -> bool:
        at = seen.moments[-1].at
        if now - at >= timedelta(seconds=self._parameters.final_after_s):
            return True  # whatever has not come by now
        come = known_until is not None and known_until - at >= timedelta(
            seconds=self._vision.attribute_after_s
        )
        return come and now >= self._due.get(seen.track_uid, now)

    def _judge(
        self, conn: Connection, group: Sequence[Seen], fleet: FleetKnown, now: datetime
    ) -> list[Attribution]:
        camera_id = group[0].camera_id
        clock = clock_of(conn, camera_id, group[0].at, self._parameters)
        answers = attribute(
            with_neighbours(conn, group),
            fleet,
            self._site,
            clocks={camera_id: clock},
            parameters=self._parameters,
        )
        for seen in group:
            age_s = (now - seen.at).total_seconds()
            again_s = max(self._vision.attribute_every_s, age_s * LATER_SHARE)
            self._due[seen.track_uid] = now + timedelta(seconds=again_s)
        mine = {seen.track_uid for seen in group}
        return [answer for answer in answers if answer.track_uid in mine]

    def _findings(
        self, conn: Connection, passages: Sequence[Sighting], answer: Attribution, fleet: FleetKnown
    ) -> list[SceneEvent]:
        """What a passage shows against the register; of each kind once, over however many lines."""
        found: dict[str, SceneEvent] = {}
        for passage in passages:
            if gate_findings(passage, answer, self._site, fleet):
                pictured = with_snapshot(conn, passage)
                for event in gate_findings(pictured, answer, self._site, fleet):
                    found.setdefault(event.kind, event)
        return list(found.values())

    def _tell(self, answers: Sequence[Told]) -> None:
        for camera_id in sorted({answer.camera_id for answer in answers}):
            self._recorder.record(camera_id, [a for a in answers if a.camera_id == camera_id])
        for answer in answers:
            if isinstance(answer, Attribution):
                outcome = "candidates" if answer.candidates else "nobody"
                outcome = "named" if answer.vehicle_id else outcome
                ANSWERED.labels(outcome if answer.final else "not_final").inc()

    def _forget(self, now: datetime) -> None:
        old = now - timedelta(seconds=self._vision.attribute_within_s) - NEIGHBOURS
        self._due = {uid: due for uid, due in self._due.items() if due > old}
        self._told = {uid: told for uid, told in self._told.items() if told.at > old}
