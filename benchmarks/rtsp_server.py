"""Cameras for benchmarks, in a process of their own: `python -m benchmarks.rtsp_server SPEC.json`.

The spec names pieces (MP4, H.264, each beginning with a key frame, all alike in size and rate)
and what each camera plays; the server is the demonstration's (`demo.cameras.rtsp`). For each line
on its standard input it prints its own CPU time as JSON.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from pathlib import Path

from demo.cameras.programme import Programme
from demo.cameras.rtp_packets import read_piece
from demo.cameras.rtsp import Server


def main() -> None:
    spec = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    pieces = {name: read_piece(Path(path)) for name, path in spec["pieces"].items()}
    programmes = {
        camera: Programme([pieces[name] for name in plays["pieces"]], plays["offset"])
        for camera, plays in spec["cameras"].items()
    }
    server = Server(programmes, port=spec.get("port", 0))

    def ready() -> None:
        print(json.dumps({"port": server.port}), flush=True)

    async def serve() -> None:
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGTERM, server.stop)
        loop.add_reader(sys.stdin, say)
        await server.run(ready)

    def say() -> None:
        if not sys.stdin.readline():  # who started us is gone
            server.stop()
            return
        spent = os.times()
        told = {"cpu_s": spent.user + spent.system, "lagging": server.lagging}
        print(json.dumps(told), flush=True)

    asyncio.run(serve())


if __name__ == "__main__":
    main()
