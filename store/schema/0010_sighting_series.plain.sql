-- Plain PostgreSQL: sightings and their pictures become range partitions, as the tables of 0002.
ALTER TABLE sighting RENAME TO sighting_columns;
CREATE TABLE sighting (LIKE sighting_columns INCLUDING ALL) PARTITION BY RANGE (at);
CREATE TABLE sighting_default PARTITION OF sighting DEFAULT;
DROP TABLE sighting_columns;

ALTER TABLE sighting_picture RENAME TO sighting_picture_columns;
CREATE TABLE sighting_picture (LIKE sighting_picture_columns INCLUDING ALL) PARTITION BY RANGE (at);
CREATE TABLE sighting_picture_default PARTITION OF sighting_picture DEFAULT;
DROP TABLE sighting_picture_columns;
