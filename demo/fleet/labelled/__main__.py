"""`python -m demo.fleet.labelled --seed 0 --out DIR`: a labelled set as files.

Writes `site/` (docs/site.md), `tracks.csv` (for `muckwatch backtest`) and `labels.csv`
(docs/simulator.md).
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from pathlib import Path

from demo.fleet.labelled.label import write_labels
from demo.fleet.labelled.labelled_set import make_set
from demo.fleet.labelled.site_folder import write_site
from demo.fleet.labelled.tracks import write_tracks


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m demo.fleet.labelled", description=__doc__)
    parser.add_argument("--seed", type=int, default=0, help="tune on 0-99; 1000-1099 are untouched")
    parser.add_argument("--hours", type=float, default=48.0, help="at least 12")
    parser.add_argument("--clean", action="store_true", help="honest drivers only")
    parser.add_argument("--out", type=Path, required=True, help="folder")
    options = parser.parse_args()
    if options.hours < 12:
        parser.error("a set has at least 12 hours")
    made = make_set(options.seed, options.hours, offences=not options.clean)
    write_site(options.out / "site", made.site)
    write_tracks(options.out / "tracks.csv", made.columns, made.vehicle_ids, made.site)
    write_labels(options.out / "labels.csv", made.labels)
    print(f"{made.truck_hours:g} truck-hours, {made.awake_hours:.0f} with the ignition on, "
          f"{len(made.columns['t'])} fixes in {options.out}")  # fmt: skip
    for kind, count in sorted(Counter(x.kind for x in made.labels if x.required).items()):
        print(f"{kind:20} {count}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
