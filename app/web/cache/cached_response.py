"""A cached response, with gzip compression and conditional requests (`ETag`, status 304)."""

import gzip
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from http import HTTPStatus

from starlette.types import Message

Header = tuple[bytes, bytes]
CorsHeaders = Mapping[bytes, Sequence[Header]]  # CORS response headers by origin; none for origins not allowed

ZERO_QUALITY = re.compile(rb"(?:^|;)\s*q\s*=\s*0(?:\.0*)?\s*(?:;|$)")
REQUEST_ID_PATTERN = re.compile(rb"[A-Za-z0-9\-]{8,64}\Z")
MAX_ACCEPT_ENCODING_LENGTH = 256  # longer values are not parsed, to limit the memory of cached results
MIN_COMPRESSED_BYTES = 512  # smaller bodies are not worth compressing
REQUEST_HEADERS = (b"access-control-", b"x-request-id", b"vary", b"content-length")
BODY_HEADERS = (b"content-type", b"content-encoding", b"content-length")
VARY_HEADER = (b"vary", b"Accept-Encoding, Origin")
EMPTY_BODY: Message = {"type": "http.response.body", "body": b""}


@dataclass(frozen=True, slots=True)
class Variant:
    """A response in one encoding (plain or gzip), as ASGI messages."""

    start: Message
    body: Message
    etag: bytes | None
    not_modified: Message


@dataclass(frozen=True, slots=True)
class CachedResponse:
    """A response in all its encodings. Each encoding has its own ETag, derived from a hash of the body."""

    identity: Variant
    gzipped: Variant | None
    size: int

    @classmethod
    def create(cls, status: int, headers: Iterable[Header], body: bytes) -> "CachedResponse":
        stored_headers = [header for header in headers if not header[0].startswith(REQUEST_HEADERS)]
        digest = sha256(body).hexdigest()[:32].encode() if status == HTTPStatus.OK else None
        identity = _variant(status, stored_headers, body, digest and b'"%s"' % digest)
        gzipped = None
        if digest and len(body) >= MIN_COMPRESSED_BYTES:
            compressed = gzip.compress(body, 6, mtime=0)
            gzipped = _variant(
                status, [*stored_headers, (b"content-encoding", b"gzip")], compressed, b'"%s-gzip"' % digest
            )
        body_bytes = len(body) + (len(gzipped.body["body"]) if gzipped else 0)
        return cls(identity, gzipped, size=body_bytes + 4096)  # 4 KiB for the headers of up to four messages

    def messages(self, headers: Sequence[Header], cors_headers: CorsHeaders) -> tuple[Message, Message]:
        """Return the response to a request with these headers, as ASGI messages."""
        variant, client_etags, extra_headers = self.identity, b"", []
        for name, value in headers:
            if name == b"accept-encoding":
                if self.gzipped and len(value) <= MAX_ACCEPT_ENCODING_LENGTH and accepts_gzip(value):
                    variant = self.gzipped
            elif name == b"if-none-match":
                client_etags += b"," + value
            elif name == b"x-request-id":
                if REQUEST_ID_PATTERN.match(value):
                    extra_headers.append((name, value))
            elif name == b"origin":
                extra_headers += cors_headers[value]
        start, body = variant.start, variant.body
        if client_etags and variant.etag and matches(client_etags, variant.etag):
            start, body = variant.not_modified, EMPTY_BODY
        return ({**start, "headers": [*start["headers"], *extra_headers]} if extra_headers else start), body


def _variant(status: int, headers: list[Header], body: bytes, etag: bytes | None) -> Variant:
    all_headers = [*headers, VARY_HEADER, *([(b"etag", etag)] if etag else [])]
    return Variant(
        start=_start(status, [*all_headers, (b"content-length", b"%d" % len(body))]),
        body={"type": "http.response.body", "body": body},
        etag=etag,
        not_modified=_start(304, [header for header in all_headers if header[0] not in BODY_HEADERS]),
    )


def _start(status: int, headers: list[Header]) -> Message:
    return {"type": "http.response.start", "status": status, "headers": headers}


@lru_cache(maxsize=1024)
def accepts_gzip(accept_encoding: bytes) -> bool:
    """Return whether an `Accept-Encoding` header allows gzip (RFC 9110, section 12.5.3)."""
    accepted: dict[bytes, bool] = {}
    for part in accept_encoding.lower().split(b","):
        coding, _, parameters = part.partition(b";")
        accepted[coding.strip()] = not ZERO_QUALITY.search(parameters)
    return accepted.get(b"gzip", accepted.get(b"*", False))


def matches(if_none_match: bytes, etag: bytes) -> bool:
    """Return whether an `If-None-Match` header contains the ETag, by weak comparison (RFC 9110, section 13.1.2)."""
    tags = {tag.strip().removeprefix(b"W/") for tag in if_none_match.split(b",")}
    return etag in tags or b"*" in tags
