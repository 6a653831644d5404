-- Evidence in an object store, in a chain of hashes (alerts.manifest).
ALTER TABLE evidence
    ALTER COLUMN content DROP NOT NULL,  -- null where it is in the object store, or lost
    ADD COLUMN until         timestamptz,
    ADD COLUMN size_bytes    bigint,  -- null: as long as `content` is
    ADD COLUMN camera_id     text,
    ADD COLUMN codec         text,
    ADD COLUMN seen          jsonb NOT NULL DEFAULT '[]',  -- detection.scene_event.SeenBox
    ADD COLUMN subject_uid   uuid,
    ADD COLUMN taken_by      text NOT NULL DEFAULT '',
    ADD COLUMN note          text,
    ADD COLUMN object_key    text,
    ADD COLUMN missing       text,  -- why it was never stored
    ADD COLUMN dropped_at    timestamptz,  -- when and why it was given up; the hash stays
    ADD COLUMN dropped_for   text,
    ADD COLUMN chain_number  integer,  -- null: older than the chain
    ADD COLUMN chain         bytea;
CREATE INDEX evidence_object ON evidence (object_key) WHERE object_key IS NOT NULL;
CREATE INDEX evidence_in_database ON evidence (stored_at) WHERE content IS NOT NULL;

-- The last link of each alert, apart from the rows themselves.
CREATE TABLE evidence_chain (
    alert_id    uuid PRIMARY KEY,
    links       integer NOT NULL,
    head        bytea NOT NULL,
    updated_at  timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX evidence_chain_updated_at ON evidence_chain (updated_at);

CREATE TABLE evidence_export (
    export_id    uuid PRIMARY KEY,
    alert_id     uuid NOT NULL,
    at           timestamptz NOT NULL DEFAULT now(),
    actor        text NOT NULL,
    redacted     boolean NOT NULL,
    head         bytea,  -- of the chain, as exported
    sha256       bytea NOT NULL  -- of the ZIP
);
CREATE INDEX evidence_export_alert ON evidence_export (alert_id, at);

-- How each process finds the object store.
CREATE TABLE evidence_storage (
    worker      text PRIMARY KEY,
    state       text NOT NULL CHECK (state IN ('ok', 'full', 'away')),
    detail      text,
    used_bytes  bigint NOT NULL,
    free_bytes  bigint,  -- null where nobody can say
    updated_at  timestamptz NOT NULL DEFAULT now()
);
