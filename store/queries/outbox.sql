-- name: insert_outbox
INSERT INTO outbox (outbox_id, destination, event, alert_id, revision, payload)
VALUES (%(outbox_id)s, %(destination)s, %(event)s, %(alert_id)s, %(revision)s, %(payload)s)
ON CONFLICT (outbox_id) DO NOTHING

-- name: notify
SELECT pg_notify(%(channel)s, %(payload)s)

-- name: claim_outbox
-- The oldest that are due, leased: whoever dies with them loses them to the next after the lease. Of one
-- alert and destination only the first undelivered step, so that an end never arrives before its beginning.
-- coalesce() keeps the search for an earlier step off the index outbox_due: after a quiet time the planner
-- takes that for empty and would scan it once an entry, 10 s for 3,000 that piled up.
WITH due AS (
    SELECT outbox_id FROM outbox o
    WHERE delivered_at IS NULL AND failed_at IS NULL
      AND next_attempt_at <= %(now)s
      AND destination = ANY(%(destinations)s)
      AND NOT EXISTS (
          SELECT FROM outbox earlier
          WHERE earlier.alert_id = o.alert_id AND earlier.destination = o.destination
            AND earlier.revision < o.revision
            AND coalesce(earlier.delivered_at, earlier.failed_at) IS NULL)
    ORDER BY next_attempt_at, created_at, revision
    LIMIT %(limit)s
    FOR UPDATE SKIP LOCKED
)
UPDATE outbox SET next_attempt_at = %(lease_until)s, attempts = attempts + 1
FROM due WHERE outbox.outbox_id = due.outbox_id
RETURNING outbox.outbox_id, destination, event, alert_id, revision, payload, created_at, attempts

-- name: mark_delivered
UPDATE outbox SET delivered_at = now(), last_error = NULL, response = %(response)s
WHERE outbox_id = %(outbox_id)s AND delivered_at IS NULL

-- name: mark_retry
UPDATE outbox SET next_attempt_at = %(at)s, last_error = %(error)s, response = %(response)s
WHERE outbox_id = %(outbox_id)s AND delivered_at IS NULL

-- name: mark_failed
UPDATE outbox SET failed_at = now(), last_error = %(error)s, response = %(response)s
WHERE outbox_id = %(outbox_id)s AND delivered_at IS NULL

-- name: next_due
SELECT min(next_attempt_at) FROM outbox
WHERE delivered_at IS NULL AND failed_at IS NULL AND destination = ANY(%(destinations)s)

-- name: outbox_of_alert
SELECT outbox_id, destination, event, alert_id, revision, created_at, next_attempt_at, attempts,
       delivered_at, failed_at, last_error, response
FROM outbox WHERE alert_id = %(alert_id)s ORDER BY revision, destination

-- name: outbox_counts
SELECT destination,
       count(*) FILTER (WHERE delivered_at IS NOT NULL) AS delivered,
       count(*) FILTER (WHERE delivered_at IS NULL AND failed_at IS NULL) AS waiting,
       count(*) FILTER (WHERE failed_at IS NOT NULL) AS failed,
       max(delivered_at) AS last_delivered_at,
       min(created_at) FILTER (WHERE delivered_at IS NULL AND failed_at IS NULL) AS waiting_since
FROM outbox GROUP BY destination ORDER BY destination

-- name: delete_outbox
DELETE FROM outbox
WHERE created_at < %(before)s AND (delivered_at IS NOT NULL OR failed_at IS NOT NULL)
