-- Where cameras stand and what is drawn in their pictures; who passes before them; at whom it is laid.
-- `sighting` and `sighting_picture` grow with time and are divided in 0010.

-- The history of placements; the newest drawn one is in force, before any the site folder's.
CREATE TABLE camera_placement (
    camera_id      text NOT NULL,
    placement_id   text NOT NULL,
    state          text NOT NULL CHECK (state IN ('asked', 'drawn')),
    placed_at      timestamptz NOT NULL,
    placed_by      text NOT NULL,  -- an operator, or 'rules' that saw it moved
    lon            double precision NOT NULL,
    lat            double precision NOT NULL,
    heading_deg    double precision,
    zones          jsonb NOT NULL,  -- config.camera.CameraZone
    ground_points  jsonb NOT NULL,  -- config.camera.GroundPoint
    picture        bytea,  -- the JPEG that it was, or is to be, drawn in
    updated_at     timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (camera_id, placement_id)
);
ALTER TABLE camera_placement ALTER COLUMN picture SET STORAGE EXTERNAL;
CREATE INDEX camera_placement_newest ON camera_placement (camera_id, placed_at DESC);

CREATE TABLE sighting (
    sighting_id        uuid NOT NULL,  -- a function of track and line
    camera_id          text NOT NULL,
    placement_id       text NOT NULL,
    line_id            text NOT NULL,
    track_uid          uuid NOT NULL,
    at                 timestamptz NOT NULL,
    first_seen_at      timestamptz NOT NULL,
    last_seen_at       timestamptz NOT NULL,
    direction          text,
    class_name         text NOT NULL,
    class_confidence   double precision NOT NULL,
    color              text NOT NULL,
    load               text,
    load_confidence    double precision NOT NULL,
    body_raised        boolean,
    speed_kmh          double precision,
    heading_deg        double precision,
    lon                double precision NOT NULL,
    lat                double precision NOT NULL,
    uncertainty_m      double precision NOT NULL,
    plate              text,
    plate_color        text,
    plate_reliability  double precision,
    plate_readings     integer,
    box                double precision[] NOT NULL,
    track              jsonb NOT NULL,  -- detection.scene_event.TrackPoint
    written_at         timestamptz NOT NULL DEFAULT now(),
    -- What the rules say of whom it was; judged_at is null until they did.
    candidates         jsonb NOT NULL DEFAULT '[]',  -- alerts.attribution.Candidate
    nobody             double precision,
    vehicle_id         text,
    final              boolean NOT NULL DEFAULT false,
    judged_at          timestamptz,
    -- What a person says; chosen_at is null until one did, chosen_vehicle_id where it is no vehicle of ours.
    chosen_vehicle_id  text,
    chosen_by          text,
    chosen_at          timestamptz,
    chosen_note        text,
    PRIMARY KEY (sighting_id, at)
);
CREATE INDEX sighting_camera ON sighting (camera_id, at DESC);
CREATE INDEX sighting_track ON sighting (track_uid, at DESC);
CREATE INDEX sighting_vehicle ON sighting (vehicle_id, at DESC) WHERE vehicle_id IS NOT NULL;
CREATE INDEX sighting_chosen ON sighting (chosen_vehicle_id, at DESC) WHERE chosen_vehicle_id IS NOT NULL;
CREATE INDEX sighting_open ON sighting (at) WHERE NOT final;

-- Kept for a shorter time than the row, hence a table of its own.
CREATE TABLE sighting_picture (
    sighting_id  uuid NOT NULL,
    at           timestamptz NOT NULL,  -- the sighting's
    captured_at  timestamptz NOT NULL,
    width_px     integer NOT NULL,
    height_px    integer NOT NULL,
    content      bytea NOT NULL,
    sha256       bytea NOT NULL,
    seen         jsonb NOT NULL,  -- detection.scene_event.SeenBox
    PRIMARY KEY (sighting_id, at)
);
ALTER TABLE sighting_picture ALTER COLUMN content SET STORAGE EXTERNAL;

ALTER TABLE alert
    ADD COLUMN passers             jsonb NOT NULL DEFAULT '[]',  -- alerts.alert.PassedBy
    ADD COLUMN candidates          jsonb NOT NULL DEFAULT '[]',  -- alerts.attribution.Candidate
    ADD COLUMN nobody              double precision,
    -- At whom a person laid it; chosen_at is null until one did.
    ADD COLUMN chosen_vehicle_id   text,
    ADD COLUMN chosen_plate        text,
    ADD COLUMN chosen_plate_color  text,
    ADD COLUMN chosen_company      text,
    ADD COLUMN chosen_by           text,
    ADD COLUMN chosen_at           timestamptz,
    ADD COLUMN chosen_note         text,
    -- Whether a person found it true; an alert that was dismissed is false.
    ADD COLUMN verdict             boolean,
    ADD COLUMN verdict_by          text,
    ADD COLUMN verdict_at          timestamptz;
UPDATE alert SET verdict = false, verdict_by = acknowledged_by, verdict_at = acknowledged_at
WHERE status = 'dismissed';
CREATE INDEX alert_chosen ON alert (chosen_vehicle_id, started_at DESC) WHERE chosen_vehicle_id IS NOT NULL;
CREATE INDEX alert_camera ON alert (camera_id, started_at DESC) WHERE camera_id IS NOT NULL;
ALTER TABLE alert_log ADD COLUMN detail jsonb;  -- at whom it was laid by this step, where that changed

-- States of a stream are named by ingest.stream_health; figures are what a worker has to tell beside.
ALTER TABLE camera_state DROP CONSTRAINT camera_state_state_check, ADD COLUMN figures jsonb NOT NULL DEFAULT '{}';
