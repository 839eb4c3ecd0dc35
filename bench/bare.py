"""The reference: a bare ASGI callable that sends one made reply, served exactly as `twentyone serve` serves.

`python -m bench.bare serve --port ...` runs that very command, with another application in its place; so loop,
protocol and every flag are the same by construction. TWENTYONE_BENCH_REPLY names the file of the reply.
"""

import os
from functools import partial
from pathlib import Path

import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send

from app import cli
from bench.replayed import REPLY, Replayed


def create_bare() -> ASGIApp:
    reply = Replayed.read(Path(os.environ[f"TWENTYONE_{REPLY}"]))
    start = {"type": "http.response.start", "status": reply.status, "headers": reply.headers}
    body = {"type": "http.response.body", "body": reply.body}

    async def bare(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            await send(start)
            await send(body)

    return bare


def _instead(serve: "partial[None]", _app: str, **options: object) -> None:
    serve("bench.bare:create_bare", **options)


if __name__ == "__main__":
    uvicorn.run = partial(_instead, partial(uvicorn.run))
    cli.app()
