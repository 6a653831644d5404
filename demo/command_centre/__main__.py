"""`python -m demo.command_centre --port P --secret-file F [--host H] [--fail-rate R] …`."""

from __future__ import annotations

import argparse
from pathlib import Path
from random import Random

import uvicorn

from demo.command_centre.received import Received
from demo.command_centre.server import create_app


def main() -> None:
    parser = argparse.ArgumentParser(prog="demo.command_centre", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--secret-file", type=Path, required=True, help="holds whsec_…")
    parser.add_argument("--fail-rate", type=float, default=0.0, help="share answered with 500")
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    app = create_app(
        arguments.secret_file.read_text("utf-8").strip(),
        Received(),
        arguments.fail_rate,
        Random(arguments.seed),
    )
    uvicorn.run(app, host=arguments.host, port=arguments.port, log_level="warning")


if __name__ == "__main__":
    main()
