"""The vision role: cameras to scene events and sightings, in supervised worker processes."""
