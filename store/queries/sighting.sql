-- name: known_sightings
-- A sighting told again keeps the moment that it was told with first, by which the table is divided.
SELECT sighting_id, at FROM sighting
WHERE sighting_id = ANY(%(sighting_ids)s) AND at >= %(since)s AND at <= %(until)s
ORDER BY sighting_id
FOR UPDATE

-- name: insert_sighting
INSERT INTO sighting (
    sighting_id, camera_id, placement_id, line_id, track_uid, at, first_seen_at, last_seen_at, direction,
    class_name, class_confidence, color, load, load_confidence, body_raised, speed_kmh, heading_deg, lon, lat,
    uncertainty_m, plate, plate_color, plate_reliability, plate_readings, box, track
) VALUES (
    %(sighting_id)s, %(camera_id)s, %(placement_id)s, %(line_id)s, %(track_uid)s, %(at)s, %(first_seen_at)s,
    %(last_seen_at)s, %(direction)s, %(class_name)s, %(class_confidence)s, %(color)s, %(load)s,
    %(load_confidence)s, %(body_raised)s, %(speed_kmh)s, %(heading_deg)s, %(lon)s, %(lat)s, %(uncertainty_m)s,
    %(plate)s, %(plate_color)s, %(plate_reliability)s, %(plate_readings)s, %(box)s, %(track)s
)
ON CONFLICT (sighting_id, at) DO NOTHING

-- name: amend_sighting
-- What was said of whom it was, and what people set, is not among the columns; another plate is judged anew.
UPDATE sighting SET
    camera_id = %(camera_id)s, placement_id = %(placement_id)s, line_id = %(line_id)s, track_uid = %(track_uid)s,
    first_seen_at = %(first_seen_at)s, last_seen_at = %(last_seen_at)s, direction = %(direction)s,
    class_name = %(class_name)s, class_confidence = %(class_confidence)s, color = %(color)s, load = %(load)s,
    load_confidence = %(load_confidence)s, body_raised = %(body_raised)s, speed_kmh = %(speed_kmh)s,
    heading_deg = %(heading_deg)s, lon = %(lon)s, lat = %(lat)s, uncertainty_m = %(uncertainty_m)s,
    plate = %(plate)s, plate_color = %(plate_color)s, plate_reliability = %(plate_reliability)s,
    plate_readings = %(plate_readings)s, box = %(box)s, track = %(track)s,
    final = final AND plate IS NOT DISTINCT FROM %(plate)s
WHERE sighting_id = %(sighting_id)s AND at = %(at)s

-- name: put_sighting_picture
INSERT INTO sighting_picture (sighting_id, at, captured_at, width_px, height_px, content, sha256, seen)
VALUES (%(sighting_id)s, %(at)s, %(captured_at)s, %(width_px)s, %(height_px)s, %(content)s, %(sha256)s, %(seen)s)
ON CONFLICT (sighting_id, at) DO UPDATE SET
    captured_at = excluded.captured_at, width_px = excluded.width_px, height_px = excluded.height_px,
    content = excluded.content, sha256 = excluded.sha256, seen = excluded.seen
WHERE sighting_picture.sha256 <> excluded.sha256

-- name: lay_sightings
-- All sightings of one track, which is over in minutes: the bounds of `at` keep the search to the parts it needs.
UPDATE sighting SET
    candidates = %(candidates)s, nobody = %(nobody)s, vehicle_id = %(vehicle_id)s, final = %(final)s,
    judged_at = now()
WHERE track_uid = %(track_uid)s AND camera_id = %(camera_id)s AND at >= %(since)s AND at <= %(until)s

-- name: choose_sightings
-- Said again, it stays as it was said first.
UPDATE sighting SET
    chosen_vehicle_id = %(vehicle_id)s, chosen_by = %(by)s, chosen_at = coalesce(%(said_at)s::timestamptz, now()),
    chosen_note = %(note)s
WHERE track_uid = %(track_uid)s AND at >= %(since)s AND at <= %(until)s
  AND (chosen_at IS NULL OR chosen_vehicle_id IS DISTINCT FROM %(vehicle_id)s
       OR coalesce(chosen_note, '') <> coalesce(%(note)s::text, ''))

-- name: lock_passage
-- Until the end of the transaction; another seed than the locks of alerts have.
SELECT pg_advisory_xact_lock(hashtextextended(%(track_uid)s::text, 1))

-- name: words_on_passages
-- What people said of these tracks: of the sightings, or of an alert that names one of them alone.
SELECT DISTINCT ON (track_uid) track_uid, vehicle_id, by, note, said_at AS at
FROM (
    SELECT track_uid, chosen_vehicle_id AS vehicle_id, chosen_by AS by, chosen_note AS note, chosen_at AS said_at
    FROM sighting
    WHERE track_uid = ANY(%(track_uids)s) AND at >= %(since)s AND at <= %(until)s AND chosen_at IS NOT NULL
    UNION ALL
    SELECT (passers -> 0 ->> 'track_uid')::uuid, chosen_vehicle_id, chosen_by, chosen_note, chosen_at
    FROM alert
    WHERE camera_id = ANY(%(camera_ids)s) AND started_at >= %(alerts_since)s AND started_at <= %(until)s
      AND chosen_at IS NOT NULL AND jsonb_array_length(passers) = 1
      AND (passers -> 0 ->> 'track_uid')::uuid = ANY(%(track_uids)s)
) AS said
ORDER BY track_uid, said_at DESC

