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

-- name: recent_rounds
-- A page: those before (`before_window_from`, `before_id`), the last row of the page before. Of the segments
-- only how many are in which state, and how long these are together.
SELECT round_id, plan_id, route_id, window_from, window_to, vehicle_ids, state, coverage, started_at,
       finished_at, late_s, temperature_c, updated_at, counted.segments AS counts
FROM round
CROSS JOIN LATERAL (
    SELECT coalesce(jsonb_agg(to_jsonb(s) ORDER BY s.state), '[]') AS segments
    FROM (
        SELECT e->>'state' AS state, count(*) AS segments,
               sum((e->>'length_m')::double precision) AS length_m
        FROM jsonb_array_elements(round.segments) AS e GROUP BY 1
    ) AS s
) AS counted
WHERE (%(plan_id)s::text IS NULL OR plan_id = %(plan_id)s)
  AND (%(route_id)s::text IS NULL OR route_id = %(route_id)s)
  AND (%(vehicle_id)s::text IS NULL OR vehicle_ids @> ARRAY[%(vehicle_id)s::text])
  AND (%(states)s::text[] IS NULL OR state = ANY(%(states)s))
  AND (%(since)s::timestamptz IS NULL OR window_from >= %(since)s)
  AND (%(until)s::timestamptz IS NULL OR window_from < %(until)s)
  AND (%(before_id)s::uuid IS NULL
       OR (window_from, round_id) < (%(before_window_from)s::timestamptz, %(before_id)s::uuid))
ORDER BY window_from DESC, round_id DESC
LIMIT %(limit)s

-- name: one_round
SELECT * FROM round WHERE round_id = %(round_id)s

-- name: plan_counts
SELECT plan_id, route_id, count(*) AS rounds,
       count(*) FILTER (WHERE state = 'done') AS done,
       count(*) FILTER (WHERE state = 'late') AS late,
       count(*) FILTER (WHERE state = 'incomplete') AS incomplete,
       count(*) FILTER (WHERE state = 'held_back') AS held_back,
       count(*) FILTER (WHERE state = 'under_way') AS under_way,
       avg(coverage) AS coverage, max(late_s) AS late_s,
       sum((SELECT count(*) FROM jsonb_array_elements(segments) AS e WHERE e->>'state' = 'missed'))::bigint
           AS missed
FROM round
WHERE window_from >= %(since)s AND window_from < %(until)s
GROUP BY plan_id, route_id
ORDER BY plan_id, route_id
