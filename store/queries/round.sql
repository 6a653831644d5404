-- name: upsert_round
INSERT INTO round (
    round_id, plan_id, route_id, window_from, window_to, vehicle_ids, state, coverage, started_at,
    finished_at, late_s, segments, temperature_c
) VALUES (
    %(round_id)s, %(plan_id)s, %(route_id)s, %(window_from)s, %(window_to)s, %(vehicle_ids)s, %(state)s,
    %(coverage)s, %(started_at)s, %(finished_at)s, %(late_s)s, %(segments)s, %(temperature_c)s
)
ON CONFLICT (plan_id, window_from) DO UPDATE SET
    route_id = excluded.route_id, window_to = excluded.window_to, vehicle_ids = excluded.vehicle_ids,
    state = excluded.state, coverage = excluded.coverage, started_at = excluded.started_at,
    finished_at = excluded.finished_at, late_s = excluded.late_s, segments = excluded.segments,
    temperature_c = excluded.temperature_c, updated_at = now()
WHERE (
    round.route_id, round.window_to, round.vehicle_ids, round.state, round.coverage, round.started_at,
    round.finished_at, round.late_s, round.segments, round.temperature_c
) IS DISTINCT FROM (
    excluded.route_id, excluded.window_to, excluded.vehicle_ids, excluded.state, excluded.coverage,
    excluded.started_at, excluded.finished_at, excluded.late_s, excluded.segments,
    excluded.temperature_c
)

-- name: delete_round
DELETE FROM round WHERE plan_id = %(plan_id)s AND window_from = %(window_from)s

-- name: delete_old_rounds
DELETE FROM round WHERE window_from < %(before)s
