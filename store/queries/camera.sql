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
