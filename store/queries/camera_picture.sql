-- name: put_camera_picture
-- A late one does not take a newer one's place.
INSERT INTO camera_picture (camera_id, captured_at, width_px, height_px, content)
VALUES (%(camera_id)s, %(captured_at)s, %(width_px)s, %(height_px)s, %(content)s)
ON CONFLICT (camera_id) DO UPDATE SET
    captured_at = excluded.captured_at, width_px = excluded.width_px, height_px = excluded.height_px,
    content = excluded.content, updated_at = now()
WHERE excluded.captured_at >= camera_picture.captured_at

-- name: camera_picture
SELECT camera_id, captured_at, width_px, height_px, content
FROM camera_picture WHERE camera_id = %(camera_id)s
