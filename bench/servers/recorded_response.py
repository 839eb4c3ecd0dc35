"""A response of a server that is recorded, so that another server can send it."""

import json
from dataclasses import dataclass
from pathlib import Path

import httpx

from bench.client.requests import Headers

RESPONSE_FILE_SETTING = "BENCH_REPLY"  # the setting that contains the path of the response's file
UVICORN_HEADER = b"date"  # added by uvicorn itself


@dataclass(frozen=True, slots=True)
class RecordedResponse:
    status: int
    headers: list[tuple[bytes, bytes]]
    body: bytes

    @classmethod
    def fetch(cls, url: str, headers: Headers, *, method: str = "GET", body: str = "") -> "RecordedResponse":
        with httpx.stream(method, url, headers=headers, content=body.encode() if body else None) as response:
            content = b"".join(response.iter_raw())
        return cls(
            response.status_code, [header for header in response.headers.raw if header[0] != UVICORN_HEADER], content
        )

    @classmethod
    def read(cls, path: Path) -> "RecordedResponse":
        document = json.loads(path.read_text(encoding="latin-1"))
        headers = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in document["headers"]]
        return cls(document["status"], headers, document["body"].encode("latin-1"))

    def write(self, path: Path) -> None:
        document = {
            "status": self.status,
            "headers": [(name.decode("latin-1"), value.decode("latin-1")) for name, value in self.headers],
            "body": self.body.decode("latin-1"),
        }
        path.write_text(json.dumps(document), encoding="latin-1")
