-- name: lock_alert
-- Until the end of the transaction: a row that does not exist yet can't be locked itself.
SELECT pg_advisory_xact_lock(hashtextextended(%(alert_id)s::text, 0))

-- name: alerts_by_id
SELECT * FROM alert WHERE alert_id = ANY(%(alert_ids)s) FOR UPDATE

-- name: insert_alert
INSERT INTO alert (
    alert_id, kind, severity, vehicle_id, plate, plate_color, company, camera_id, subject, zone_id, permit_id, started_at, raised_at,
    ended_at, lon, lat, confidence, suspected, occurrences, rings, withdrawn, "values", parameters,
    passers, candidates, nobody, status, acknowledged_by, acknowledged_at, note, chosen_vehicle_id, chosen_plate,
    chosen_plate_color, chosen_company, chosen_by, chosen_at, chosen_note, verdict, verdict_by, verdict_at,
    revision, updated_at, digest
) VALUES (
    %(alert_id)s, %(kind)s, %(severity)s, %(vehicle_id)s, %(plate)s, %(plate_color)s, %(company)s,
    %(camera_id)s, %(subject)s, %(zone_id)s,
    %(permit_id)s, %(started_at)s, %(raised_at)s, %(ended_at)s, %(lon)s, %(lat)s, %(confidence)s,
    %(suspected)s, %(occurrences)s, %(rings)s, %(withdrawn)s, %(values)s, %(parameters)s,
    %(passers)s, %(candidates)s, %(nobody)s, %(status)s, %(acknowledged_by)s, %(acknowledged_at)s, %(note)s,
    %(chosen_vehicle_id)s, %(chosen_plate)s, %(chosen_plate_color)s, %(chosen_company)s, %(chosen_by)s,
    %(chosen_at)s, %(chosen_note)s, %(verdict)s, %(verdict_by)s, %(verdict_at)s,
    %(revision)s, now(), %(digest)s
)

-- name: update_alert
-- What people set (status, note, choice, verdict) is not among the columns.
UPDATE alert SET
    kind = %(kind)s, severity = %(severity)s, vehicle_id = %(vehicle_id)s, plate = %(plate)s,
    plate_color = %(plate_color)s, company = %(company)s, camera_id = %(camera_id)s,
    subject = %(subject)s, zone_id = %(zone_id)s, permit_id = %(permit_id)s, raised_at = %(raised_at)s,
    ended_at = %(ended_at)s, lon = %(lon)s, lat = %(lat)s, confidence = %(confidence)s,
    suspected = %(suspected)s, occurrences = %(occurrences)s, rings = %(rings)s,
    withdrawn = %(withdrawn)s, "values" = %(values)s, parameters = %(parameters)s,
    passers = %(passers)s, candidates = %(candidates)s, nobody = %(nobody)s,
    revision = %(revision)s, updated_at = now(), digest = %(digest)s
WHERE alert_id = %(alert_id)s AND started_at = %(started_at)s

-- name: delete_alert
DELETE FROM alert WHERE alert_id = %(alert_id)s AND started_at = %(started_at)s

-- name: digest_known
SELECT EXISTS (SELECT FROM alert_log WHERE alert_id = %(alert_id)s AND digest = %(digest)s)

-- name: logged_revisions
SELECT alert_id, max(revision) FROM alert_log WHERE alert_id = ANY(%(alert_ids)s) GROUP BY alert_id

-- name: insert_log
INSERT INTO alert_log (alert_id, revision, change, actor, note, digest, detail)
VALUES (%(alert_id)s, %(revision)s, %(change)s, %(actor)s, %(note)s, %(digest)s, %(detail)s)

-- name: set_status
UPDATE alert SET
    status = %(status)s, acknowledged_by = %(actor)s, acknowledged_at = now(), note = %(note)s,
    verdict = %(verdict)s::boolean,
    verdict_by = CASE WHEN %(verdict)s::boolean IS NULL THEN NULL
                      WHEN verdict = %(verdict)s::boolean THEN verdict_by ELSE %(actor)s END,
    verdict_at = CASE WHEN %(verdict)s::boolean IS NULL THEN NULL
                      WHEN verdict = %(verdict)s::boolean THEN verdict_at ELSE now() END,
    revision = %(revision)s, updated_at = now()
WHERE alert_id = %(alert_id)s AND started_at = %(started_at)s
RETURNING *

-- name: set_choice
UPDATE alert SET
    chosen_vehicle_id = %(vehicle_id)s, chosen_plate = %(plate)s, chosen_plate_color = %(plate_color)s,
    chosen_company = %(company)s, chosen_by = %(actor)s, chosen_at = coalesce(%(said_at)s::timestamptz, now()),
    chosen_note = %(note)s,
    revision = %(revision)s, updated_at = now()
WHERE alert_id = %(alert_id)s AND started_at = %(started_at)s
RETURNING *

-- name: log_of_alert
SELECT alert_id, revision, at, change, actor, note, detail FROM alert_log
WHERE alert_id = %(alert_id)s ORDER BY revision

-- name: alerts_since
SELECT * FROM alert
WHERE started_at >= %(since)s OR ended_at >= %(since)s OR (ended_at IS NULL AND NOT withdrawn)
ORDER BY started_at, alert_id

-- name: recent_alerts
-- A page: those before (`before_started_at`, `before_id`), the last row of the page before.
SELECT alert.*, (SELECT count(*) FROM evidence e WHERE e.alert_id = alert.alert_id) AS pictures
FROM alert
WHERE (%(status)s::text IS NULL OR status = %(status)s)
  AND (%(kinds)s::text[] IS NULL OR kind = ANY(%(kinds)s))
  AND (%(severity)s::text IS NULL OR severity = %(severity)s)
  AND (%(vehicle_id)s::text IS NULL OR chosen_vehicle_id = %(vehicle_id)s
       OR (vehicle_id = %(vehicle_id)s AND chosen_at IS NULL))
  AND (%(camera_id)s::text IS NULL OR camera_id = %(camera_id)s)
  AND (%(since)s::timestamptz IS NULL OR started_at >= %(since)s)
  AND (%(withdrawn)s OR NOT withdrawn)
  AND (%(before_id)s::uuid IS NULL
       OR (started_at, alert_id) < (%(before_started_at)s::timestamptz, %(before_id)s::uuid))
ORDER BY started_at DESC, alert_id DESC
LIMIT %(limit)s

-- name: one_alert
SELECT alert.*, (SELECT count(*) FROM evidence e WHERE e.alert_id = alert.alert_id) AS pictures
FROM alert WHERE alert_id = %(alert_id)s

-- name: alerts_per_hour
SELECT hour, kind, severity, alerts FROM alert_hourly
WHERE hour >= %(since)s ORDER BY hour, kind, severity

-- name: alert_counts
SELECT status, severity, count(*) AS alerts, count(*) FILTER (WHERE ended_at IS NULL) AS going_on
FROM alert WHERE started_at >= %(since)s AND NOT withdrawn
GROUP BY status, severity

-- name: alerts_overlapping
-- Withdrawn ones are left out.
SELECT alert.*, (SELECT count(*) FROM evidence e WHERE e.alert_id = alert.alert_id) AS pictures
FROM alert
WHERE (chosen_vehicle_id = ANY(%(vehicle_ids)s) OR (vehicle_id = ANY(%(vehicle_ids)s) AND chosen_at IS NULL))
  AND started_at <= %(until)s
  AND coalesce(ended_at, 'infinity') >= %(since)s AND NOT withdrawn
ORDER BY started_at, alert_id
