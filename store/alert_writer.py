"""Steps in the life of alerts into the database, inside the caller's transaction."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import msgspec
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb

from alerts.alert import Alert, AlertChange, AlertStatus, ChangeKind, Evidence
from store.alert_row import RULES, StoredAlert, digest_of, stored_alert_of
from store.database import Connection
from store.evidence_writer import add_evidence
from store.laying import laying_detail, set_by_people, told_of
from store.outbox_entry import DestinationsOf, notify, write_entries
from store.passage_word import Passage, PassageWord, sole_passer, words_on
from store.person_step import lay
from store.site import read_site
from store.sql import query


class Outcome(msgspec.Struct):
    """Counts by ChangeKind, of `evidence` and of `outbox` rows.

    `changed` holds the alerts that did, each with the digest of what it now is.
    """

    counts: Counter[str]
    changed: dict[UUID, bytes]


def write_changes(
    conn: Connection,
    changes: Sequence[AlertChange],
    destinations_of: DestinationsOf,
    followed: Mapping[UUID, bytes],
) -> Outcome:
    """Apply changes that are news; of those that are not, nothing is written.

    A state that an alert was in before is a replay (the same tracks judged again), unless the
    alert still is as this writer itself wrote it last (`followed`, by digest): then it is the next
    step in a life that this writer follows.

    What a person said of a passage holds for the alerts that name it alone: one that nobody laid
    yet is laid so, as a step of that person's right behind the rules' own.
    """
    outcome = Outcome(Counter(), {})
    if not changes:
        return outcome
    steps: dict[UUID, list[AlertChange]] = {}
    for change in changes:
        steps.setdefault(change.alert.alert_id, []).append(change)
    with conn.cursor(row_factory=dict_row) as cursor:
        # Always in one order: two writers wait for each other and never in a circle.
        cursor.executemany(
            query("lock_alert"), [{"alert_id": alert_id} for alert_id in sorted(steps)]
        )
        rows = {
            row["alert_id"]: row
            for row in cursor.execute(query("alerts_by_id"), {"alert_ids": list(steps)})
        }
    # An alert past its retention may have left its log: its numbers are not used again.
    new = [alert_id for alert_id in steps if alert_id not in rows]
    logged: dict[UUID, int] = {}
    if new:
        logged = dict(conn.execute(query("logged_revisions"), {"alert_ids": new}).fetchall())
    words = words_on(conn, passages_named(changes))
    for alert_id, told in steps.items():
        life = _Life(conn, rows.get(alert_id), logged.get(alert_id, 0), destinations_of, outcome)
        life.advance(told, followed)
        life.lay_as_said(words)
    notify(conn, list(outcome.changed), outcome.counts["outbox"])
    return outcome


def passages_named(changes: Sequence[AlertChange]) -> list[Passage]:
    """Who passed in the cameras' alerts among these."""
    return [
        (change.alert.camera_id, passer.track_uid, passer.seen_at)
        for change in changes
        if change.alert.camera_id is not None
        for passer in change.alert.passers
    ]


