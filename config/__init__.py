"""Settings and the site. Knows of no other package."""
