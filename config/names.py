"""The names of alert kinds and severities, to tell a misspelt one where it is set.

What they mean is the matter of `alerts`, which this package does not know; a test holds them equal.
"""

from __future__ import annotations

ALERT_KINDS = frozenset(
    """
    off_route out_of_hours no_permit overspeed restricted_zone lid_open body_raised long_stop
    suspected_dumping wrong_ground trip_unfinished track_gap tamper terminal_offline unknown_site
    unknown_ground missed_segment work_too_fast round_late left_work_area wash_in_frost
    spillage illegal_dumping open_load unknown_truck terminal_silent
    camera_offline camera_frozen camera_dark camera_blinded camera_out_of_focus camera_blocked
    camera_moved
    """.split()  # noqa: SIM905 - a list literal would take thirty lines
)

OTHER_RULES = frozenset(
    {
        *("zone_visit", "stop", "trip", "segment_pass", "round"),
        *("camera_body_raised", "attribution", "gate_findings"),
    }
)
"""Tables `[rules.<name>]` with thresholds of what is no kind of alert."""

SEVERITIES = ("notice", "warning", "serious")
