-- TimescaleDB: trips become a hypertable, as the tables of 0002.
SELECT create_hypertable('trip', by_range('began_at', INTERVAL '30 days'), create_default_indexes => false);
