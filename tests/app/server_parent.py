"""A program for the tests: starts a server, says how to reach it, and waits to be ended.

python server_parent.py postgres|nats FOLDER [PORT]
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

from app.servers.nats import EmbeddedNats
from app.servers.postgres import EmbeddedPostgres


def say(**facts: object) -> None:
    print(json.dumps(facts), flush=True)


if __name__ == "__main__":
    which, folder, port = sys.argv[1], Path(sys.argv[2]), int((sys.argv[3:] or ["0"])[0])
    if which == "postgres":
        with EmbeddedPostgres(folder, port) as postgres:
            say(pid=postgres.pid, url=postgres.url, password=postgres.password)
            time.sleep(600)
    else:
        with EmbeddedNats(folder, port) as nats:
            say(pid=nats.pid, port=nats.mqtt_port)
            time.sleep(600)
