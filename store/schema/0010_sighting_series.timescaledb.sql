-- TimescaleDB: sightings and their pictures become hypertables, as the tables of 0002.
SELECT create_hypertable('sighting', by_range('at', INTERVAL '7 days'), create_default_indexes => false);
SELECT create_hypertable('sighting_picture', by_range('at', INTERVAL '1 day'), create_default_indexes => false);