class _Life:
    """One alert while its steps are written."""

    def __init__(
        self,
        conn: Connection,
        row: dict[str, Any] | None,
        logged: int,
        destinations_of: DestinationsOf,
        outcome: Outcome,
    ) -> None:
        self._conn = conn
        self._destinations_of = destinations_of
        self._outcome = outcome
        self._logged = logged
        self._stored = None if row is None else stored_alert_of(row)
        self._digest = None if row is None else bytes(row["digest"])

    def advance(self, told: Sequence[AlertChange], followed: Mapping[UUID, bytes]) -> None:
        last = told[-1]
        known = self._stored is not None or self._logged > 0
        if known and self._is_old_news(last.alert, followed):
            # Pictures may be new all the same; then the alert is amended by them alone.
            if self._stored is not None and self._write_evidence(
                [e for change in told for e in change.evidence]
            ):
                same = msgspec.structs.replace(last, change=ChangeKind.AMENDED)
                self._apply(msgspec.structs.replace(same, alert=self._stored.alert))
            return
        for change in told:
            pictures = self._write_evidence(change.evidence)
            if pictures or digest_of(change.alert) != self._digest:
                self._apply(change)

    def lay_as_said(self, words: Mapping[UUID, PassageWord]) -> None:
        """`words` by track; what a person said of the alert itself stays."""
        stored = self._stored
        if stored is None or stored.choice is not None or stored.alert.withdrawn:
            return
        passer = sole_passer(stored.alert)
        word = words.get(passer.track_uid) if passer else None
        if word is None:
            return
        taken = lay(self._conn, stored, word, read_site(self._conn), self._destinations_of)
        self._stored = taken.stored
        self._outcome.counts["outbox"] += taken.entries

    def _is_old_news(self, alert: Alert, followed: Mapping[UUID, bytes]) -> bool:
        digest = digest_of(alert)
        if digest == self._digest:
            return True
        if self._digest is not None and followed.get(alert.alert_id) == self._digest:
            return False
        found = self._conn.execute(
            query("digest_known"), {"alert_id": alert.alert_id, "digest": digest}
        ).fetchone()
        return bool(found and found[0])

    def _apply(self, change: AlertChange) -> None:
        before, alert = self._stored, change.alert
        kind = change.change
        if before is None:
            if alert.withdrawn:
                return  # it was never told, and it never happened
            kind = ChangeKind.RAISED
        elif kind == ChangeKind.RAISED:
            kind = ChangeKind.AMENDED
        if before is not None and before.alert.rings:
            alert = msgspec.structs.replace(alert, rings=True)  # who heard it begin hears it end
        self._digest = digest_of(alert)
        self._stored = self._put(before, alert)
        self._conn.execute(
            query("insert_log"),
            {
                "alert_id": alert.alert_id,
                "revision": self._stored.revision,
                "change": kind.value,
                "actor": RULES,
                "note": None,
                "digest": self._digest,
                "detail": laying_detail(before.alert if before else None, alert),
            },
        )
        counts = self._outcome.counts
        counts[kind.value] += 1
        self._outcome.changed[alert.alert_id] = self._digest
        if alert.rings:
            told = told_of(self._conn, kind, before, self._stored, change.evidence)
            counts["outbox"] += write_entries(
                self._conn, kind.value, self._stored, self._destinations_of(told)
            )

    def _put(self, before: StoredAlert | None, alert: Alert) -> StoredAlert:
        parameters = {
            **msgspec.structs.asdict(alert),
            "severity": alert.severity.value,
            "values": Jsonb(alert.values, dumps=msgspec.json.encode),
            "parameters": Jsonb(alert.parameters, dumps=msgspec.json.encode),
            "passers": Jsonb(alert.passers, dumps=msgspec.json.encode),
            "candidates": Jsonb(alert.candidates, dumps=msgspec.json.encode),
            "digest": self._digest,
            "status": AlertStatus.NEW.value if before is None else before.status.value,
            "acknowledged_by": None if before is None else before.acknowledged_by,
            "acknowledged_at": None if before is None else before.acknowledged_at,
            "note": None if before is None else before.note,
            **set_by_people(before),
            "revision": (self._logged if before is None else before.revision) + 1,
        }
        if before is not None and before.alert.started_at == alert.started_at:
            self._conn.execute(query("update_alert"), parameters)
        else:
            if before is not None:
                # A late fix moved its begin, by which the table is divided: the row moves with it.
                self._conn.execute(
                    query("delete_alert"),
                    {"alert_id": alert.alert_id, "started_at": before.alert.started_at},
                )
            self._conn.execute(query("insert_alert"), parameters)
        return StoredAlert(
            alert=alert,
            status=AlertStatus(parameters["status"]),
            acknowledged_by=parameters["acknowledged_by"],
            acknowledged_at=parameters["acknowledged_at"],
            note=parameters["note"],
            choice=None if before is None else before.choice,
            verdict=None if before is None else before.verdict,
            revision=parameters["revision"],
            updated_at=datetime.now(UTC),
        )

    def _write_evidence(self, evidence: Sequence[Evidence]) -> int:
        added = add_evidence(self._conn, evidence)
        self._outcome.counts["evidence"] += added
        return added
