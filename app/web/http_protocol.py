"""HTTP protocol for uvicorn with timeouts, size limits and strict parsing."""

from asyncio import TimerHandle, Transport
from collections.abc import Callable
from http import HTTPStatus

from typing_extensions import override
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from app.web.cors import EXPOSED_HEADERS
from app.web.middleware import RAW_SECURITY_HEADERS
from app.web.problems import status_problem
from app.web.shutdown import Shutdown

MAX_HEAD_BYTES = 32 * 1024  # for the request line and all headers
HEAD_TIMEOUT_SECONDS = 10.0  # default if the application sets no `head_seconds`
LINGER_SECONDS = 3.0  # time to read the rest of a request after an early response
WRITE_TIMEOUT_SECONDS = 60.0  # for clients that do not read their response
# The `Origin` header may not have arrived yet. The responses contain nothing private, so any origin may read them.
CORS_HEADERS = [
    (b"access-control-allow-origin", b"*"),
    (b"access-control-expose-headers", ", ".join(EXPOSED_HEADERS).encode()),
]


class InvalidHead(Exception):
    """The request line or headers are invalid. Raising this error makes the HTTP parser report a parse error."""


# hook: uvicorn HttpToolsProtocol
class LimitedHttpProtocol(HttpToolsProtocol):
    """Rejects requests whose headers are too slow (408), too large (431) or ambiguous (400).

    It also closes connections of clients that are idle, continue to send a body after the response, or don't read the
    response. `web/request_body.py` limits the time for receiving a body.

    The application's lifespan state may set `head_seconds`, the time limit for headers, and `shutdown`, a `Shutdown`.
    """

    @override
    def connection_made(self, transport: Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._shutdown: Shutdown | None = self.app_state.get("shutdown")
        self._timer: TimerHandle | None = None
        self._write_timer: TimerHandle | None = None
        self._chunk_bytes = 0  # size of the chunk that is being parsed
        self._head_bytes = 0  # received bytes of an incomplete request line and headers
        self._in_body = False
        self._rejected = False
        self._parse_error_status = HTTPStatus.BAD_REQUEST
        self._start_head_timer()

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        self._cancel_timer()
        self._cancel_write_timer()
        super().connection_lost(exc)

    @override
    def data_received(self, data: bytes) -> None:
        if self._rejected:
            return
        self._chunk_bytes = len(data)
        self._head_bytes += self._chunk_bytes
        super().data_received(data)
        if self._head_bytes and not self._in_body and not self._rejected:
            if self._head_bytes > MAX_HEAD_BYTES:
                self._reject(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)
            elif self._timer is None:
                self._start_head_timer()

    @override
    def on_headers_complete(self) -> None:
        if self._chunk_bytes + self._head_bytes > MAX_HEAD_BYTES and self._head_size() > MAX_HEAD_BYTES:
            self._parse_error_status = HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE
            raise InvalidHead
        names = [name for name, _ in self.headers]
        if not self._is_unambiguous(names):
            raise InvalidHead
        super().on_headers_complete()
        if self._timer:
            self._cancel_timer()
        self._head_bytes, self._in_body = 0, True
        if (
            self._shutdown and self._shutdown.has_begun
        ) or b"upgrade" in names:  # the parser ignores all data after an upgrade request
            self.cycle.keep_alive = False

    @override
    def on_message_complete(self) -> None:
        super().on_message_complete()
        self._head_bytes, self._in_body = 0, False
        if self.cycle.response_complete:  # the response was sent before the body ended
            self._start_head_timer()

    @override
    def on_response_complete(self) -> None:
        super().on_response_complete()
        if not (self._rejected or self._in_body) or self.transport.is_closing() or not self.cycle.response_complete:
            return
        if self._rejected:
            self._close_after_linger()
        else:
            self._unset_keepalive_if_required()
            self._start_timer(LINGER_SECONDS, self.transport.close)

    @override
    def timeout_keep_alive_handler(self) -> None:
        if self._write_timer is None:
            super().timeout_keep_alive_handler()

    @override
    def pause_writing(self) -> None:
        super().pause_writing()
        self._write_timer = self.loop.call_later(WRITE_TIMEOUT_SECONDS, self.transport.abort)

    @override
    def resume_writing(self) -> None:
        super().resume_writing()
        self._cancel_write_timer()

    @override
    def send_400_response(self, msg: str) -> None:
        self._reject(self._parse_error_status)

    def _unsupported_upgrade_warning(self) -> None:
        """Do not log unsupported upgrade requests, because any client could flood the log."""

    def _start_head_timer(self) -> None:
        self._start_timer(self.app_state.get("head_seconds", HEAD_TIMEOUT_SECONDS), self._on_head_timeout)

    def _on_head_timeout(self) -> None:
        if self._head_bytes:
            self._reject(HTTPStatus.REQUEST_TIMEOUT)
        else:
            self.transport.close()

    def _is_unambiguous(self, names: list[bytes]) -> bool:
        """Check the HTTP version, `Host` and `Transfer-Encoding` (RFC 9112, sections 2.3, 3.2 and 6.1)."""
        version, hosts = self.parser.get_http_version(), names.count(b"host")
        if b"transfer-encoding" not in names:
            return hosts == 1 if version == "1.1" else version == "1.0" and hosts <= 1
        encodings = [value.lower() for name, value in self.headers if name == b"transfer-encoding"]
        return version == "1.1" and hosts == 1 and encodings == [b"chunked"]

    def _head_size(self) -> int:
        return len(self.url) + sum(len(name) + len(value) + 4 for name, value in self.headers)

    def _reject(self, status: HTTPStatus) -> None:
        """Send an error response and close the connection.

        Send no response while an earlier request is pending, because the client would mistake it for that request's
        response.
        """
        self._rejected = True
        self._cancel_timer()
        cycle = self.cycle
        if cycle and not cycle.response_complete:
            if not self._in_body or cycle.response_started:
                return
            cycle.disconnected = True  # the error is in the body of the pending request
            cycle.message_event.set()
        self.transport.write(_problem_bytes(status, self.server_state.default_headers))
        self._close_after_linger()

    def _close_after_linger(self) -> None:
        """Stop sending, but continue to read for a few seconds. Otherwise a TCP reset could discard the response."""
        self._unset_keepalive_if_required()
        if self.transport.can_write_eof():
            self.transport.write_eof()
        self._start_timer(LINGER_SECONDS, self.transport.close)

    def _start_timer(self, seconds: float, callback: Callable[[], None]) -> None:
        self._cancel_timer()
        self._timer = self.loop.call_later(seconds, callback)

    def _cancel_timer(self) -> None:
        if self._timer:
            self._timer.cancel()
            self._timer = None

    def _cancel_write_timer(self) -> None:
        if self._write_timer:
            self._write_timer.cancel()
            self._write_timer = None


def _problem_bytes(status: HTTPStatus, headers: list[tuple[bytes, bytes]]) -> bytes:
    response = status_problem(status, {"Connection": "close"})
    all_headers = [*headers, *response.raw_headers, *RAW_SECURITY_HEADERS, *CORS_HEADERS]
    lines = [name + b": " + value for name, value in all_headers]
    return STATUS_LINE[status] + b"\r\n".join([*lines, b"", bytes(response.body)])
