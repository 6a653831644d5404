"""Clips with known events through the production path, and how well that went (评测)."""
