-- name: placements
SELECT camera_id, placement_id, state, placed_at, placed_by, lon, lat, heading_deg, zones, ground_points,
       picture IS NOT NULL AS has_picture
FROM camera_placement WHERE camera_id = %(camera_id)s
ORDER BY placed_at DESC, placement_id DESC

-- name: placements_in_force
SELECT DISTINCT ON (camera_id)
       camera_id, placement_id, state, placed_at, placed_by, lon, lat, heading_deg, zones, ground_points,
       picture IS NOT NULL AS has_picture
FROM camera_placement WHERE state = 'drawn'
ORDER BY camera_id, placed_at DESC, placement_id DESC

-- name: placements_asked
-- Cameras whose newest placement nobody has drawn yet.
SELECT * FROM (
    SELECT DISTINCT ON (camera_id)
           camera_id, placement_id, state, placed_at, placed_by, lon, lat, heading_deg, zones, ground_points,
           picture IS NOT NULL AS has_picture
    FROM camera_placement
    ORDER BY camera_id, placed_at DESC, placement_id DESC
) AS newest
WHERE state = 'asked'

-- name: placement_picture
SELECT picture FROM camera_placement WHERE camera_id = %(camera_id)s AND placement_id = %(placement_id)s

-- name: put_placement
-- Asked for again, what was drawn stays drawn; without a picture the one there is stays.
INSERT INTO camera_placement (
    camera_id, placement_id, state, placed_at, placed_by, lon, lat, heading_deg, zones, ground_points, picture
) VALUES (
    %(camera_id)s, %(placement_id)s, %(state)s, %(placed_at)s, %(placed_by)s, %(lon)s, %(lat)s, %(heading_deg)s,
    %(zones)s, %(ground_points)s, %(picture)s
)
ON CONFLICT (camera_id, placement_id) DO UPDATE SET
    state = excluded.state, placed_at = excluded.placed_at, placed_by = excluded.placed_by, lon = excluded.lon,
    lat = excluded.lat, heading_deg = excluded.heading_deg, zones = excluded.zones,
    ground_points = excluded.ground_points, picture = coalesce(excluded.picture, camera_placement.picture),
    updated_at = now()
WHERE excluded.state = 'drawn' OR camera_placement.state = 'asked'
