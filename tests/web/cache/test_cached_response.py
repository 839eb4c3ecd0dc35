"""Tests for cached responses: compression and conditional requests."""

import gzip

import pytest

from app.web.cache.cached_response import CachedResponse, accepts_gzip, matches


@pytest.mark.parametrize(
    ("header", "accepted"),
    [
        (b"gzip", True),
        (b"br, GZIP;q=0.5", True),
        (b"*", True),
        (b"gzip;q=0", False),
        (b"gzip;q=0.0;x=1", False),
        (b"gzip; q=0.000, *", False),
        (b"br", False),
        (b"", False),
        (b"identity;q=1, *;q=0", False),
    ],
)
def test_accepts_gzip_follows_rfc_9110(header: bytes, accepted: bool) -> None:  # noqa: FBT001
    assert accepts_gzip(header) is accepted


def test_messages_with_long_accept_encoding_are_uncompressed() -> None:
    cached = CachedResponse.create(200, [], b"a" * 1000)

    start, _ = cached.messages([(b"accept-encoding", b"gzip" + b"," * 300)], {})

    assert (b"content-encoding", b"gzip") not in start["headers"]


def test_messages_with_two_if_none_match_headers_return_304() -> None:
    cached = CachedResponse.create(200, [], b"a")
    etag = cached.identity.etag
    assert etag

    start, _ = cached.messages([(b"if-none-match", etag), (b"if-none-match", b'"other"')], {})

    assert start["status"] == 304


@pytest.mark.parametrize(
    ("header", "is_match"),
    [(b'"a"', True), (b'W/"a"', True), (b'"b", "a"', True), (b"*", True), (b'"b"', False), (b"a", False), (b"", False)],
)
def test_matches_compares_etags_weakly(header: bytes, is_match: bool) -> None:  # noqa: FBT001
    assert matches(header, b'"a"') is is_match


def test_gzipped_body_decompresses_to_identity_body() -> None:
    cached = CachedResponse.create(200, [], b"a" * 1000)

    assert cached.gzipped is not None
    assert gzip.decompress(cached.gzipped.body["body"]) == b"a" * 1000
