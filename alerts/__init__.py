"""Turns findings into alerts: joins, groups and attributes them. Pure.

Knows of the types of `geofence` and `detection`.
"""
