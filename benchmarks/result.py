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
    ratio = statistics.median(ours) / statistics.median(peer)
    return json.dumps(
        {
            "name": name,
            "ours": round(statistics.median(ours), 3),
            "ours_worst": round(worst(ours), 3),
            "peer": round(statistics.median(peer), 3),
            "peer_worst": round(worst(peer), 3),
            "ratio": round(ratio if more_is_better else 1 / ratio, 2),
            "unit": unit,
            "rounds": len(ours),
            "checked": checked,
            **more,
        },
        ensure_ascii=False,
    )
