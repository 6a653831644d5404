-- TimescaleDB: the tables that grow with time become hypertables. Policies depend on settings and are
-- set at each start by store.timescale. create_hypertable, and not CREATE TABLE … WITH (tsdb.hypertable):
-- that form makes a columnstore policy of its own, which then shadows ours.
SELECT create_hypertable('position', by_range('fix_time', INTERVAL '1 day'),
    create_default_indexes => false);
SELECT create_hypertable('zone_visit', by_range('entered_at', INTERVAL '30 days'),
    create_default_indexes => false);
SELECT create_hypertable('alert', by_range('started_at', INTERVAL '30 days'),
    create_default_indexes => false);
SELECT create_hypertable('rejected_message', by_range('received_at', INTERVAL '1 day'),
    create_default_indexes => false);
