"""Nobody can hold a connection up, or be read in two ways: raw bytes to the real server."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from socket import create_connection

import pytest
from sqlalchemy import URL

from app.web.http_protocol import LINGERING, MOST_HEAD
from app.web.middleware import SECURITY
from tests.factories.content import write_article, write_folder
from tests.factories.processes.servers import Server
from tests.factories.processes.sockets import drip, exchange, statuses

HEAD_SECONDS, BODY_SECONDS = 0.6, 1.2
IDLE = 500
HOST = b"Host: api.test\r\n"
LIVE = b"GET /health/live HTTP/1.1\r\n"
GET = LIVE + HOST
LAST = b"Connection: close\r\n"
POST = b"POST /v1/auth/login HTTP/1.1\r\n" + HOST + b"Content-Type: application/json\r\n"
CHUNKED = b"Transfer-Encoding: chunked\r\n"
SMUGGLED = b"GET /smuggled HTTP/1.1\r\n" + HOST + b"\r\n"

SLOW = {  # begun, then again and again: the status that it ends with, and the seconds until then
    "nothing": (b"", b"", [], HEAD_SECONDS),
    "empty lines": (b"", b"\r\n", [408], HEAD_SECONDS),
    "its first line": (b"GET /", b"a", [408], HEAD_SECONDS),
    "a header": (GET + b"X-Slow: ", b"a", [408], HEAD_SECONDS),
    "nothing of its body": (POST + b"Content-Length: 9\r\n\r\n", b"", [408], BODY_SECONDS + LINGERING),
    "its body": (POST + b"Content-Length: 9999\r\n\r\n", b" ", [408], BODY_SECONDS + LINGERING),
    "its chunks": (POST + CHUNKED + b"\r\n", b"1\r\n \r\n", [408], BODY_SECONDS + LINGERING),
    "what nobody reads": (GET + b"Content-Length: 9999\r\n\r\n", b" ", [200], LINGERING),
    "empty lines after a reply": (GET + b"\r\n", b"\r\n", [200, 408], HEAD_SECONDS),
}
TWO_WAYS = {
    "length and chunks": POST + b"Content-Length: 4\r\n" + CHUNKED + b"\r\n0\r\n\r\n",
    "chunks and length": POST + CHUNKED + b"Content-Length: 4\r\n\r\n0\r\n\r\n",
    "two lengths": POST + b"Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}",
    "a length twice": POST + b"Content-Length: 2\r\nContent-Length: 2\r\n\r\n{}",
    "a list of lengths": POST + b"Content-Length: 2, 2\r\n\r\n{}",
    "a length with a sign": POST + b"Content-Length: +2\r\n\r\n{}",
    "a length below zero": POST + b"Content-Length: -2\r\n\r\n{}",
    "a length in hexadecimal": POST + b"Content-Length: 0x2\r\n\r\n{}",
    "a length in two parts": POST + b"Content-Length: 2 2\r\n\r\n{}",
    "a length beyond counting": POST + b"Content-Length: 99999999999999999999999\r\n\r\n{}",
    "identity": POST + b"Transfer-Encoding: identity\r\n\r\n",
    "gzip in chunks": POST + b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
    "chunks in identity": POST + b"Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n",
    "something like chunks": POST + b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
    "two encodings": POST + CHUNKED + b"Transfer-Encoding: identity\r\n\r\n0\r\n\r\n",
    "an encoding twice": POST + CHUNKED + CHUNKED + b"\r\n0\r\n\r\n",
    "an encoding behind a vertical tab": POST + b"Transfer-Encoding: \x0bchunked\r\n\r\n0\r\n\r\n",
    "a space before the colon": POST + b"Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n",
    "a folded header": POST + b"Transfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n",
    "chunks in HTTP/1.0": POST.replace(b"1.1", b"1.0") + CHUNKED + b"\r\n0\r\n\r\n",
    "lines that end with LF": GET.replace(b"\r\n", b"\n") + b"\n",
    "a lone CR": LIVE + b"Host: api.test\rX: y\r\n\r\n",
    "NUL": GET + b"X: a\0b\r\n\r\n",
    "a chunk's extension with LF": POST + CHUNKED + b"\r\n0;a\n\r\n\r\n",
    "a chunk of minus one": POST + CHUNKED + b"\r\n-1\r\n\r\n",
    "a chunk of 0x2": POST + CHUNKED + b"\r\n0x2\r\n{}\r\n0\r\n\r\n",
    "a chunk beyond counting": POST + CHUNKED + b"\r\nfffffffffffffffff\r\n{}",
    "a chunk without an end": POST + CHUNKED + b"\r\n2\r\n{}0\r\n\r\n",
    "no host": LIVE + b"\r\n",
    "two hosts": GET + b"Host: elsewhere.test\r\n\r\n",
    "a tunnel": b"CONNECT elsewhere.test:443 HTTP/1.1\r\n" + HOST + b"\r\n",
    "no address": b"GET  HTTP/1.1\r\n" + HOST + b"\r\n",
    "HTTP/1.2": GET.replace(b"1.1", b"1.2") + b"\r\n",
    "HTTP/2": GET.replace(b"1.1", b"2.0") + b"\r\n",
    "a space in a name": GET + b"X Y: z\r\n\r\n",
    "no name": GET + b": z\r\n\r\n",
    "no colon": GET + b"XYZ\r\n\r\n",
    "a name beyond ASCII": GET + b"X\xc3\xa9: z\r\n\r\n",
    "a space before the first name": LIVE + b" " + HOST + b"\r\n",
    "TLS": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"x" * 500,
    "any bytes": bytes(range(256)),
}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """On SQLite alone: no connection is known to a database."""
    root = tmp_path_factory.mktemp("connections")
    folder = write_folder(root / "content")
    write_article(folder, "here-now")
    database = URL.create("sqlite", database=str(root / "connections.db"))
    server = Server(folder, database, head_seconds=str(HEAD_SECONDS), body_seconds=str(BODY_SECONDS))
    yield server
    server.stop()


def problem(received: bytes) -> tuple[int, str]:
    """The status and code of the last reply, which is a whole one and closes the connection."""
    head, _, body = received.rpartition(b"\r\n\r\n")
    lines = head.decode().lower().split("\r\n")
    assert {f"{name}: {value}".lower() for name, value in SECURITY.items()} <= set(lines)
    assert f"content-length: {len(body)}" in lines
    assert "content-type: application/problem+json" in lines
    said = json.loads(body)
    return said["status"], said["code"]


def test_who_is_slow_is_cut_off(server: Server) -> None:
    """Keeping a connection open for those who have had their reply is uvicorn's, for five seconds."""
    with ThreadPoolExecutor(len(SLOW)) as threads:
        outcomes = threads.map(lambda each: drip(server.port, *each[:2]), SLOW.values())

    for (name, (*_, expected, seconds)), (received, took) in zip(SLOW.items(), outcomes, strict=True):
        assert statuses(received) == expected, name
        assert seconds * 0.9 < took < seconds + 3, name
        if 408 in expected:
            assert problem(received) == (408, "request_timeout"), name


