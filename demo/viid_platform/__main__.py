"""`python -m demo.viid_platform --port P --username U --password-file F [--host H] …`."""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from random import Random

import uvicorn

from demo.viid_platform.platform import Platform
from demo.viid_platform.server import create_app


def main() -> None:
    parser = argparse.ArgumentParser(prog="demo.viid_platform", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--username", required=True)
    parser.add_argument("--password-file", type=Path, required=True)
    parser.add_argument("--lapse-s", type=float, default=180.0, help="registration without life")
    parser.add_argument("--busy-rate", type=float, default=0.0, help="share answered with busy")
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    platform = Platform(
        time.monotonic, arguments.lapse_s, arguments.busy_rate, Random(arguments.seed)
    )
    password = arguments.password_file.read_text("utf-8").strip()
    app = create_app(arguments.username, password, platform)
    uvicorn.run(app, host=arguments.host, port=arguments.port, log_level="warning")


if __name__ == "__main__":
    main()
