"""One file a rule. Their order, and which there are: `geofence.rule_list`."""