@pytest.mark.parametrize("kilobytes", [MOST_HEAD // 1024 - 1, MOST_HEAD // 1024 + 1, 200, 8_000])
def test_headers_have_a_bound(server: Server, kilobytes: int) -> None:
    long = GET + LAST + b"X-Long: " + b"a" * 1024 * kilobytes + b"\r\n\r\n"
    fits = 1024 * kilobytes < MOST_HEAD

    received = exchange(server.port, long)
    after_another = exchange(server.port, GET + b"\r\n" + long)

    assert statuses(received) == [200 if fits else 431]
    assert fits or problem(received) == (431, "headers_too_large")
    assert statuses(after_another) in ([[200, 200]] if fits else [[200], [200, 431]])


def test_many_headers_are_as_bad_as_a_long_one(server: Server) -> None:
    received = exchange(server.port, GET, b"".join(b"X-%d: y\r\n" % n for n in range(10_000)), b"\r\n")

    assert problem(received) == (431, "headers_too_large")


@pytest.mark.parametrize("announced", [True, False], ids=["announced", "chunked"])
def test_a_refusal_is_read_by_who_is_still_sending(server: Server, announced: bool) -> None:  # noqa: FBT001
    megabyte = b" " * 1_000_000
    chunk = megabyte if announced else b"%x\r\n%b\r\n" % (len(megabyte), megabyte)
    framing = b"Content-Length: 10000000\r\n\r\n" if announced else CHUNKED + b"\r\n"
    end = GET + LAST + b"\r\n"

    received = exchange(server.port, POST + framing, *[chunk] * 10, end if announced else b"0\r\n\r\n" + end)

    assert statuses(received) == [413, 200]  # and the connection is good for another request


@pytest.mark.parametrize("name", TWO_WAYS)
def test_what_can_be_read_in_two_ways_is_refused(server: Server, name: str) -> None:
    received = exchange(server.port, TWO_WAYS[name] + SMUGGLED)

    assert statuses(received) == [400]
    assert problem(received) == (400, "malformed_request")


def test_a_refusal_is_not_taken_for_the_reply_to_a_request_before(server: Server) -> None:
    slow = b'{"email": "ana@example.org", "password": "a kettle sings"}'
    login = POST + b"Content-Length: %d\r\n\r\n%b" % (len(slow), slow)

    received = exchange(server.port, login + b"NONSENSE\r\n\r\n" + SMUGGLED)

    assert statuses(received) == [401]


@pytest.mark.parametrize("protocol", [b"h2c", b"websocket"])
def test_another_protocol_is_not_taken_up(server: Server, protocol: bytes) -> None:
    asked = GET + b"Connection: Upgrade\r\nUpgrade: " + protocol + b"\r\n\r\n"

    assert statuses(exchange(server.port, asked + SMUGGLED)) == [200]


def test_one_connection_serves_many_requests(server: Server) -> None:
    pieces = [GET + b"\r\n"] * 3 + [b"\r\n" + GET[:9], GET[9:] + LAST + b"\r\n"]

    assert statuses(exchange(server.port, *pieces)) == [200] * 4


def test_who_keeps_silent_takes_nobody_s_place(server: Server) -> None:
    with ExitStack() as stack:
        silent = [stack.enter_context(create_connection(("127.0.0.1", server.port))) for _ in range(IDLE)]

        replies = [server.client.get("/v1/articles/here-now") for _ in range(20)]

        assert len(silent) == IDLE
        assert {reply.status_code for reply in replies} == {200}
        assert max(reply.elapsed.total_seconds() for reply in replies) < 2
