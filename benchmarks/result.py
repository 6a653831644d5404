"""What every benchmark ends with: one line of JSON."""

from __future__ import annotations

import json
import statistics
from collections.abc import Sequence


def result_line(
    name: str,
    ours: Sequence[float],
    peer: Sequence[float],
    *,
    unit: str,
    checked: str,
    more_is_better: bool = True,
    **more: object,
) -> str:
    """Medians over the rounds, the worst round beside them; ratio above 1: ours is the better."""
    worst = min if more_is_better else max
    mine, theirs = statistics.median(ours), statistics.median(peer)
    # None where the lesser side did nothing at all: no figure says how many times more that is.
    ratio = (mine / theirs if theirs else None) if more_is_better else theirs / mine
    return json.dumps(
        {
            "name": name,
            "ours": round(mine, 3),
            "ours_worst": round(worst(ours), 3),
            "peer": round(theirs, 3),
            "peer_worst": round(worst(peer), 3),
            "ratio": None if ratio is None else round(ratio, 2),
            "unit": unit,
            "rounds": len(ours),
            "checked": checked,
            **more,
        },
        ensure_ascii=False,
    )
