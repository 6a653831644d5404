-- name: chain_of_alert
SELECT links, head FROM evidence_chain WHERE alert_id = %(alert_id)s FOR UPDATE

-- name: put_chain
INSERT INTO evidence_chain (alert_id, links, head) VALUES (%(alert_id)s, %(links)s, %(head)s)
ON CONFLICT (alert_id) DO UPDATE SET links = excluded.links, head = excluded.head, updated_at = now()

-- name: head_of_alert
SELECT links, head FROM evidence_chain WHERE alert_id = %(alert_id)s

-- name: insert_evidence
INSERT INTO evidence (
    evidence_id, alert_id, moment, captured_at, until, media_type, width_px, height_px, content, sha256,
    box, passer_box, passer_class, passer_color, size_bytes, camera_id, codec, seen, subject_uid, taken_by,
    note, object_key, missing, chain_number, chain
) VALUES (
    %(evidence_id)s, %(alert_id)s, %(moment)s, %(captured_at)s, %(until)s, %(media_type)s, %(width_px)s,
    %(height_px)s, %(content)s, %(sha256)s, %(box)s, %(passer_box)s, %(passer_class)s, %(passer_color)s,
    %(size_bytes)s, %(camera_id)s, %(codec)s, %(seen)s, %(subject_uid)s, %(taken_by)s,
    %(note)s, %(object_key)s, %(missing)s, %(chain_number)s, %(chain)s
)
ON CONFLICT (evidence_id) DO NOTHING

-- name: touch_alert
UPDATE alert SET revision = %(revision)s, updated_at = now()
WHERE alert_id = %(alert_id)s AND started_at = %(started_at)s
RETURNING *

-- name: evidence_of_alert
SELECT evidence_id, alert_id, moment, captured_at, until, media_type, width_px, height_px, sha256, box,
       passer_box, passer_class, passer_color, coalesce(size_bytes, octet_length(content)) AS size_bytes,
       camera_id, codec, note, missing, dropped_at, dropped_for
FROM evidence WHERE alert_id = %(alert_id)s ORDER BY captured_at, moment, evidence_id

-- name: evidence_rows
-- All but the content, in the order of the chain.
SELECT evidence_id, alert_id, moment, captured_at, until, media_type, width_px, height_px, sha256, box,
       passer_box, passer_class, passer_color, coalesce(size_bytes, octet_length(content)) AS size_bytes,
       camera_id, codec, seen, subject_uid, taken_by, note, object_key, missing, dropped_at, dropped_for,
       chain_number, chain, content IS NOT NULL AS in_database
FROM evidence WHERE alert_id = %(alert_id)s
ORDER BY chain_number NULLS FIRST, captured_at, evidence_id

-- name: evidence_place
SELECT media_type, sha256, coalesce(size_bytes, octet_length(content)) AS size_bytes, codec,
       content, object_key, missing, dropped_at
FROM evidence WHERE evidence_id = %(evidence_id)s

-- name: evidence_used
-- Bytes in the object store, each object once; bytes in the database.
SELECT
    (SELECT coalesce(sum(size_bytes), 0) FROM (
        SELECT DISTINCT object_key, size_bytes FROM evidence
        WHERE object_key IS NOT NULL AND dropped_at IS NULL) objects)::bigint AS objects,
    (SELECT coalesce(sum(octet_length(content)), 0) FROM evidence WHERE content IS NOT NULL)::bigint
        AS in_database

-- name: clips_to_drop
-- Those of false alarms first, then of acknowledged alerts, then of those that are over; never of one
-- that goes on and that nobody has looked at. A clip that such an alert shares stays.
SELECT e.evidence_id, e.alert_id, e.object_key, e.size_bytes, e.sha256
FROM evidence e
LEFT JOIN alert a ON a.alert_id = e.alert_id
WHERE e.moment = 'clip' AND e.object_key IS NOT NULL AND e.dropped_at IS NULL
  AND (a.alert_id IS NULL OR a.withdrawn OR a.status <> 'new' OR a.ended_at IS NOT NULL)
  AND NOT EXISTS (
      SELECT FROM evidence o JOIN alert b ON b.alert_id = o.alert_id
      WHERE o.object_key = e.object_key AND o.dropped_at IS NULL AND o.evidence_id <> e.evidence_id
        AND b.status = 'new' AND b.ended_at IS NULL AND NOT b.withdrawn)
ORDER BY CASE
        WHEN a.alert_id IS NULL OR a.withdrawn THEN 0
        WHEN a.status = 'new' THEN 2
        WHEN a.status = 'acknowledged' THEN 1
        ELSE 0
    END,
    e.captured_at
LIMIT %(limit)s

-- name: drop_object
UPDATE evidence SET dropped_at = now(), dropped_for = %(why)s
WHERE object_key = %(object_key)s AND dropped_at IS NULL
RETURNING evidence_id, alert_id

-- name: evidence_to_move
SELECT evidence_id, media_type, sha256, content FROM evidence
WHERE content IS NOT NULL ORDER BY stored_at LIMIT %(limit)s

-- name: evidence_moved
UPDATE evidence SET object_key = %(object_key)s, size_bytes = octet_length(content), content = NULL
WHERE evidence_id = %(evidence_id)s AND content IS NOT NULL

-- name: objects_named
SELECT DISTINCT object_key FROM evidence
WHERE object_key = ANY(%(keys)s) AND dropped_at IS NULL

-- name: put_evidence_storage
INSERT INTO evidence_storage (worker, state, detail, used_bytes, free_bytes)
VALUES (%(worker)s, %(state)s, %(detail)s, %(used_bytes)s, %(free_bytes)s)
ON CONFLICT (worker) DO UPDATE SET state = excluded.state, detail = excluded.detail,
    used_bytes = excluded.used_bytes, free_bytes = excluded.free_bytes, updated_at = now()

-- name: evidence_storage
SELECT worker, state, detail, used_bytes, free_bytes, updated_at FROM evidence_storage
WHERE updated_at >= %(since)s ORDER BY worker

-- name: insert_export
INSERT INTO evidence_export (export_id, alert_id, actor, redacted, head, sha256)
VALUES (%(export_id)s, %(alert_id)s, %(actor)s, %(redacted)s, %(head)s, %(sha256)s)

-- name: exports_of_alert
SELECT export_id, alert_id, at, actor, redacted, head, sha256 FROM evidence_export
WHERE alert_id = %(alert_id)s ORDER BY at

-- name: delete_evidence
-- All of an alert at once, so that what is left of a chain is all of it.
DELETE FROM evidence e WHERE captured_at < %(before)s
  AND NOT EXISTS (
      SELECT FROM evidence o WHERE o.alert_id = e.alert_id AND o.captured_at >= %(before)s)

-- name: delete_evidence_chains
DELETE FROM evidence_chain c WHERE updated_at < %(before)s
  AND NOT EXISTS (SELECT FROM evidence e WHERE e.alert_id = c.alert_id)

-- name: delete_evidence_exports
DELETE FROM evidence_export WHERE at < %(before)s
