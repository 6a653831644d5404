-- Every table, with its columns and keys. The four that grow with time (position, zone_visit, alert,
-- rejected_message) are divided by time in 0002, by TimescaleDB or by native partitions; hence their
-- time column is part of their key.

-- One row a committed batch. `key` is the writer's own: a batch written again is recognised by it.
CREATE TABLE batch (
    batch           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    key             uuid NOT NULL UNIQUE,
    worker          text NOT NULL,
    written_at      timestamptz NOT NULL DEFAULT now(),
    first_fix_time  timestamptz,  -- of its positions, ancient ones left out
    last_fix_time   timestamptz
);

CREATE TABLE position (
    vehicle_id   text NOT NULL,
    fix_time     timestamptz NOT NULL,
    received_at  timestamptz NOT NULL,
    terminal_id  text NOT NULL,
    lon          double precision NOT NULL,  -- WGS-84 degrees
    lat          double precision NOT NULL,
    -- Double precision throughout: what is judged again after a restart must be what was judged before.
    speed_kmh    double precision,
    course_deg   double precision,
    altitude_m   double precision,
    satellites   integer,
    lid          text,
    load         text,
    body_raised  boolean,
    ignition     boolean,
    work         text[] NOT NULL DEFAULT '{}',
    backfill     boolean NOT NULL DEFAULT false,
    quality      smallint NOT NULL DEFAULT 0,  -- ingest.position.Quality
    batch        bigint NOT NULL,
    batch_place  integer NOT NULL,  -- its place in the batch: the order in which it was judged
    PRIMARY KEY (vehicle_id, fix_time)
);
-- Rows arrive nearly in the order of both: a BRIN costs next to nothing to keep and finds the newest.
CREATE INDEX position_received_at ON position USING brin (received_at)
    WITH (pages_per_range = 16, autosummarize = on);
CREATE INDEX position_batch ON position USING brin (batch)
    WITH (pages_per_range = 16, autosummarize = on);

CREATE TABLE rejected_message (
    rejected_id  uuid NOT NULL,
    received_at  timestamptz NOT NULL,
    topic        text NOT NULL,
    element      integer,
    reason       text NOT NULL,
    payload      bytea NOT NULL,
    batch        bigint NOT NULL,
    PRIMARY KEY (rejected_id, received_at)
);
CREATE INDEX rejected_message_received_at ON rejected_message (received_at DESC);

CREATE TABLE zone_visit (
    vehicle_id  text NOT NULL,
    zone_id     text NOT NULL,
    entered_at  timestamptz NOT NULL,
    left_at     timestamptz,
    PRIMARY KEY (vehicle_id, zone_id, entered_at)
);
CREATE INDEX zone_visit_zone ON zone_visit (zone_id, entered_at DESC);

CREATE TABLE alert (
    alert_id         uuid NOT NULL,
    kind             text NOT NULL,
    severity         text NOT NULL,
    vehicle_id       text,
    plate            text,  -- as registered when it was raised, and so the next two
    plate_color      text,
    company          text,
    camera_id        text,
    subject          text NOT NULL,
    zone_id          text,
    permit_id        text,
    started_at       timestamptz NOT NULL,
    raised_at        timestamptz NOT NULL,
    ended_at         timestamptz,
    lon              double precision NOT NULL,
    lat              double precision NOT NULL,
    confidence       double precision NOT NULL,
    suspected        boolean NOT NULL,
    occurrences      integer NOT NULL,
    rings            boolean NOT NULL,
    withdrawn        boolean NOT NULL,
    "values"         jsonb NOT NULL,
    parameters       jsonb NOT NULL,
    -- What people did with it, and the book-keeping.
    status           text NOT NULL DEFAULT 'new' CHECK (status IN ('new', 'acknowledged', 'dismissed')),
    acknowledged_by  text,
    acknowledged_at  timestamptz,
    note             text,
    revision         integer NOT NULL DEFAULT 1,
    updated_at       timestamptz NOT NULL DEFAULT now(),
    digest           bytea NOT NULL,  -- of what the rules said last
    PRIMARY KEY (alert_id, started_at)
);
CREATE INDEX alert_recent ON alert (started_at DESC, alert_id DESC);
CREATE INDEX alert_vehicle ON alert (vehicle_id, started_at DESC) WHERE vehicle_id IS NOT NULL;
CREATE INDEX alert_open ON alert (started_at) WHERE ended_at IS NULL AND NOT withdrawn;

CREATE TABLE alert_log (
    alert_id  uuid NOT NULL,
    revision  integer NOT NULL,  -- the alert's after this step
    at        timestamptz NOT NULL DEFAULT now(),
    change    text NOT NULL,  -- raised amended ended withdrawn acknowledged dismissed
    actor     text NOT NULL,  -- an operator, or 'rules'
    note      text,
    digest    bytea,  -- of what the rules said; null for an operator's step
    PRIMARY KEY (alert_id, revision)
);
CREATE INDEX alert_log_at ON alert_log (at);

CREATE TABLE evidence (
    evidence_id   uuid PRIMARY KEY,
    alert_id      uuid NOT NULL,
    moment        text NOT NULL,
    captured_at   timestamptz NOT NULL,
    media_type    text NOT NULL,
    width_px      integer NOT NULL,
    height_px     integer NOT NULL,
    content       bytea NOT NULL,
    sha256        bytea NOT NULL,
    box           double precision[],
    passer_box    double precision[],
    passer_class  text,
    passer_color  text,
    stored_at     timestamptz NOT NULL DEFAULT now()
);
-- A JPEG does not shrink: do not try.
ALTER TABLE evidence ALTER COLUMN content SET STORAGE EXTERNAL;
CREATE INDEX evidence_alert ON evidence (alert_id);
CREATE INDEX evidence_captured_at ON evidence (captured_at);

CREATE TABLE outbox (
    outbox_id        uuid PRIMARY KEY,
    destination      text NOT NULL,
    event            text NOT NULL,
    alert_id         uuid NOT NULL,
    revision         integer NOT NULL,
    payload          jsonb NOT NULL,
    created_at       timestamptz NOT NULL DEFAULT now(),
    next_attempt_at  timestamptz NOT NULL DEFAULT now(),
    attempts         integer NOT NULL DEFAULT 0,
    delivered_at     timestamptz,
    failed_at        timestamptz,
    last_error       text,
    response         text
);
CREATE INDEX outbox_due ON outbox (destination, next_attempt_at)
    WHERE delivered_at IS NULL AND failed_at IS NULL;
CREATE INDEX outbox_alert ON outbox (alert_id, destination, revision);
CREATE INDEX outbox_created_at ON outbox (created_at);

CREATE TABLE camera_state (
    camera_id        text PRIMARY KEY,
    state            text NOT NULL CHECK (state IN ('online', 'offline', 'frozen')),
    seen_at          timestamptz,
    frames_seen      bigint NOT NULL DEFAULT 0,
    frames_detected  bigint NOT NULL DEFAULT 0,
    detail           text,
    updated_at       timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE worker_snapshot (
    worker    text PRIMARY KEY,
    taken_at  timestamptz NOT NULL DEFAULT now(),
    batch     bigint NOT NULL,
    state     bytea NOT NULL
);

CREATE TABLE site_file (
    name        text PRIMARY KEY,
    content     bytea NOT NULL,
    updated_at  timestamptz NOT NULL DEFAULT now()
);
