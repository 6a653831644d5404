"""Lays what cameras saw at trucks while it runs: a thread of the vision role (归因作业).

Takes from the tables what is not settled, waits for positions, asks the pure matching
(`alerts.attribution_match`), and gives the answers to the recorder. Nothing but the tables is
remembered that a restart would miss.
"""

from __future__ import annotations

import dataclasses
import threading
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

import structlog
from prometheus_client import Counter

from alerts.alert import PassedBy
from alerts.attribution import Attribution
from alerts.attribution_clock import CameraClock, learned_clock
from alerts.attribution_match import FleetKnown, attribute, together
from alerts.attribution_motion import VehicleFixes
from alerts.attribution_parameters import AttributionParameters
from alerts.attribution_seen import Moment, Seen, seen_of
from alerts.attribution_told import worth_telling
from app.event_recorder import EventRecorder
from app.patient_store import PatientStore, Stopped
from config.camera import Camera
from config.settings import Settings
from config.site import Site
from ingest.position import Position
from store.database import Connection
from store.fleet_known import clock_offsets, fixes_near, newest_fix, on_a_trip
from store.sighting_reader import (
    UnlaidPassers,
    passers_unlaid,
    sightings_between,
    sightings_of_tracks,
    sightings_open,
)

log = structlog.get_logger()

ANSWERED = Counter("muckwatch_attributions_total", "Passages laid, by outcome", ["outcome"])

