"""What a kept reply answers to each kind of request."""

import gzip

import pytest

from app.web.cache.reply import Reply, accepts_gzip, matches


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
def test_encodings_are_negotiated_as_rfc_9110_says(header: bytes, accepted: bool) -> None:  # noqa: FBT001
    assert accepts_gzip(header) is accepted


def test_a_header_that_is_longer_than_any_browsers_is_not_read() -> None:
    reply = Reply.of(200, [], b"a" * 1000)

    start, _ = reply.messages([(b"accept-encoding", b"gzip" + b"," * 300)], {})

    assert (b"content-encoding", b"gzip") not in start["headers"]


def test_tags_in_two_headers_both_count() -> None:
    reply = Reply.of(200, [], b"a")
    etag = reply.plain.etag
    assert etag

    start, _ = reply.messages([(b"if-none-match", etag), (b"if-none-match", b'"other"')], {})

    assert start["status"] == 304


@pytest.mark.parametrize(
    ("header", "matching"),
    [(b'"a"', True), (b'W/"a"', True), (b'"b", "a"', True), (b"*", True), (b'"b"', False), (b"a", False), (b"", False)],
)
def test_tags_are_compared_as_rfc_9110_says(header: bytes, matching: bool) -> None:  # noqa: FBT001
    assert matches(header, b'"a"') is matching


def test_packed_replies_unpack_to_the_plain_ones() -> None:
    reply = Reply.of(200, [], b"a" * 1000)

    assert reply.packed is not None
    assert gzip.decompress(reply.packed.body["body"]) == b"a" * 1000
