-- Plain PostgreSQL: trips become range partitions, as the tables of 0002.
ALTER TABLE trip RENAME TO trip_columns;
CREATE TABLE trip (LIKE trip_columns INCLUDING ALL) PARTITION BY RANGE (began_at);
CREATE TABLE trip_default PARTITION OF trip DEFAULT;
DROP TABLE trip_columns;