-- name: one_sighting
SELECT sighting.*, p.captured_at AS picture_at, p.sha256 AS picture_sha256
FROM sighting LEFT JOIN sighting_picture p USING (sighting_id, at)
WHERE sighting_id = %(sighting_id)s

-- name: recent_sightings
-- A page: those before (`before_at`, `before_id`), the last row of the page before. Whom a person named wins.
SELECT sighting.*, p.captured_at AS picture_at, p.sha256 AS picture_sha256
FROM sighting LEFT JOIN sighting_picture p USING (sighting_id, at)
WHERE (%(camera_id)s::text IS NULL OR camera_id = %(camera_id)s)
  AND (%(vehicle_id)s::text IS NULL OR chosen_vehicle_id = %(vehicle_id)s
       OR (vehicle_id = %(vehicle_id)s AND chosen_at IS NULL))
  AND (%(since)s::timestamptz IS NULL OR at >= %(since)s)
  AND (%(until)s::timestamptz IS NULL OR at < %(until)s)
  AND (%(before_id)s::uuid IS NULL OR (at, sighting_id) < (%(before_at)s::timestamptz, %(before_id)s::uuid))
ORDER BY at DESC, sighting_id DESC
LIMIT %(limit)s

-- name: sightings_between
SELECT * FROM sighting
WHERE camera_id = %(camera_id)s AND at >= %(since)s AND at <= %(until)s
ORDER BY at, sighting_id

-- name: sightings_open
-- Those whom the rules may still lay otherwise.
SELECT * FROM sighting
WHERE NOT final AND at >= %(since)s AND camera_id = ANY(%(camera_ids)s)
ORDER BY at, sighting_id
LIMIT %(limit)s

-- name: passers_unlaid
-- Alerts of cameras of whose passers nothing was said yet.
SELECT camera_id, lon, lat, started_at, passers FROM alert
WHERE camera_id = ANY(%(camera_ids)s) AND started_at >= %(since)s AND nobody IS NULL
  AND passers <> '[]' AND NOT withdrawn
ORDER BY started_at, alert_id
LIMIT %(limit)s

-- name: sightings_of_tracks
SELECT * FROM sighting
WHERE track_uid = ANY(%(track_uids)s) AND at >= %(since)s
ORDER BY at, sighting_id

-- name: sighting_snapshot
SELECT 'passage' AS moment, captured_at, width_px, height_px, content AS jpeg, seen
FROM sighting_picture WHERE sighting_id = %(sighting_id)s AND at = %(at)s

-- name: sighting_picture
SELECT content, sha256 FROM sighting_picture WHERE sighting_id = %(sighting_id)s

-- name: alerts_of_track
SELECT alert_id FROM alert
WHERE camera_id = %(camera_id)s AND started_at >= %(since)s AND started_at <= %(until)s
  AND passers @> %(passer)s AND NOT withdrawn
ORDER BY alert_id

-- name: fixes_near
-- By vehicle, each by its key: the history has no other way to a moment. All that is near, and of every other
-- vehicle its last word in that time: who was heard of elsewhere is not silent.
SELECT p.vehicle_id, p.terminal_id, p.fix_time, p.received_at, p.lon, p.lat, p.speed_kmh, p.course_deg,
       p.altitude_m, p.satellites, p.lid, p.load, p.body_raised, p.ignition, p.work, p.weight_kg,
       p.temperature_c, p.antenna_cut, p.power_cut, p.backfill, p.quality
FROM latest_position l
CROSS JOIN LATERAL (
    SELECT * FROM position
    WHERE position.vehicle_id = l.vehicle_id AND position.fix_time >= %(since)s
      AND position.fix_time <= %(until)s AND position.quality = 0
      AND position.lon BETWEEN %(west)s AND %(east)s AND position.lat BETWEEN %(south)s AND %(north)s
    UNION
    (SELECT * FROM position
     WHERE position.vehicle_id = l.vehicle_id AND position.fix_time >= %(since)s
       AND position.fix_time <= %(until)s AND position.quality = 0
     ORDER BY position.fix_time DESC LIMIT 1)
) AS p
WHERE l.fix_time >= %(since)s
ORDER BY p.vehicle_id, p.fix_time

-- name: newest_fix
SELECT max(fix_time) FROM latest_position WHERE fix_time <= %(now)s

-- name: on_a_trip
-- Who was loaded and had not emptied at that time.
SELECT DISTINCT vehicle_id FROM trip
WHERE began_at <= %(at)s AND began_at >= %(at)s::timestamptz - interval '1 day'
  AND coalesce(emptied_at, ended_at, 'infinity') > %(at)s

-- name: clock_offsets
-- Of the newest trucks that their plates named, by how much the camera's clock was off; newest first.
SELECT (candidates -> 0 -> 'values' ->> 'offset_s')::double precision AS offset_s
FROM sighting
WHERE camera_id = %(camera_id)s AND at >= %(since)s AND at <= %(until)s AND final AND vehicle_id IS NOT NULL
  AND candidates -> 0 ->> 'plate_read' = 'same' AND candidates -> 0 -> 'values' ->> 'offset_s' IS NOT NULL
ORDER BY at DESC
LIMIT %(limit)s
