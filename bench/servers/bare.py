"""A minimal ASGI application that sends one recorded response, served like `twentyone serve`."""

import json
import os
import sys

from starlette.types import ASGIApp, Receive, Scope, Send

from app.serving import serve

SETTING = "bench_response"  # contains the status, headers and body as JSON, with each byte as one character


def create_bare() -> ASGIApp:
    status, headers, content = json.loads(os.environ[f"TWENTYONE_{SETTING.upper()}"])
    encoded = [(name.encode(), value.encode("latin-1")) for name, value in headers.items()]
    start = {"type": "http.response.start", "status": status, "headers": encoded}
    body = {"type": "http.response.body", "body": content.encode("latin-1")}

    async def bare(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            await send(start)
            await send(body)

    return bare


if __name__ == "__main__":
    serve(sys.argv[1], int(sys.argv[2]), 1, "bench.servers.bare:create_bare", http_protocol="httptools")
