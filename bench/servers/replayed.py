"""A server's reply as it went over the wire, to be sent again."""

import json
from dataclasses import dataclass
from pathlib import Path

import httpx

from bench.client.requests import Headers

REPLY = "BENCH_REPLY"  # the setting that names the file of the reply to send
OF_UVICORN = b"date"  # which it adds to every reply by itself


@dataclass(frozen=True, slots=True)
class Replayed:
    status: int
    headers: list[tuple[bytes, bytes]]
    body: bytes

    @classmethod
    def fetch(cls, url: str, headers: Headers, *, method: str = "GET", body: str = "") -> "Replayed":
        with httpx.stream(method, url, headers=headers, content=body.encode() if body else None) as reply:
            sent = b"".join(reply.iter_raw())
        return cls(reply.status_code, [header for header in reply.headers.raw if header[0] != OF_UVICORN], sent)

    @classmethod
    def read(cls, path: Path) -> "Replayed":
        kept = json.loads(path.read_text(encoding="latin-1"))
        headers = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in kept["headers"]]
        return cls(kept["status"], headers, kept["body"].encode("latin-1"))

    def write(self, path: Path) -> None:
        kept = {
            "status": self.status,
            "headers": [(name.decode("latin-1"), value.decode("latin-1")) for name, value in self.headers],
            "body": self.body.decode("latin-1"),
        }
        path.write_text(json.dumps(kept), encoding="latin-1")
