"""The reference: a bare ASGI callable that sends one made reply, served exactly as `twentyone serve` serves.

TWENTYONE_BENCH_REPLY names the file of the reply.
"""

import os
from pathlib import Path

from starlette.types import ASGIApp, Receive, Scope, Send

from bench.servers.instead import serve_instead
from bench.servers.replayed import REPLY, Replayed


def create_bare() -> ASGIApp:
    reply = Replayed.read(Path(os.environ[f"TWENTYONE_{REPLY}"]))
    start = {"type": "http.response.start", "status": reply.status, "headers": reply.headers}
    body = {"type": "http.response.body", "body": reply.body}

    async def bare(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            await send(start)
            await send(body)

    return bare


if __name__ == "__main__":
    serve_instead("bench.servers.bare:create_bare")
