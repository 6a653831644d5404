"""A person's word on who passed (人工归因), and all that it is the word on.

It holds for the whole passage: for every sighting of its track, and for every alert that names that
passage alone, whether stored before the word or after it. The newest word counts.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from uuid import UUID

import msgspec
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb

from alerts.alert import Alert, PassedBy
from store.database import Connection
from store.sql import query

TRACK_AT_MOST = timedelta(hours=1)
"""No track lasts longer: so far from its moment the parts of the table are searched for it."""
ALERT_AT_MOST = timedelta(days=1)
"""An alert began no longer before the last who passed in it: repeats join an alert that goes on."""


Passage = tuple[str, UUID, datetime]
"""The camera's id, the track's, and a moment of it (aware)."""


class PassageWord(msgspec.Struct, frozen=True, kw_only=True):
    """Who a person says it was; `vehicle_id` None: no vehicle that is registered.

    `at` is when it was said: None, now, by the database's clock.
    """

    vehicle_id: str | None
    by: str
    note: str | None = None
    at: datetime | None = None


def sole_passer(alert: Alert) -> PassedBy | None:
    """Who alone is in question, in a camera's alert; of two who passed, either may have done it."""
    if alert.camera_id is None or len(alert.passers) != 1:
        return None
    return alert.passers[0]


def lock_passages(conn: Connection, track_uids: Iterable[UUID]) -> None:
    """Until the end of the transaction nobody else says a word on these passages, or tells of them.

    Before any lock on sightings or alerts: so a word is neither missed by an alert that is just
    being raised, nor does anyone wait in a circle.
    """
    rows = [{"track_uid": uid} for uid in sorted(set(track_uids))]
    if rows:
        with conn.cursor() as cursor:
            cursor.executemany(query("lock_passage"), rows)


def words_on(conn: Connection, passages: Sequence[Passage]) -> dict[UUID, PassageWord]:
    """The newest word on each of these passages, by track, where anybody said one."""
    if not passages:
        return {}
    moments = [at for _, _, at in passages]
    bounds = {
        "camera_ids": sorted({camera_id for camera_id, _, _ in passages}),
        "track_uids": [uid for _, uid, _ in passages],
        "since": min(moments) - TRACK_AT_MOST,
        "alerts_since": min(moments) - ALERT_AT_MOST,
        "until": max(moments) + TRACK_AT_MOST,
    }
    with conn.cursor(row_factory=dict_row) as cursor:
        rows = cursor.execute(query("words_on_passages"), bounds).fetchall()
    return {row["track_uid"]: msgspec.convert(row, PassageWord) for row in rows}


def choose_sightings(conn: Connection, passage: Passage, word: PassageWord) -> None:
    """Write the word to the passage's sightings; those that say just that already stay."""
    camera_id, track_uid, at = passage
    choice = {
        "track_uid": track_uid,
        "vehicle_id": word.vehicle_id,
        "by": word.by,
        "note": word.note,
        "said_at": word.at,
        "since": at - TRACK_AT_MOST,
        "until": at + TRACK_AT_MOST,
    }
    if conn.execute(query("choose_sightings"), choice).rowcount:
        conn.execute(query("notify"), {"channel": "sighting", "payload": camera_id})


def alerts_of_track(conn: Connection, passage: Passage) -> list[UUID]:
    """Alerts that name the passage, alone or with others, but the withdrawn; always in one order:
    two writers wait for each other and never in a circle.
    """
    camera_id, track_uid, at = passage
    of_track = {
        "camera_id": camera_id,
        "passer": Jsonb([{"track_uid": str(track_uid)}]),
        "since": at - ALERT_AT_MOST,
        "until": at + TRACK_AT_MOST,
    }
    return [row[0] for row in conn.execute(query("alerts_of_track"), of_track)]
