"""Judges what cameras see: motion, objects, tracks, what stayed behind. Knows of `ingest`'s types."""
