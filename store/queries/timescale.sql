-- name: timescale_offered
SELECT default_version, installed_version FROM pg_available_extensions WHERE name = 'timescaledb'

-- name: timescale_preloaded
SELECT 'timescaledb' = ANY(string_to_array(replace(replace(current_setting('shared_preload_libraries'), ' ', ''), '"', ''), ','))

-- name: timescale_version
SELECT extversion FROM pg_extension WHERE extname = 'timescaledb'

-- name: timescale_license
SELECT current_setting('timescaledb.license')

-- name: hourly_is
-- How alert_hourly stands: 'aggregate', 'view', or no row.
SELECT CASE WHEN EXISTS (SELECT FROM timescaledb_information.continuous_aggregates
                         WHERE view_name = 'alert_hourly' AND view_schema = current_schema())
            THEN 'aggregate' ELSE 'view' END
FROM pg_class WHERE relname = 'alert_hourly' AND relnamespace = current_schema()::regnamespace

-- name: create_hourly_view
CREATE VIEW alert_hourly AS
SELECT time_bucket('1 hour', started_at) AS hour, kind, severity, count(*) AS alerts
FROM alert
WHERE NOT withdrawn
GROUP BY 1, 2, 3

-- name: drop_hourly_view
DROP VIEW alert_hourly

-- name: create_hourly_aggregate
-- Not materialized only: what was not aggregated yet is counted when asked, as the view would.
CREATE MATERIALIZED VIEW alert_hourly
WITH (timescaledb.continuous, timescaledb.materialized_only = false) AS
SELECT time_bucket('1 hour', started_at) AS hour, kind, severity, count(*) AS alerts
FROM alert
WHERE NOT withdrawn
GROUP BY 1, 2, 3
WITH NO DATA

-- name: set_columnstore
-- A vehicle's day lies together, newest first.
ALTER TABLE position SET (
    timescaledb.enable_columnstore = true,
    timescaledb.segmentby = 'vehicle_id',
    timescaledb.orderby = 'fix_time DESC'
)

-- name: columnstore_is_set
SELECT compression_enabled FROM timescaledb_information.hypertables
WHERE hypertable_name = 'position' AND hypertable_schema = current_schema()

-- name: policies
SELECT proc_name, hypertable_name, config FROM timescaledb_information.jobs
WHERE proc_name IN ('policy_retention', 'policy_compression', 'policy_refresh_continuous_aggregate')

-- name: drop_chunks
SELECT drop_chunks(%(table)s::regclass, older_than => %(before)s::timestamptz)
