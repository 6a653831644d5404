-- Where every vehicle is: its newest good fix, kept by the writer beside the history. Asking the history
-- itself takes as long as the window is wide; the page asks every second.
CREATE TABLE latest_position (
    vehicle_id   text PRIMARY KEY,
    terminal_id  text NOT NULL,
    fix_time     timestamptz NOT NULL,
    received_at  timestamptz NOT NULL,
    lon          double precision NOT NULL,
    lat          double precision NOT NULL,
    speed_kmh    double precision,
    course_deg   double precision,
    altitude_m   double precision,
    satellites   integer,
    lid          text,
    load         text,
    body_raised  boolean,
    ignition     boolean,
    work         text[] NOT NULL,
    backfill     boolean NOT NULL
) WITH (fillfactor = 40);  -- a new version of a row finds room beside the old: no index is touched
INSERT INTO latest_position
SELECT DISTINCT ON (vehicle_id)
       vehicle_id, terminal_id, fix_time, received_at, lon, lat, speed_kmh, course_deg, altitude_m,
       satellites, lid, load, body_raised, ignition, work, backfill
FROM position WHERE quality = 0
ORDER BY vehicle_id, fix_time DESC;
-- Nothing else looked for positions by receipt. (On plain PostgreSQL LIKE gave the index its own name.)
DROP INDEX IF EXISTS position_received_at, position_received_at_idx;
