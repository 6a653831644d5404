-- Trips of muck trucks, rounds of sanitation trucks, weights at a zone. `trip` grows with time and is divided
-- in 0007.
CREATE TABLE trip (
    trip_id      uuid NOT NULL,  -- a function of vehicle and begin: for those who link to it
    vehicle_id   text NOT NULL,
    began_at     timestamptz NOT NULL,
    site_id      text,
    left_at      timestamptz NOT NULL,
    permit_id    text,
    ground_id    text,
    arrived_at   timestamptz,
    emptied_at   timestamptz,
    ended_at     timestamptz,
    outcome      text NOT NULL,  -- geofence.finding.TripOutcome
    load_by      text NOT NULL,
    lon          double precision NOT NULL,
    lat          double precision NOT NULL,
    distance_m   double precision NOT NULL,
    moving_s     double precision NOT NULL,
    off_route_m  double precision NOT NULL,
    stops        integer NOT NULL,
    stopped_s    double precision NOT NULL,
    fixes        integer NOT NULL,
    missing_s    double precision NOT NULL,
    lid_open_s   double precision,
    site_ok      boolean,
    route_ok     boolean,
    ground_ok    boolean,
    backfill     boolean NOT NULL,
    updated_at   timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (vehicle_id, began_at)  -- also: by vehicle and time
);
CREATE INDEX trip_recent ON trip (began_at DESC, trip_id DESC);
CREATE INDEX trip_by_id ON trip (trip_id);
CREATE INDEX trip_site ON trip (site_id, began_at DESC);
CREATE INDEX trip_ground ON trip (ground_id, began_at DESC);
CREATE INDEX trip_permit ON trip (permit_id, began_at DESC);
CREATE INDEX trip_open ON trip (began_at) WHERE ended_at IS NULL;

-- Some hundred rounds a day at most: not divided, old ones are deleted. Segments are JSON and no table of
-- their own: a round is told whole each time, so that one row is replaced, or goes, with all of them, and
-- nobody asks for a segment without its round.
CREATE TABLE round (
    round_id       uuid NOT NULL UNIQUE,  -- a function of plan and window
    plan_id        text NOT NULL,
    route_id       text NOT NULL,
    window_from    timestamptz NOT NULL,
    window_to      timestamptz NOT NULL,
    vehicle_ids    text[] NOT NULL,
    state          text NOT NULL,  -- geofence.finding.RoundState
    coverage       double precision NOT NULL,
    started_at     timestamptz,
    finished_at    timestamptz,
    late_s         double precision,
    segments       jsonb NOT NULL,  -- geofence.finding.SegmentResult, in order
    temperature_c  double precision,
    updated_at     timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (plan_id, window_from)
);
CREATE INDEX round_recent ON round (window_from DESC, round_id DESC);
CREATE INDEX round_route ON round (route_id, window_from DESC);
CREATE INDEX round_vehicles ON round USING gin (vehicle_ids);
CREATE INDEX round_open ON round (window_from) WHERE state = 'under_way';

ALTER TABLE zone_visit ADD COLUMN arrived_kg double precision, ADD COLUMN left_kg double precision;
-- What a vehicle did in an hour is asked for without naming the zones.
CREATE INDEX zone_visit_vehicle ON zone_visit (vehicle_id, entered_at DESC);
