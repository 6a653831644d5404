-- name: latest_positions
-- Of each vehicle heard since, its newest good fix. What is received after `since` was fixed after `since`
-- less the lateness, which spares the search all older days.
SELECT DISTINCT ON (vehicle_id)
       vehicle_id, terminal_id, fix_time, received_at, lon, lat, speed_kmh, course_deg, altitude_m,
       satellites, lid, load, body_raised, ignition, work, backfill, quality
FROM position
WHERE received_at >= %(since)s AND fix_time >= %(since)s - INTERVAL '10 minutes' AND quality = 0
ORDER BY vehicle_id, fix_time DESC

-- name: trail
SELECT vehicle_id, terminal_id, fix_time, received_at, lon, lat, speed_kmh, course_deg, altitude_m,
       satellites, lid, load, body_raised, ignition, work, backfill, quality
FROM position
WHERE vehicle_id = %(vehicle_id)s AND fix_time >= %(since)s AND fix_time < %(until)s AND quality = 0
ORDER BY fix_time DESC
LIMIT %(limit)s

-- name: vehicle_count
SELECT count(DISTINCT vehicle_id) FROM position
WHERE received_at >= %(since)s AND fix_time >= %(since)s - INTERVAL '10 minutes' AND quality = 0

-- name: rejected_since
SELECT received_at, topic, element, reason, payload FROM rejected_message
WHERE received_at >= %(since)s ORDER BY received_at DESC LIMIT %(limit)s

-- name: visits_of_vehicle
SELECT vehicle_id, zone_id, entered_at, left_at FROM zone_visit
WHERE vehicle_id = %(vehicle_id)s AND entered_at >= %(since)s ORDER BY entered_at
