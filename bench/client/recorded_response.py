"""A response of a server that is recorded, so that the bare server (bench/servers/bare.py) can send it."""

import json
from typing import NamedTuple

import httpx

from bench.client.requests import Request
from bench.servers.bare import SETTING

UVICORN_HEADER = "date"  # added by uvicorn itself


class RecordedResponse(NamedTuple):
    status: int
    headers: dict[str, str]
    body: str  # each byte as one character

    @classmethod
    def fetch(cls, url: str, request: Request) -> "RecordedResponse":
        target, content = url + request.path, request.body.encode() or None
        with httpx.stream(request.method, target, headers=dict(request.headers), content=content) as response:
            body = b"".join(response.iter_raw())
        headers = {name: value for name, value in response.headers.items() if name != UVICORN_HEADER}
        return cls(response.status_code, headers, body.decode("latin-1"))

    @property
    def settings(self) -> dict[str, str]:
        """Return the settings with which the bare server sends this response."""
        return {SETTING: json.dumps(self)}
