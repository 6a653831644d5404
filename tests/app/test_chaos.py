"""Streams cut, frozen, damaged, cameras turned, the evidence store full, all at once: each fault is
told and over in time, and the cameras that are well do not notice.

`-s` prints what was measured.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from config.settings import DatabaseSettings
from demo.cameras.rtp_packets import Piece
from demo.cameras.rtsp import Server, ThreadedServer
from store.database import connect
from store.evidence_objects import EvidenceObjects
from store.evidence_reader import evidence_rows, read_content
from store.migrate import migrate
from store.operator import acknowledge
from tests.app.chaos_cameras import CAMERAS, FPS, GOP, ZONE, pieces, programmes, write_site
from tests.app.chaos_rig import FPS_ANALYSED, LONG_S, Teller, evidence_of, fill_store, vision
from tests.databases import fresh_database
from tests.ingest.waiting import wait_until

pytestmark = [pytest.mark.servers, pytest.mark.timeout(600)]

SHOWS_WITHIN, OVER_WITHIN = timedelta(seconds=15), timedelta(seconds=10)
KEEPS = 0.95
FAULTS = {
    "cut": "camera_offline",
    "frozen": "camera_frozen",
    "damaged": "camera_offline",
    "turned": "camera_moved",
    "elsewhere": "camera_moved",
}
UNTOUCHED = ("busy", "quiet", "dumped")
WORKER = "vision 0/1"


@pytest.fixture(scope="module")
def parts(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Piece]:
    return pieces(tmp_path_factory.mktemp("chaos"))


@pytest.fixture
def server(parts: dict[str, Piece]) -> Iterator[Server]:
    with ThreadedServer(programmes(parts)) as running:
        yield running


def go_wrong(server: Server, parts: dict[str, Piece]) -> None:
    server.programmes["cut"].fault.refuse = True
    server.cut("cut")
    server.programmes["damaged"].fault.damage = 1
    server.programmes["frozen"].turn_to(parts["standing"])
    server.programmes["turned"].turn_to(parts["turned"])
    server.programmes["elsewhere"].turn_to(parts["elsewhere"])
    server.programmes["dumped"].turn_to(parts["with_bag"])


def come_back(server: Server, parts: dict[str, Piece]) -> None:
    server.programmes["cut"].fault.refuse = False
    server.programmes["damaged"].fault.damage = 0
    for camera in ("frozen", "turned", "elsewhere"):
        server.programmes[camera].turn_to(parts["straight"])


def test_faults_are_told_and_over_in_time_and_the_other_cameras_do_not_notice(
    embedded: DatabaseSettings,
    server: Server,
    parts: dict[str, Piece],
    open_folder: Path,
    tmp_path: Path,
) -> None:
    site = tmp_path / "site"
    write_site(site, {camera: server.url(camera) for camera in CAMERAS})
    with fresh_database(embedded) as url, connect(DatabaseSettings(url=url)) as conn:
        migrate(conn)
        earlier = fill_store(DatabaseSettings(url=url), site, open_folder, "quiet")
        with vision(url, site, open_folder, tmp_path) as metrics:
            teller = Teller(conn, metrics)
            teller.wait(
                lambda: [*teller.states.values()] == ["online"] * len(CAMERAS), "all are there"
            )
            # Backgrounds and the scenes that a camera is to be known by are learnt by then.
            wait_until(
                lambda: min(c["frames_seen"] for c in teller.counts().values()) > 7 * FPS,
                "seven seconds of each",
                LONG_S,
            )
            before = teller.counts()
            due = {camera: server.due(camera) for camera in UNTOUCHED}

            began = datetime.now(UTC)
            go_wrong(server, parts)
            teller.wait(
                lambda: all(teller.alert(camera, kind) for camera, kind in FAULTS.items()),
                "each fault is told",
            )
            teller.wait(
                lambda: (
                    teller.storage.get(WORKER) == "full"
                    and "clip" in teller.evidence("dumped", "illegal_dumping")
                ),
                "the store is full, and the alert is there",
            )
            during = teller.counts()

            returned, back_at = datetime.now(UTC), server.due("turned")
            come_back(server, parts)
            acknowledge(conn, earlier, "operator", None, lambda _change: ())
            teller.wait(
                lambda: (
                    all(
                        (told := teller.alert(camera, kind)) and told.alert.ended_at
                        for camera, kind in FAULTS.items()
                    )
                    and teller.storage.get(WORKER) == "ok"
                ),
                "each is over",
            )
            # What lies there in the first 4 s of a view is taken for a part of it.
            wait_until(lambda: server.due("turned") > back_at + 8 * FPS, "it is known again")
            turned_again = datetime.now(UTC)
            server.programmes["turned"].turn_to(parts["with_bag"])
            teller.wait(
                lambda: "clip" in teller.evidence("turned", "illegal_dumping"), "its zones hold"
            )

            after = teller.counts()
            due = {camera: server.due(camera) - first for camera, first in due.items()}
            kept = rates(due, before, after)
            report(teller, began, returned, kept, after)

        for camera, kind in FAULTS.items():
            told = teller.alert(camera, kind)
            assert told is not None
            assert began < told.alert.raised_at <= began + SHOWS_WITHIN, camera
            assert told.alert.ended_at is not None
            assert told.alert.ended_at <= returned + OVER_WITHIN, camera
            assert teller.states[camera] == "online"
        assert during["damaged"]["errors"] > before["damaged"]["errors"]
        assert after["cut"]["connections"] == 2
        assert after["damaged"]["connections"] == 1

        for camera in UNTOUCHED:
            assert kept[camera] >= KEEPS, camera
            assert after[camera]["frames_dropped"] == before[camera]["frames_dropped"], camera
            assert after[camera]["connections"] == 1
            states = [how for who, how, _ in teller.history if who == camera]
            assert states[states.index("online") :] == ["online"], camera
            assert {a.alert.kind for a in teller.alerts if a.alert.camera_id == camera} <= {
                "illegal_dumping",
                "spillage",
            }

        # The full store: its alert came in time, with pictures, and says that the clip is lost.
        alert = teller.alert("dumped", "illegal_dumping")
        assert alert is not None
        assert began < alert.alert.raised_at <= began + SHOWS_WITHIN
        rows = teller.evidence("dumped", "illegal_dumping")
        assert rows["clip"].missing == "full"
        full = teller.since(WORKER, "full", began)
        assert rows["clip"].until is not None
        assert full is not None
        assert full <= rows["clip"].until + SHOWS_WITHIN
        assert rows["before"].object_key
        assert rows["after"].object_key
        gone = {row.moment: row.dropped_for for row in evidence_rows(conn, earlier)}
        assert gone == {"after": None, "clip": "room"}
        well = teller.since(WORKER, "ok", returned)
        assert well is not None
        assert well <= returned + OVER_WITHIN

        # While it looked elsewhere nothing was said of its zones; now they hold again.
        alert = teller.alert("turned", "illegal_dumping")
        assert alert is not None
        assert alert.alert.subject == ZONE
        assert turned_again < alert.alert.started_at
        assert teller.alert("elsewhere", "illegal_dumping") is None
        clip = teller.evidence("turned", "illegal_dumping")["clip"]
        assert clip.missing is None
        assert read_content(conn, EvidenceObjects(evidence_of(open_folder)), clip.evidence_id)


def rates(
    due: dict[str, int],
    before: dict[str, dict[str, float]],
    after: dict[str, dict[str, float]],
) -> dict[str, float]:
    """Of each, the smallest share of the `due` pictures that came, was decoded and was analysed.

    What waits for its turn is late and not lost: it is due later.
    """
    kept = {}
    for camera, pictures in due.items():
        done = {name: after[camera][name] - before[camera][name] for name in before[camera]}
        reached = pictures - done["lag_s"] * FPS
        if camera == "busy":
            shares = [
                done["frames_decoded"] / reached,
                done["frames_analysed"] / (reached / FPS * FPS_ANALYSED),
            ]
        else:
            shares = [done["frames_decoded"] / (reached // GOP)]
        kept[camera] = min(*shares, done["frames_seen"] / pictures)
    return kept


def report(
    teller: Teller,
    began: datetime,
    returned: datetime,
    kept: dict[str, float],
    after: dict[str, dict[str, float]],
) -> None:
    print(f"\n{'fault':12}{'told after':>12}{'over after':>12}  s")
    for camera, kind in FAULTS.items():
        told = teller.alert(camera, kind)
        if told is not None and told.alert.ended_at is not None:
            shown_s = (told.alert.raised_at - began).total_seconds()
            over_s = (told.alert.ended_at - returned).total_seconds()
            print(f"{camera:12}{shown_s:12.1f}{over_s:12.1f}")
    full, well = teller.since(WORKER, "full", began), teller.since(WORKER, "ok", returned)
    alert = teller.alert("dumped", "illegal_dumping")
    if full is not None and well is not None and alert is not None:
        shown_s, over_s = (full - began).total_seconds(), (well - returned).total_seconds()
        print(f"{'store full':12}{shown_s:12.1f}{over_s:12.1f}")
        print(f"alert while full: {(alert.alert.raised_at - began).total_seconds():.1f} s")
    for camera in UNTOUCHED:
        dropped, lag_s = after[camera]["frames_dropped"], after[camera]["lag_s"]
        print(f"{camera}: {kept[camera]:.1%} of what was due, {dropped:.0f} dropped, lag {lag_s} s")
