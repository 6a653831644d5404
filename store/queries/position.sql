-- name: latest_positions
SELECT vehicle_id, terminal_id, fix_time, received_at, lon, lat, speed_kmh, course_deg, altitude_m,
       satellites, lid, load, body_raised, ignition, work, backfill
FROM latest_position WHERE received_at >= %(since)s ORDER BY vehicle_id

-- name: trail
SELECT vehicle_id, terminal_id, fix_time, received_at, lon, lat, speed_kmh, course_deg, altitude_m,
       satellites, lid, load, body_raised, ignition, work, backfill, quality
FROM position
WHERE vehicle_id = %(vehicle_id)s AND fix_time >= %(since)s AND fix_time < %(until)s AND quality = 0
ORDER BY fix_time DESC
LIMIT %(limit)s

-- name: rejected_since
SELECT received_at, topic, element, reason, payload FROM rejected_message
WHERE received_at >= %(since)s ORDER BY received_at DESC LIMIT %(limit)s

-- name: positions_between
-- In the order of time, whenever they came; the reader asks for a day at a time.
SELECT vehicle_id, terminal_id, fix_time, received_at, lon, lat, speed_kmh, course_deg, altitude_m,
       satellites, lid, load, body_raised, ignition, work, backfill, quality
FROM position
WHERE fix_time >= %(since)s AND fix_time < %(until)s
ORDER BY fix_time, vehicle_id