RADIUS_M = 4_000.0
"""Fixes so near are read: 150 s at 90 km/h (`AttributionParameters.most_gap_s`)."""
NEIGHBOURS = timedelta(seconds=90)
"""Who passed so shortly before or after is judged together (`together_s` and a track's length)."""
CLOCKS_FROM = 50
PERSON = "person"
UNPLACED_M = 30.0
"""What a camera's own place may be off for what it sees (as `alerts.attribution_seen`)."""
PLACED_M = 3.0
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
        """Judge what is due at `now` (aware) and have the answers recorded; how many there were.

        Raises:
            Stopped: asked to stop while the database was away.
        """
        return self._store.ask(lambda conn: self._look(conn, now))

    def _look(self, conn: Connection, now: datetime) -> int:
        since = now - timedelta(seconds=self._vision.attribute_within_s)
        stored = {s.sighting.track_uid: s for s in sightings_open(conn, self._camera_ids, since)}
        waiting: dict[UUID, Seen] = {
            seen.track_uid: seen for seen in seen_of(s.sighting for s in stored.values())
        }
        before = {uid: s.attribution for uid, s in stored.items()}
        alerts = passers_unlaid(conn, self._camera_ids, since)
        answers = self._known_already(conn, alerts, since, waiting)
        # While the pipeline is behind, nobody is silent yet.
        known_until = newest_fix(conn, now)
        due = [seen for seen in waiting.values() if self._is_due(seen, known_until, now)]
        for camera_id in sorted({seen.camera_id for seen in due}):
            here = [seen for seen in due if seen.camera_id == camera_id]
            for group in together(here, self._parameters):
                for answer in self._judge(conn, group, known_until, now):
                    told = before.get(answer.track_uid) or self._told.get(answer.track_uid)
                    worth = worth_telling(told, answer, now - answer.at)
                    if worth is not None:
                        answers.append(worth)
                        self._told[answer.track_uid] = worth
        self._tell(answers)
        self._forget(now)
        return len(answers)

    def _known_already(
        self,
        conn: Connection,
        alerts: Sequence[UnlaidPassers],
        since: datetime,
        waiting: dict[UUID, Seen],
    ) -> list[Attribution]:
        """Answers for alerts that came after who passed was settled; the others join who waits."""
        of_track = {p.track_uid: (a, p) for a in alerts for p in a.passers}
        known: dict[UUID, Attribution | None] = {
            s.sighting.track_uid: s.attribution
            for s in sightings_of_tracks(conn, list(of_track), since - NEIGHBOURS)
        }
        answers = []
        for uid, (alert, passer) in of_track.items():
            answer = known.get(uid)
            if answer is not None:
                answers.append(answer)
            elif uid not in known and passer.class_name != PERSON:
                told = self._told.get(uid)
                if told is not None and told.final:
                    answers.append(told)
                    continue
                camera = self._site.cameras.get(alert.camera_id)
                placed = passer.lon is not None and passer.lat is not None
                at_camera = camera is not None and (alert.lon, alert.lat) == (
                    camera.lon,
                    camera.lat,
                )
                sigma = PLACED_M if placed else UNPLACED_M if at_camera else 2 * PLACED_M
                moment = Moment(
                    passer.seen_at,
                    alert.lon if passer.lon is None else passer.lon,
                    alert.lat if passer.lat is None else passer.lat,
                    sigma,
                )
                waiting[uid] = Seen(
                    alert.camera_id, uid, (moment,), passer.class_name, passer.confidence
                )
        return answers

    def _seen_of_passer(self, alert: UnlaidPassers, passer: PassedBy) -> Seen:
        """As `seen_of_event`, of what the alert keeps: no line made a sighting of who passed."""
        camera = self._site.cameras.get(alert.camera_id)
        if passer.lon is not None and passer.lat is not None:
            moment = Moment(passer.seen_at, passer.lon, passer.lat, PLACED_M)
        elif camera is not None and (alert.lon, alert.lat) == (camera.lon, camera.lat):
            moment = Moment(passer.seen_at, alert.lon, alert.lat, UNPLACED_M)
        else:
            moment = Moment(passer.seen_at, alert.lon, alert.lat, 2 * PLACED_M)
        return Seen(
            alert.camera_id, passer.track_uid, (moment,), passer.class_name, passer.confidence
        )

    def _is_due(self, seen: Seen, known_until: datetime | None, now: datetime) -> bool:
        at = seen.moments[-1].at
        if now - at >= timedelta(seconds=self._parameters.final_after_s):
            return True  # whatever has not come by now
        come = known_until is not None and known_until - at >= timedelta(
            seconds=self._vision.attribute_after_s
        )
        return come and now >= self._due.get(seen.track_uid, now)

    def _judge(
        self, conn: Connection, group: Sequence[Seen], known_until: datetime | None, now: datetime
    ) -> list[Attribution]:
        """The group with who passed shortly before and after; answers of the group only."""
        camera_id = group[0].camera_id
        first, last = group[0].moments[0].at, group[-1].moments[-1].at
        beside = seen_of(sightings_between(conn, camera_id, first - NEIGHBOURS, last + NEIGHBOURS))
        mine = {seen.track_uid for seen in group}
        tracks = [*group, *(seen for seen in beside if seen.track_uid not in mine)]
        gap = timedelta(seconds=self._parameters.most_gap_s)
        place = group[0].moments[0]
        positions = fixes_near(
            conn, place.lon, place.lat, RADIUS_M, first - NEIGHBOURS - gap, last + NEIGHBOURS + gap
        )
        late = now - last >= timedelta(seconds=self._parameters.final_after_s)
        fleet = FleetKnown(
            fixes=_by_vehicle(positions),
            now=now if late or known_until is None else known_until,
            laden=dict.fromkeys(on_a_trip(conn, first), True),
        )
        answers = attribute(
            tracks,
            fleet,
            self._site,
            clocks={camera_id: self._clock(conn, camera_id, first)},
            parameters=self._parameters,
        )
        for seen in group:
            age_s = (now - seen.at).total_seconds()
            again_s = max(self._vision.attribute_every_s, age_s * LATER_SHARE)
            self._due[seen.track_uid] = now + timedelta(seconds=again_s)
        return [answer for answer in answers if answer.track_uid in mine]

    def _clock(self, conn: Connection, camera_id: str, at: datetime) -> CameraClock:
        return learned_clock(clock_offsets(conn, camera_id, at, CLOCKS_FROM), self._parameters)

    def _tell(self, answers: Sequence[Attribution]) -> None:
        for camera_id in sorted({answer.camera_id for answer in answers}):
            self._recorder.record(camera_id, [a for a in answers if a.camera_id == camera_id])
        for answer in answers:
            named = (
                "named" if answer.vehicle_id else "candidates" if answer.candidates else "nobody"
            )
            ANSWERED.labels(named if answer.final else "not_final").inc()

    def _forget(self, now: datetime) -> None:
        old = now - timedelta(seconds=self._vision.attribute_within_s) - NEIGHBOURS
        self._due = {uid: due for uid, due in self._due.items() if due > old}
        self._told = {uid: told for uid, told in self._told.items() if told.at > old}


def _by_vehicle(positions: Iterable[Position]) -> Mapping[str, VehicleFixes]:
    of: dict[str, list[Position]] = {}
    for position in positions:
        of.setdefault(position.vehicle_id, []).append(position)
    return {vehicle_id: VehicleFixes.of(vehicle_id, fixes) for vehicle_id, fixes in of.items()}
