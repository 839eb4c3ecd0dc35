"""A minimal ASGI application that sends one prebuilt response, served like `twentyone serve`.

The environment variable TWENTYONE_BENCH_REPLY is the path of the file with the response.
"""

import os
from pathlib import Path

from starlette.types import ASGIApp, Receive, Scope, Send

from bench.servers.alternative_app import serve_instead
from bench.servers.recorded_response import RESPONSE_FILE_SETTING, RecordedResponse


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
