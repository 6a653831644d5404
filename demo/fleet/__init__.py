"""A pretend fleet: trucks drive on the roads of a site and report over MQTT, as real terminals do.

Nothing is injected: an offence is a movement, and whether anybody notices is the product's matter.
"""
