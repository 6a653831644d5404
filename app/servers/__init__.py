"""Embedded servers: PostgreSQL and NATS from PyPI wheels, run as our own children."""
