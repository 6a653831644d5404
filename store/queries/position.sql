-- name: latest_positions
SELECT vehicle_id, terminal_id, fix_time, received_at, lon, lat, speed_kmh, course_deg, altitude_m,
       satellites, lid, load, body_raised, ignition, work, weight_kg, temperature_c, antenna_cut, power_cut,
       backfill
FROM latest_position WHERE received_at >= %(since)s ORDER BY vehicle_id

-- name: trail
SELECT vehicle_id, terminal_id, fix_time, received_at, lon, lat, speed_kmh, course_deg, altitude_m,
       satellites, lid, load, body_raised, ignition, work, weight_kg, temperature_c, antenna_cut, power_cut,
       backfill, quality
FROM position
WHERE vehicle_id = %(vehicle_id)s AND fix_time >= %(since)s AND fix_time < %(until)s AND quality = 0
ORDER BY fix_time DESC
LIMIT %(limit)s

-- name: rejected_since
SELECT received_at, topic, element, reason, payload FROM rejected_message
WHERE received_at >= %(since)s ORDER BY received_at DESC LIMIT %(limit)s

-- name: positions_received_between
-- In the order in which they came and were judged; the reader asks for a day at a time. The bounds of fix_time
-- keep the search to the days it needs: what lies outside has a broken clock.
SELECT vehicle_id, terminal_id, fix_time, received_at, lon, lat, speed_kmh, course_deg, altitude_m,
       satellites, lid, load, body_raised, ignition, work, weight_kg, temperature_c, antenna_cut, power_cut,
       backfill, quality
FROM position
WHERE received_at >= %(since)s AND received_at < %(until)s
  AND fix_time >= %(since)s::timestamptz - interval '31 days'
  AND fix_time < %(until)s::timestamptz + interval '2 days'
ORDER BY received_at, batch, batch_place
