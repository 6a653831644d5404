"""What a run of the demo did, each figure counted where it arrived."""

from __future__ import annotations

import time
from typing import Any

import requests
from prometheus_client.parser import text_string_to_metric_families

from config.settings import DatabaseSettings
from ingest.position import Quality
from store.database import Connection, connect

TIMEOUT_S = 5.0


def wait_until_quiet(pipeline_metrics: str, quiet_s: float = 2.0, at_most_s: float = 20.0) -> None:
    """Until the pipeline has counted no further fix for `quiet_s`."""
    end = time.monotonic() + at_most_s
    before, since = -1.0, time.monotonic()
    while time.monotonic() < end:
        count = sum(_counter(pipeline_metrics, "muckwatch_fixes", "outcome").values())
        if count != before:
            before, since = count, time.monotonic()
        elif time.monotonic() - since >= quiet_s:
            return
        time.sleep(0.2)


def summarise(
    database: DatabaseSettings, pipeline_metrics: str, command_centre: str, viid_platform: str
) -> dict[str, Any]:
    """Counts of one run on a database that began empty; the URLs are of the parts to be asked.

    `fixes.received` is counted by the pipeline, `stored` and `rejected` in the database, deliveries
    both in the outbox and by the receivers; of `viid`, new objects and amended ones. `laid` tells
    of each alert of a camera the vehicle that was named without asking a person, and the likeliest.
    """
    fixes = _counter(pipeline_metrics, "muckwatch_fixes", "outcome")
    centre = requests.get(f"{command_centre}/summary", timeout=TIMEOUT_S).json()
    platform = requests.get(f"{viid_platform}/summary", timeout=TIMEOUT_S).json()
    with connect(database) as conn:
        qualities = _counts(conn, "SELECT quality, count(*) FROM position GROUP BY 1 ORDER BY 1")
        delivered = _counts(
            conn,
            "SELECT destination, count(*) FROM outbox WHERE delivered_at IS NOT NULL GROUP BY 1",
        )
        frames = _counts(
            conn,
            "SELECT 'seen', coalesce(sum(frames_seen), 0)::bigint FROM camera_state"
            " UNION ALL SELECT 'detected', coalesce(sum(frames_detected), 0)::bigint"
            " FROM camera_state",
        )
        return {
            "fixes": {
                "received": int(sum(fixes.values())),
                "stored": sum(qualities.values()),
                "duplicates": int(fixes.get("duplicates", 0)),
                "rejected": _number(conn, "SELECT count(*) FROM rejected_message"),
                "by_quality": {Quality(int(q)).name.lower(): n for q, n in qualities.items()},
            },
            "alerts": {
                "gps": _counts(conn, _ALERTS.format("camera_id IS NULL")),
                "camera": _counts(conn, _ALERTS.format("camera_id IS NOT NULL")),
            },
            "laid": [
                {"camera": camera, "kind": kind, "named": named, "likeliest": likeliest}
                for camera, kind, named, likeliest in conn.execute(_LAID)
            ],
            "webhooks": {
                "delivered": delivered.get("command-centre", 0),
                "received": centre["distinct"],
                "invalid": centre["invalid"],
            },
            "viid": {
                "delivered": delivered.get("viid", 0),
                "accepted": platform["objects_accepted"] + platform["objects_amended"],
                "rejected": platform["objects_rejected"],
            },
            "frames": frames,
        }


_LAID = b"""
SELECT camera_id, kind, vehicle_id, candidates->0->>'vehicle_id'
FROM alert WHERE NOT withdrawn AND camera_id IS NOT NULL ORDER BY raised_at"""
_ALERTS = "SELECT kind, count(*) FROM alert WHERE NOT withdrawn AND {} GROUP BY 1 ORDER BY 1"


def _counts(conn: Connection, query: str) -> dict[str, int]:
    return {str(key): int(count) for key, count in conn.execute(query.encode())}


def _number(conn: Connection, query: str) -> int:
    row = conn.execute(query.encode()).fetchone()
    return 0 if row is None else int(row[0])


def _counter(url: str, name: str, label: str) -> dict[str, float]:
    """The values of a Prometheus counter at `url`, by one label."""
    text = requests.get(url, timeout=TIMEOUT_S).text
    return {
        sample.labels[label]: sample.value
        for family in text_string_to_metric_families(text)
        if family.name == name
        for sample in family.samples
        if sample.name == f"{name}_total"
    }
