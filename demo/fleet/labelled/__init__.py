"""The labelled set: days of a whole fleet with what its trucks truly did (docs/simulator.md)."""
