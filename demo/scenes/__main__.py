"""`python -m demo.scenes dataset DIR --train N --val M --seed S [--sizes PX …] [--crops SHARE]`."""

from __future__ import annotations

import argparse
from pathlib import Path

from rich.progress import Progress

from demo.scenes.dataset import write_dataset


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m demo.scenes", description="Render camera scenes."
    )
    commands = parser.add_subparsers(dest="command", required=True)
    dataset = commands.add_parser("dataset", help="write a data set in YOLO layout")
    dataset.add_argument("folder", type=Path)
    dataset.add_argument("--train", type=int, default=1200, help="pictures to train on")
    dataset.add_argument("--val", type=int, default=200, help="pictures to validate on")
    dataset.add_argument("--seed", type=int, default=1)
    dataset.add_argument(
        "--sizes", type=int, nargs="+", default=[640], help="widths in pixels, in turn; 16:9"
    )
    dataset.add_argument(
        "--crops", type=float, default=0.0, help="share of 320 px regions cut around things"
    )
    given = parser.parse_args()
    with Progress() as progress:
        task = progress.add_task("rendering", total=given.train + given.val)
        data = write_dataset(
            given.folder,
            given.train,
            given.val,
            given.seed,
            sizes_px=given.sizes,
            crops=given.crops,
            progress=lambda done: progress.update(task, completed=done),
        )
    print(data)


if __name__ == "__main__":
    main()
