"""Bytes become types here: positions from trucks, frames from cameras. Knows of `config` only."""
