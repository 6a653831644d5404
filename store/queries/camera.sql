-- name: put_camera_state
WITH before AS (
    SELECT state FROM camera_state WHERE camera_id = %(camera_id)s
), put AS (
    INSERT INTO camera_state (camera_id, state, seen_at, frames_seen, frames_detected, detail, figures)
    VALUES (%(camera_id)s, %(state)s, CASE WHEN %(state)s = 'online' THEN now() END,
            %(frames_seen)s, %(frames_detected)s, %(detail)s, %(figures)s)
    ON CONFLICT (camera_id) DO UPDATE SET
        state = excluded.state, seen_at = coalesce(excluded.seen_at, camera_state.seen_at),
        frames_seen = excluded.frames_seen, frames_detected = excluded.frames_detected,
        detail = excluded.detail, figures = excluded.figures, updated_at = now()
)
SELECT pg_notify('camera', %(camera_id)s)
WHERE NOT EXISTS (SELECT FROM before WHERE state = %(state)s)

-- name: camera_states
SELECT camera_id, state, seen_at, frames_seen, frames_detected, detail, figures, updated_at
FROM camera_state ORDER BY camera_id

-- name: camera_faults
-- What is wrong with cameras now; with the time of each one's newest picture.
SELECT state.camera_id, picture.captured_at AS picture_at,
       coalesce(array_agg(DISTINCT alert.kind ORDER BY alert.kind) FILTER (WHERE alert.kind IS NOT NULL), '{}') AS faults
FROM camera_state state
LEFT JOIN camera_picture picture USING (camera_id)
LEFT JOIN alert ON alert.camera_id = state.camera_id AND alert.ended_at IS NULL AND NOT alert.withdrawn
    AND alert.kind LIKE 'camera\_%%' AND alert.started_at >= %(since)s
GROUP BY state.camera_id, picture.captured_at
