"""A reply as bytes in each of its encodings, with what answers a conditional request."""

import gzip
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from http import HTTPStatus

from starlette.types import Message

Header = tuple[bytes, bytes]
Origins = Mapping[bytes, Sequence[Header]]  # what a reply says to a page of each origin that may read it

REFUSED = re.compile(rb"(?:^|;)\s*q\s*=\s*0(?:\.0*)?\s*(?:;|$)")
REQUEST_ID = re.compile(rb"[A-Za-z0-9\-]{8,64}\Z")
LONGEST_ENCODINGS = 256  # bytes of a header that is worth reading, and remembering
WORTH_PACKING = 512  # bytes: below, unpacking costs more than it saves
OF_THE_REQUEST = (b"access-control-", b"x-request-id", b"vary", b"content-length")
OF_THE_BODY = (b"content-type", b"content-encoding", b"content-length")
VARY = (b"vary", b"Accept-Encoding, Origin")
EMPTY: Message = {"type": "http.response.body", "body": b""}


@dataclass(frozen=True, slots=True)
class Variant:
    """One encoding of a reply, ready to be sent."""

    start: Message
    body: Message
    etag: bytes | None
    not_modified: Message


@dataclass(frozen=True, slots=True)
class Reply:
    """The strong ETag is a hash of the identity body plus the encoding."""

    plain: Variant
    packed: Variant | None
    size: int

    @classmethod
    def of(cls, status: int, headers: Iterable[Header], body: bytes) -> "Reply":
        kept = [header for header in headers if not header[0].startswith(OF_THE_REQUEST)]
        digest = sha256(body).hexdigest()[:32].encode() if status == HTTPStatus.OK else None
        plain = _variant(status, kept, body, digest and b'"%s"' % digest)
        packed = None
        if digest and len(body) >= WORTH_PACKING:
            zipped = gzip.compress(body, 6, mtime=0)
            packed = _variant(status, [*kept, (b"content-encoding", b"gzip")], zipped, b'"%s-gzip"' % digest)
        bodies = len(body) + (len(packed.body["body"]) if packed else 0)
        return cls(plain, packed, size=bodies + 4096)  # 4 KiB for the headers of up to four messages

    def messages(self, headers: Sequence[Header], origins: Origins) -> tuple[Message, Message]:
        """What answers a request with these headers; `origins` are those whose pages may read it."""
        variant, known, more = self.plain, b"", []
        for name, value in headers:
            if name == b"accept-encoding":
                if self.packed and len(value) <= LONGEST_ENCODINGS and accepts_gzip(value):
                    variant = self.packed
            elif name == b"if-none-match":
                known += b"," + value
            elif name == b"x-request-id":
                if REQUEST_ID.match(value):
                    more.append((name, value))
            elif name == b"origin" and value in origins:
                more += origins[value]
        start, body = variant.start, variant.body
        if known and variant.etag and matches(known, variant.etag):
            start, body = variant.not_modified, EMPTY
        return ({**start, "headers": [*start["headers"], *more]} if more else start), body


def _variant(status: int, headers: list[Header], body: bytes, etag: bytes | None) -> Variant:
    named = [*headers, VARY, *([(b"etag", etag)] if etag else [])]
    return Variant(
        start=_start(status, [*named, (b"content-length", b"%d" % len(body))]),
        body={"type": "http.response.body", "body": body},
        etag=etag,
        not_modified=_start(304, [header for header in named if header[0] not in OF_THE_BODY]),
    )


def _start(status: int, headers: list[Header]) -> Message:
    return {"type": "http.response.start", "status": status, "headers": headers}


@lru_cache(maxsize=1024)
def accepts_gzip(accept_encoding: bytes) -> bool:
    """Whether gzip is named, or anything is, and not refused with `q=0` (RFC 9110, 12.5.3)."""
    wanted: dict[bytes, bool] = {}
    for part in accept_encoding.lower().split(b","):
        coding, _, parameters = part.partition(b";")
        wanted[coding.strip()] = not REFUSED.search(parameters)
    return wanted.get(b"gzip", wanted.get(b"*", False))


def matches(if_none_match: bytes, etag: bytes) -> bool:
    """Weak comparison with each of the listed tags (RFC 9110, 13.1.2)."""
    tags = {tag.strip().removeprefix(b"W/") for tag in if_none_match.split(b",")}
    return etag in tags or b"*" in tags
