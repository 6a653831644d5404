-- name: partitions
SELECT c.relname AS name, pg_get_expr(c.relpartbound, c.oid) AS bounds
FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
WHERE i.inhparent = %(table)s::regclass

-- name: flavour
SELECT EXISTS (SELECT FROM pg_extension WHERE extname = 'timescaledb')

-- name: delete_alert_log
DELETE FROM alert_log WHERE at < %(before)s
