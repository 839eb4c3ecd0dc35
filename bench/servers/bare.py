"""A bare ASGI callable that sends one prebuilt response, served like `twentyone serve`.

TWENTYONE_BENCH_REPLY names the response's file.
"""

import os
from pathlib import Path

from starlette.types import ASGIApp, Receive, Scope, Send

from bench.servers.instead import serve_instead
from bench.servers.replayed import RESPONSE_FILE_SETTING, RecordedResponse


def create_bare() -> ASGIApp:
    response = RecordedResponse.read(Path(os.environ[f"TWENTYONE_{RESPONSE_FILE_SETTING}"]))
    start = {"type": "http.response.start", "status": response.status, "headers": response.headers}
    body = {"type": "http.response.body", "body": response.body}

    async def bare(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            await send(start)
            await send(body)

    return bare


if __name__ == "__main__":
    serve_instead("bench.servers.bare:create_bare")
