-- name: upsert_visit
INSERT INTO zone_visit (vehicle_id, zone_id, entered_at, left_at, arrived_kg, left_kg)
VALUES (%(vehicle_id)s, %(zone_id)s, %(entered_at)s, %(left_at)s, %(arrived_kg)s, %(left_kg)s)
ON CONFLICT (vehicle_id, zone_id, entered_at) DO UPDATE
SET left_at = excluded.left_at, arrived_kg = excluded.arrived_kg, left_kg = excluded.left_kg
WHERE (zone_visit.left_at, zone_visit.arrived_kg, zone_visit.left_kg)
      IS DISTINCT FROM (excluded.left_at, excluded.arrived_kg, excluded.left_kg)

-- name: delete_visit
DELETE FROM zone_visit
WHERE vehicle_id = %(vehicle_id)s AND zone_id = %(zone_id)s AND entered_at = %(entered_at)s

-- name: visits_of_vehicle
SELECT vehicle_id, zone_id, entered_at, left_at, arrived_kg, left_kg FROM zone_visit
WHERE vehicle_id = %(vehicle_id)s AND entered_at >= %(since)s ORDER BY entered_at

-- name: visits_overlapping
SELECT vehicle_id, zone_id, entered_at, left_at, arrived_kg, left_kg FROM zone_visit
WHERE vehicle_id = ANY(%(vehicle_ids)s) AND entered_at <= %(until)s
  AND coalesce(left_at, 'infinity') >= %(since)s
ORDER BY entered_at, vehicle_id, zone_id
