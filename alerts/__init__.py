"""Turns findings into alerts: joins, groups and attributes them. Pure. Knows of `geofence` and `detection`."""
