"""Sightings, and who they were, into the database, in the caller's transaction."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from psycopg.types.json import Jsonb

from alerts.attribution import Attribution
from detection.sighting import Sighting
from store.database import Connection
from store.passage_word import TRACK_AT_MOST, choose_sightings, words_on
from store.sighting_row import row_of
from store.sql import query


def write_sightings(conn: Connection, sightings: Sequence[Sighting]) -> int:
    """Store those not yet known, amend the others in place; how many rows were written.

    Of one sighting only the last word counts. A new one of a passage that a person has said a word
    on takes it over. `NOTIFY sighting` with each camera's id.
    """
    if not sightings:
        return 0
    # Always in one order: two writers wait for each other and never in a circle.
    last = {s.sighting_id: s for s in sorted(sightings, key=lambda s: s.sighting_id)}
    known = _known(conn, list(last.values()))
    rows = [{**row_of(s), "at": known.get(s.sighting_id, s.at)} for s in last.values()]
    new = [row for row in rows if row["sighting_id"] not in known]
    amended = [row for row in rows if row["sighting_id"] in known]
    pictures = [
        _picture_row(s, known.get(s.sighting_id, s.at)) for s in last.values() if s.snapshot
    ]
    written = 0
    with conn.cursor() as cursor:
        for name, several in (("insert_sighting", new), ("amend_sighting", amended)):
            if several:
                cursor.executemany(query(name), several)
                written += cursor.rowcount
        if pictures:
            cursor.executemany(query("put_sighting_picture"), pictures)
        cameras = sorted({s.camera_id for s in last.values()})
        cursor.executemany(
            query("notify"), [{"channel": "sighting", "payload": camera} for camera in cameras]
        )
    passages = {s.track_uid: (s.camera_id, s.track_uid, s.at) for s in last.values()}
    told_first = {row["track_uid"] for row in new}
    words = words_on(conn, [passages[uid] for uid in sorted(told_first)])
    for uid, word in words.items():
        choose_sightings(conn, passages[uid], word)
    return written


def write_attributions(conn: Connection, attributions: Sequence[Attribution]) -> int:
    """Write whom the rules take tracks for; how many sightings that changed.

    What a person said of them stays and wins. Of one track only the last word counts.
    `NOTIFY sighting` with each camera's id where there are any.
    """
    last = {a.track_uid: a for a in sorted(attributions, key=lambda a: a.track_uid)}
    if not last:
        return 0
    rows = [
        {
            "track_uid": a.track_uid,
            "camera_id": a.camera_id,
            "candidates": Jsonb(a.candidates, dumps=msgspec.json.encode),
            "nobody": a.nobody,
            "vehicle_id": a.vehicle_id,
            "final": a.final,
            "since": a.at - TRACK_AT_MOST,
            "until": a.at + TRACK_AT_MOST,
        }
        for a in last.values()
    ]
    with conn.cursor() as cursor:
        cursor.executemany(query("lay_sightings"), rows)
        changed = cursor.rowcount
        if changed:
            cameras = sorted({a.camera_id for a in last.values()})
            told = [{"channel": "sighting", "payload": camera} for camera in cameras]
            cursor.executemany(query("notify"), told)
    return changed


def _known(conn: Connection, sightings: Sequence[Sighting]) -> dict[UUID, datetime]:
    bounds = {
        "sighting_ids": [s.sighting_id for s in sightings],
        "since": min(s.at for s in sightings) - TRACK_AT_MOST,
        "until": max(s.at for s in sightings) + TRACK_AT_MOST,
    }
    return dict(conn.execute(query("known_sightings"), bounds).fetchall())


def _picture_row(sighting: Sighting, at: datetime) -> dict[str, Any]:
    snapshot = sighting.snapshot
    if snapshot is None:
        raise ValueError("a sighting without a snapshot has no picture")
    return {
        "sighting_id": sighting.sighting_id,
        "at": at,
        "captured_at": snapshot.captured_at,
        "width_px": snapshot.width_px,
        "height_px": snapshot.height_px,
        "content": snapshot.jpeg,
        "sha256": hashlib.sha256(snapshot.jpeg).digest(),
        "seen": Jsonb(snapshot.seen, dumps=msgspec.json.encode),
    }
