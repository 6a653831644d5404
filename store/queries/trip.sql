-- name: upsert_trip
INSERT INTO trip (
    trip_id, vehicle_id, began_at, site_id, left_at, permit_id, ground_id, arrived_at, emptied_at,
    ended_at, outcome, load_by, lon, lat, distance_m, moving_s, off_route_m, stops, stopped_s, fixes,
    missing_s, lid_open_s, site_ok, route_ok, ground_ok, backfill
) VALUES (
    %(trip_id)s, %(vehicle_id)s, %(began_at)s, %(site_id)s, %(left_at)s, %(permit_id)s, %(ground_id)s,
    %(arrived_at)s, %(emptied_at)s, %(ended_at)s, %(outcome)s, %(load_by)s, %(lon)s, %(lat)s,
    %(distance_m)s, %(moving_s)s, %(off_route_m)s, %(stops)s, %(stopped_s)s, %(fixes)s, %(missing_s)s,
    %(lid_open_s)s, %(site_ok)s, %(route_ok)s, %(ground_ok)s, %(backfill)s
)
ON CONFLICT (vehicle_id, began_at) DO UPDATE SET
    site_id = excluded.site_id, left_at = excluded.left_at, permit_id = excluded.permit_id,
    ground_id = excluded.ground_id, arrived_at = excluded.arrived_at,
    emptied_at = excluded.emptied_at, ended_at = excluded.ended_at, outcome = excluded.outcome,
    load_by = excluded.load_by, lon = excluded.lon, lat = excluded.lat,
    distance_m = excluded.distance_m, moving_s = excluded.moving_s,
    off_route_m = excluded.off_route_m, stops = excluded.stops, stopped_s = excluded.stopped_s,
    fixes = excluded.fixes, missing_s = excluded.missing_s, lid_open_s = excluded.lid_open_s,
    site_ok = excluded.site_ok, route_ok = excluded.route_ok, ground_ok = excluded.ground_ok,
    backfill = excluded.backfill, updated_at = now()
WHERE (
    trip.site_id, trip.left_at, trip.permit_id, trip.ground_id, trip.arrived_at, trip.emptied_at,
    trip.ended_at, trip.outcome, trip.load_by, trip.lon, trip.lat, trip.distance_m, trip.moving_s,
    trip.off_route_m, trip.stops, trip.stopped_s, trip.fixes, trip.missing_s, trip.lid_open_s,
    trip.site_ok, trip.route_ok, trip.ground_ok, trip.backfill
) IS DISTINCT FROM (
    excluded.site_id, excluded.left_at, excluded.permit_id, excluded.ground_id, excluded.arrived_at,
    excluded.emptied_at, excluded.ended_at, excluded.outcome, excluded.load_by, excluded.lon,
    excluded.lat, excluded.distance_m, excluded.moving_s, excluded.off_route_m, excluded.stops,
    excluded.stopped_s, excluded.fixes, excluded.missing_s, excluded.lid_open_s, excluded.site_ok,
    excluded.route_ok, excluded.ground_ok, excluded.backfill
)

-- name: delete_trip
DELETE FROM trip WHERE vehicle_id = %(vehicle_id)s AND began_at = %(began_at)s

-- name: recent_trips
-- A page: those before (`before_began_at`, `before_id`), the last row of the page before.
SELECT * FROM trip
WHERE (%(vehicle_id)s::text IS NULL OR vehicle_id = %(vehicle_id)s)
  AND (%(site_id)s::text IS NULL OR site_id = %(site_id)s)
  AND (%(ground_id)s::text IS NULL OR ground_id = %(ground_id)s)
  AND (%(permit_id)s::text IS NULL OR permit_id = %(permit_id)s)
  AND (%(outcomes)s::text[] IS NULL OR outcome = ANY(%(outcomes)s))
  AND (%(since)s::timestamptz IS NULL OR began_at >= %(since)s)
  AND (%(until)s::timestamptz IS NULL OR began_at < %(until)s)
  AND (%(before_id)s::uuid IS NULL
       OR (began_at, trip_id) < (%(before_began_at)s::timestamptz, %(before_id)s::uuid))
ORDER BY began_at DESC, trip_id DESC
LIMIT %(limit)s

-- name: one_trip
SELECT * FROM trip WHERE trip_id = %(trip_id)s

-- name: track
-- Good fixes from the first on.
SELECT fix_time AS time, lon, lat, speed_kmh, load, lid, body_raised, work FROM position
WHERE vehicle_id = %(vehicle_id)s AND fix_time >= %(since)s AND fix_time <= %(until)s AND quality = 0
ORDER BY fix_time
LIMIT %(limit)s

-- name: trip_counts
-- Who runs a vehicle is known to the register, and comes with the question.
SELECT r.company_id, site_id, ground_id, permit_id, outcome, site_ok, route_ok, ground_ok,
       count(*) AS trips, sum(distance_m) AS distance_m, sum(off_route_m) AS off_route_m
FROM trip
LEFT JOIN unnest(%(vehicle_ids)s::text[], %(company_ids)s::text[]) AS r (vehicle_id, company_id)
    USING (vehicle_id)
WHERE began_at >= %(since)s AND began_at < %(until)s
GROUP BY r.company_id, site_id, ground_id, permit_id, outcome, site_ok, route_ok, ground_ok
ORDER BY r.company_id, site_id, ground_id, permit_id, outcome, site_ok, route_ok, ground_ok
