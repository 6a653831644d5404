-- The newest picture of each camera: what a placement is drawn in. Small, and one row a camera.
CREATE TABLE camera_picture (
    camera_id    text PRIMARY KEY,
    captured_at  timestamptz NOT NULL,
    width_px     integer NOT NULL,
    height_px    integer NOT NULL,
    content      bytea NOT NULL,  -- a JPEG
    updated_at   timestamptz NOT NULL DEFAULT now()
);
ALTER TABLE camera_picture ALTER COLUMN content SET STORAGE EXTERNAL;
