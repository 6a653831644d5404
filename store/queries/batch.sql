-- name: insert_batch
INSERT INTO batch (key, worker, first_fix_time, last_fix_time)
VALUES (%(key)s, %(worker)s, %(first_fix_time)s, %(last_fix_time)s)
ON CONFLICT (key) DO NOTHING
RETURNING batch

-- name: stage_positions
CREATE TEMPORARY TABLE IF NOT EXISTS staged_position
    (LIKE position) ON COMMIT DELETE ROWS

-- name: copy_positions
-- The columns are those of store.position_copy.
COPY position (
    vehicle_id, fix_time, received_at, terminal_id, lon, lat, speed_kmh, course_deg, altitude_m,
    satellites, lid, load, body_raised, ignition, work, weight_kg, temperature_c, antenna_cut, power_cut,
    backfill, quality, batch, batch_place
) FROM STDIN (FORMAT binary)

-- name: copy_staged
COPY staged_position (
    vehicle_id, fix_time, received_at, terminal_id, lon, lat, speed_kmh, course_deg, altitude_m,
    satellites, lid, load, body_raised, ignition, work, weight_kg, temperature_c, antenna_cut, power_cut,
    backfill, quality, batch, batch_place
) FROM STDIN (FORMAT binary)

-- name: stage_good_since
INSERT INTO staged_position
SELECT * FROM position
WHERE batch > %(batch)s AND quality = 0 AND fix_time BETWEEN %(first)s AND %(last)s

-- name: insert_positions
-- In the order of the key, so that two writers of the same fixes wait for each other and never in a circle.
INSERT INTO position
SELECT DISTINCT ON (vehicle_id, fix_time) * FROM staged_position
ORDER BY vehicle_id, fix_time, quality = ANY(%(misdated)s::smallint[]), batch_place
ON CONFLICT (vehicle_id, fix_time) DO NOTHING

-- name: displace_misdated
-- A time that a wrong clock told is nobody's: a fix whose clock was right takes its place. A statement of its
-- own: TimescaleDB takes out of the columnstore, in segments of up to 1,000, all that an INSERT with DO UPDATE
-- comes upon, amended or not. LIMIT keeps the search to one look by key for each staged row, the times keep it to
-- the days there are.
INSERT INTO position
SELECT DISTINCT ON (vehicle_id, fix_time) staged_position.*
FROM staged_position
CROSS JOIN LATERAL (
    SELECT FROM position p
    WHERE p.vehicle_id = staged_position.vehicle_id AND p.fix_time = staged_position.fix_time
      AND p.fix_time BETWEEN %(first)s AND %(last)s AND p.quality = ANY(%(misdated)s::smallint[])
    LIMIT 1
) AS misdated
WHERE quality <> ALL(%(misdated)s::smallint[])
ORDER BY vehicle_id, fix_time, batch_place
ON CONFLICT (vehicle_id, fix_time) DO UPDATE SET
    received_at = excluded.received_at, terminal_id = excluded.terminal_id, lon = excluded.lon,
    lat = excluded.lat, speed_kmh = excluded.speed_kmh, course_deg = excluded.course_deg,
    altitude_m = excluded.altitude_m, satellites = excluded.satellites, lid = excluded.lid,
    load = excluded.load, body_raised = excluded.body_raised, ignition = excluded.ignition,
    work = excluded.work, weight_kg = excluded.weight_kg, temperature_c = excluded.temperature_c,
    antenna_cut = excluded.antenna_cut, power_cut = excluded.power_cut, backfill = excluded.backfill,
    quality = excluded.quality, batch = excluded.batch, batch_place = excluded.batch_place
WHERE position.quality = ANY(%(misdated)s::smallint[])

-- name: decompress_without_limit
-- TimescaleDB refuses a statement that takes more than 100,000 rows out of the columnstore. Plain PostgreSQL
-- keeps the setting and knows nothing of it.
SET LOCAL timescaledb.max_tuples_decompressed_per_dml_transaction = 0

-- name: upsert_latest
-- Newest first and by vehicle: of two writers each waits for the other in the same order.
INSERT INTO latest_position
SELECT DISTINCT ON (vehicle_id)
       vehicle_id, terminal_id, fix_time, received_at, lon, lat, speed_kmh, course_deg, altitude_m,
       satellites, lid, load, body_raised, ignition, work, backfill, weight_kg, temperature_c,
       antenna_cut, power_cut
FROM staged_position WHERE quality = 0
ORDER BY vehicle_id, fix_time DESC, batch_place
ON CONFLICT (vehicle_id) DO UPDATE SET
    terminal_id = excluded.terminal_id, fix_time = excluded.fix_time,
    received_at = excluded.received_at, lon = excluded.lon, lat = excluded.lat,
    speed_kmh = excluded.speed_kmh, course_deg = excluded.course_deg,
    altitude_m = excluded.altitude_m, satellites = excluded.satellites, lid = excluded.lid,
    load = excluded.load, body_raised = excluded.body_raised, ignition = excluded.ignition,
    work = excluded.work, backfill = excluded.backfill, weight_kg = excluded.weight_kg,
    temperature_c = excluded.temperature_c, antenna_cut = excluded.antenna_cut,
    power_cut = excluded.power_cut
WHERE latest_position.fix_time < excluded.fix_time

-- name: insert_rejected
INSERT INTO rejected_message (rejected_id, received_at, topic, element, reason, payload, batch)
VALUES (%(rejected_id)s, %(received_at)s, %(topic)s, %(element)s, %(reason)s, %(payload)s, %(batch)s)
ON CONFLICT (rejected_id, received_at) DO NOTHING

-- name: upsert_snapshot
INSERT INTO worker_snapshot (worker, batch, state) VALUES (%(worker)s, %(batch)s, %(state)s)
ON CONFLICT (worker) DO UPDATE
SET taken_at = now(), batch = excluded.batch, state = excluded.state
WHERE worker_snapshot.batch <= excluded.batch

-- name: load_snapshot
SELECT worker, taken_at, batch, state FROM worker_snapshot WHERE worker = %(worker)s

-- name: last_batch_before
SELECT coalesce(max(batch), 0) FROM batch WHERE written_at < %(time)s

-- name: fix_times_since
SELECT min(first_fix_time), max(last_fix_time) FROM batch WHERE batch > %(batch)s

-- name: positions_since
-- Times of a wrong clock move nothing; leaving them out keeps the search to the days it needs.
SELECT vehicle_id, terminal_id, fix_time, received_at, lon, lat, speed_kmh, course_deg, altitude_m,
       satellites, lid, load, body_raised, ignition, work, weight_kg, temperature_c, antenna_cut, power_cut,
       backfill, quality
FROM position
WHERE batch > %(batch)s AND quality <> ALL(%(misdated)s::smallint[]) AND fix_time BETWEEN %(first)s AND %(last)s
ORDER BY batch, batch_place

-- name: delete_batches
-- A batch is remembered for a day, in case it is written again; longer where its worker's snapshot does not
-- cover its positions yet.
DELETE FROM batch
WHERE written_at < %(yesterday)s AND (
    first_fix_time IS NULL
    OR written_at < %(before)s
    OR EXISTS (SELECT FROM worker_snapshot s WHERE s.worker = batch.worker AND s.batch >= batch.batch)
)
