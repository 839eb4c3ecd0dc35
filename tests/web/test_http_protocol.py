"""Tests for the HTTP protocol with raw bytes: timeouts, header limits and ambiguous requests."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from socket import create_connection

import pytest
from sqlalchemy import URL

from app.web.http_protocol import LINGER_SECONDS, MAX_HEAD_BYTES
from app.web.middleware import SECURITY_HEADERS
from tests.factories.content import write_article, write_content_directory
from tests.factories.processes.servers import ServerProcess
from tests.factories.processes.sockets import send_raw, status_codes, trickle

HEAD_SECONDS, BODY_SECONDS = 0.6, 1.2
IDLE_CONNECTIONS = 500
HOST_HEADER = b"Host: api.test\r\n"
REQUEST_LINE = b"GET /health/live HTTP/1.1\r\n"
GET_HEAD = REQUEST_LINE + HOST_HEADER
CLOSE_HEADER = b"Connection: close\r\n"
POST_HEAD = b"POST /v1/auth/login HTTP/1.1\r\n" + HOST_HEADER + b"Content-Type: application/json\r\n"
CHUNKED_HEADER = b"Transfer-Encoding: chunked\r\n"
SMUGGLED_REQUEST = b"GET /smuggled HTTP/1.1\r\n" + HOST_HEADER + b"\r\n"

SLOW_REQUESTS = {  # first bytes, bytes that are repeated slowly, expected statuses, seconds until the connection closes
    "no data": (b"", b"", [], HEAD_SECONDS),
    "empty lines": (b"", b"\r\n", [408], HEAD_SECONDS),
    "request line": (b"GET /", b"a", [408], HEAD_SECONDS),
    "header": (GET_HEAD + b"X-Slow: ", b"a", [408], HEAD_SECONDS),
    "missing body": (POST_HEAD + b"Content-Length: 9\r\n\r\n", b"", [408], BODY_SECONDS + LINGER_SECONDS),
    "body": (POST_HEAD + b"Content-Length: 9999\r\n\r\n", b" ", [408], BODY_SECONDS + LINGER_SECONDS),
    "chunks": (POST_HEAD + CHUNKED_HEADER + b"\r\n", b"1\r\n \r\n", [408], BODY_SECONDS + LINGER_SECONDS),
    "ignored body": (GET_HEAD + b"Content-Length: 9999\r\n\r\n", b" ", [200], LINGER_SECONDS),
    "empty lines after a response": (GET_HEAD + b"\r\n", b"\r\n", [200, 408], HEAD_SECONDS),
}
AMBIGUOUS_REQUESTS = {
    "length and chunks": POST_HEAD + b"Content-Length: 4\r\n" + CHUNKED_HEADER + b"\r\n0\r\n\r\n",
    "two lengths": POST_HEAD + b"Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}",
    "a length with a sign": POST_HEAD + b"Content-Length: +2\r\n\r\n{}",
    "a length beyond counting": POST_HEAD + b"Content-Length: 99999999999999999999999\r\n\r\n{}",
    "identity": POST_HEAD + b"Transfer-Encoding: identity\r\n\r\n",
    "gzip in chunks": POST_HEAD + b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
    "an encoding twice": POST_HEAD + CHUNKED_HEADER + CHUNKED_HEADER + b"\r\n0\r\n\r\n",
    "a space before the colon": POST_HEAD + b"Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n",
    "a folded header": POST_HEAD + b"Transfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n",
    "chunks in HTTP/1.0": POST_HEAD.replace(b"1.1", b"1.0") + CHUNKED_HEADER + b"\r\n0\r\n\r\n",
    "lines that end with LF": GET_HEAD.replace(b"\r\n", b"\n") + b"\n",
    "a lone CR": REQUEST_LINE + b"Host: api.test\rX: y\r\n\r\n",
    "NUL": GET_HEAD + b"X: a\0b\r\n\r\n",
    "a chunk's extension with LF": POST_HEAD + CHUNKED_HEADER + b"\r\n0;a\n\r\n\r\n",
    "a chunk beyond counting": POST_HEAD + CHUNKED_HEADER + b"\r\nfffffffffffffffff\r\n{}",
    "a chunk without an end": POST_HEAD + CHUNKED_HEADER + b"\r\n2\r\n{}0\r\n\r\n",
    "no host": REQUEST_LINE + b"\r\n",
    "two hosts": GET_HEAD + b"Host: elsewhere.test\r\n\r\n",
    "a tunnel": b"CONNECT elsewhere.test:443 HTTP/1.1\r\n" + HOST_HEADER + b"\r\n",
    "no address": b"GET  HTTP/1.1\r\n" + HOST_HEADER + b"\r\n",
    "HTTP/1.2": GET_HEAD.replace(b"1.1", b"1.2") + b"\r\n",
    "a space in a name": GET_HEAD + b"X Y: z\r\n\r\n",
    "no colon": GET_HEAD + b"XYZ\r\n\r\n",
    "TLS": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"x" * 500,
    "any bytes": bytes(range(256)),
}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """Run a server on SQLite. The results of these tests don't depend on the database."""
    root = tmp_path_factory.mktemp("connections")
    directory = write_content_directory(root / "content")
    write_article(directory, "here-now")
    database = URL.create("sqlite", database=str(root / "connections.db"))
    server = ServerProcess(directory, database, head_seconds=str(HEAD_SECONDS), body_seconds=str(BODY_SECONDS))
    yield server
    server.stop()


