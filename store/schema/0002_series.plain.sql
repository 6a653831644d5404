-- Plain PostgreSQL: the tables that grow with time become range partitions. The parts are made ahead
-- and dropped by store.partitions; what fits none of them, such as a wild fix time, is kept in the default.
ALTER TABLE position RENAME TO position_columns;
CREATE TABLE position (LIKE position_columns INCLUDING ALL) PARTITION BY RANGE (fix_time);
CREATE TABLE position_default PARTITION OF position DEFAULT;
DROP TABLE position_columns;

ALTER TABLE zone_visit RENAME TO zone_visit_columns;
CREATE TABLE zone_visit (LIKE zone_visit_columns INCLUDING ALL) PARTITION BY RANGE (entered_at);
CREATE TABLE zone_visit_default PARTITION OF zone_visit DEFAULT;
DROP TABLE zone_visit_columns;

ALTER TABLE alert RENAME TO alert_columns;
CREATE TABLE alert (LIKE alert_columns INCLUDING ALL) PARTITION BY RANGE (started_at);
CREATE TABLE alert_default PARTITION OF alert DEFAULT;
DROP TABLE alert_columns;

ALTER TABLE rejected_message RENAME TO rejected_message_columns;
CREATE TABLE rejected_message (LIKE rejected_message_columns INCLUDING ALL)
    PARTITION BY RANGE (received_at);
CREATE TABLE rejected_message_default PARTITION OF rejected_message DEFAULT;
DROP TABLE rejected_message_columns;

CREATE VIEW alert_hourly AS
SELECT date_bin('1 hour', started_at, timestamptz '2000-01-01 00:00:00+00') AS hour,
       kind, severity, count(*) AS alerts
FROM alert
WHERE NOT withdrawn
GROUP BY 1, 2, 3;
