-- alert_hourly is asked by the hour: the same expression as in the view, so that only those hours are read.
CREATE INDEX alert_hour ON alert
    (date_bin('1 hour', started_at, timestamptz '2000-01-01 00:00:00+00'));