def last_problem(received: bytes) -> tuple[int, str]:
    """Return the status and code of the last response, and check its headers."""
    head, _, body = received.rpartition(b"\r\n\r\n")
    lines = head.decode().lower().rpartition("http/1.1 ")[2].split("\r\n")
    assert {f"{name}: {value}".lower() for name, value in SECURITY_HEADERS.items()} <= set(lines)
    is_from_app = "vary: origin" in lines
    assert ("access-control-allow-origin: *" in lines) != is_from_app  # the app allows configured origins only
    assert f"content-length: {len(body)}" in lines
    assert "content-type: application/problem+json" in lines
    body_fields = json.loads(body)
    return body_fields["status"], body_fields["code"]


def test_slow_request_is_closed_after_timeout(server: ServerProcess) -> None:
    with ThreadPoolExecutor(len(SLOW_REQUESTS)) as threads:
        outcomes = threads.map(lambda request: trickle(server.port, *request[:2]), SLOW_REQUESTS.values())

    for (name, (*_, expected, seconds)), (received, duration) in zip(SLOW_REQUESTS.items(), outcomes, strict=True):
        assert status_codes(received) == expected, name
        assert seconds * 0.9 < duration < seconds + 3, name
        if 408 in expected:
            assert last_problem(received) == (408, "request_timeout"), name


def test_long_header_returns_431(server: ServerProcess) -> None:
    long_request = GET_HEAD + CLOSE_HEADER + b"X-Long: " + b"a" * MAX_HEAD_BYTES + b"\r\n\r\n"
    accepted_request = long_request.replace(b"a" * 1024, b"", 1)

    assert status_codes(send_raw(server.port, GET_HEAD + b"\r\n" + accepted_request)) == [200, 200]
    received = send_raw(server.port, long_request)
    assert (status_codes(received), last_problem(received)) == ([431], (431, "headers_too_large"))
    assert status_codes(send_raw(server.port, GET_HEAD + b"\r\n" + long_request)) in ([200], [200, 431])


def test_many_headers_return_431(server: ServerProcess) -> None:
    received = send_raw(server.port, GET_HEAD, b"".join(b"X-%d: y\r\n" % number for number in range(10_000)), b"\r\n")

    assert last_problem(received) == (431, "headers_too_large")


@pytest.mark.parametrize("has_length", [True, False], ids=["announced", "chunked"])
def test_error_response_reaches_client_that_is_still_sending(server: ServerProcess, has_length: bool) -> None:  # noqa: FBT001
    megabyte = b" " * 1_000_000
    chunk = megabyte if has_length else b"%x\r\n%b\r\n" % (len(megabyte), megabyte)
    framing = b"Content-Length: 10000000\r\n\r\n" if has_length else CHUNKED_HEADER + b"\r\n"
    end = GET_HEAD + CLOSE_HEADER + b"\r\n"

    received = send_raw(server.port, POST_HEAD + framing, *[chunk] * 10, end if has_length else b"0\r\n\r\n" + end)

    assert status_codes(received) == [413, 200]  # the connection is still usable


def test_ambiguous_request_returns_400(server: ServerProcess) -> None:
    for name, ambiguous_request in AMBIGUOUS_REQUESTS.items():
        received = send_raw(server.port, ambiguous_request + SMUGGLED_REQUEST)

        assert status_codes(received) == [400], name
        assert last_problem(received) == (400, "malformed_request"), name


def test_parse_error_sends_no_response_while_request_is_pending(server: ServerProcess) -> None:
    credentials = b'{"email": "ana@example.org", "password": "a kettle sings"}'
    login = POST_HEAD + b"Content-Length: %d\r\n\r\n%b" % (len(credentials), credentials)

    received = send_raw(server.port, login + b"NONSENSE\r\n\r\n" + SMUGGLED_REQUEST)

    assert status_codes(received) == [401]


def test_upgrade_request_is_ignored(server: ServerProcess) -> None:
    for protocol in (b"h2c", b"websocket"):
        upgrade_request = GET_HEAD + b"Connection: Upgrade\r\nUpgrade: " + protocol + b"\r\n\r\n"

        assert status_codes(send_raw(server.port, upgrade_request + SMUGGLED_REQUEST)) == [200], protocol


def test_connection_serves_several_requests(server: ServerProcess) -> None:
    pieces = [GET_HEAD + b"\r\n"] * 3 + [b"\r\n" + GET_HEAD[:9], GET_HEAD[9:] + CLOSE_HEADER + b"\r\n"]

    assert status_codes(send_raw(server.port, *pieces)) == [200] * 4


def test_idle_connections_do_not_block_other_clients(server: ServerProcess) -> None:
    with ExitStack() as stack:
        idle = [stack.enter_context(create_connection(("127.0.0.1", server.port))) for _ in range(IDLE_CONNECTIONS)]

        responses = [server.client.get("/v1/articles/here-now") for _ in range(20)]

        assert len(idle) == IDLE_CONNECTIONS
        assert {response.status_code for response in responses} == {200}
        assert max(response.elapsed.total_seconds() for response in responses) < 2
