"""Judges where vehicles are: zones, corridors, speed. Pure: no I/O, no clock. Knows `ingest`."""
