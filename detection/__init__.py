"""Judges what cameras see: motion, objects, tracks, what stayed. Knows of `ingest`'s types."""
