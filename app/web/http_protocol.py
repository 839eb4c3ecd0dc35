"""A connection to the server, on which nobody can hold it up: uvicorn's own has no limits of time and length."""

from asyncio import TimerHandle, Transport
from collections.abc import Callable
from http import HTTPStatus

from typing_extensions import override
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from app.web.middleware import RAW_SECURITY
from app.web.problems import plain_problem
from app.web.shutdown import Shutdown

MOST_HEAD = 32 * 1024  # bytes of a request's line and headers
HEAD_SECONDS = 10.0  # that these may take, unless the application says otherwise
LINGERING = 3.0  # seconds for which what was answered may still come in, so that the answer is read
UNREAD = 60.0  # seconds that a reply may stay unread


class BadHead(Exception):
    """The parser makes it a fault of the request."""


# hook: uvicorn HttpToolsProtocol
class GuardedConnection(HttpToolsProtocol):
    """Ends a request whose head is slow (408), large (431) or could be read in two ways (400). Closes on whoever sends
    nothing, goes on with a body that was answered, or doesn't read. Bodies are timed where they are read
    (`web/request_body.py`). What comes in one piece, as nearly everything does, sets no timer.

    The application's lifespan may say, as its state, how many `head_seconds` there are and the `shutdown`.
    """

    @override
    def connection_made(self, transport: Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._shutdown: Shutdown | None = self.app_state.get("shutdown")
        self._timer: TimerHandle | None = None
        self._unread: TimerHandle | None = None
        self._chunk = 0  # bytes that are looked at
        self._came = 0  # bytes of a head that isn't whole yet
        self._in_body = False
        self._refused = False
        self._fault = HTTPStatus.BAD_REQUEST
        self._wait_for_head()

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_waiting()
        self._stop_waiting_for_reader()
        super().connection_lost(exc)

    @override
    def data_received(self, data: bytes) -> None:
        if self._refused:
            return
        self._chunk = len(data)
        self._came += self._chunk
        super().data_received(data)
        if self._came and not self._in_body and not self._refused:
            if self._came > MOST_HEAD:
                self._refuse(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)
            elif self._timer is None:
                self._wait_for_head()

    @override
    def on_headers_complete(self) -> None:
        if self._chunk + self._came > MOST_HEAD and self._head_size() > MOST_HEAD:
            self._fault = HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE
            raise BadHead
        names = [name for name, _ in self.headers]
        if not self._is_plain(names):
            raise BadHead
        super().on_headers_complete()
        if self._timer:
            self._stop_waiting()
        self._came, self._in_body = 0, True
        if (
            self._shutdown and self._shutdown.begun
        ) or b"upgrade" in names:  # the parser reads nothing after an upgrade
            self.cycle.keep_alive = False

    @override
    def on_message_complete(self) -> None:
        super().on_message_complete()
        self._came, self._in_body = 0, False
        if self.cycle.response_complete:  # a body that was answered before it ended
            self._wait_for_head()

    @override
    def on_response_complete(self) -> None:
        super().on_response_complete()
        if not (self._refused or self._in_body) or self.transport.is_closing() or not self.cycle.response_complete:
            return
        if self._refused:
            self._hang_up()
        else:
            self._unset_keepalive_if_required()
            self._wait(LINGERING, self.transport.close)

    @override
    def timeout_keep_alive_handler(self) -> None:
        if self._unread is None:
            super().timeout_keep_alive_handler()

    @override
    def pause_writing(self) -> None:
        super().pause_writing()
        self._unread = self.loop.call_later(UNREAD, self.transport.abort)

    @override
    def resume_writing(self) -> None:
        super().resume_writing()
        self._stop_waiting_for_reader()

    @override
    def send_400_response(self, msg: str) -> None:
        self._refuse(self._fault)

    def _unsupported_upgrade_warning(self) -> None:
        """Nobody is told of what anybody may ask for."""

    def _wait_for_head(self) -> None:
        self._wait(self.app_state.get("head_seconds", HEAD_SECONDS), self._head_is_late)

    def _head_is_late(self) -> None:
        if self._came:
            self._refuse(HTTPStatus.REQUEST_TIMEOUT)
        else:
            self.transport.close()

    def _is_plain(self, names: list[bytes]) -> bool:
        """Whether everybody reads it alike: RFC 9112, 2.3 (the version), 3.2 (the host) and 6.1 (the encoding)."""
        version, hosts = self.parser.get_http_version(), names.count(b"host")
        if b"transfer-encoding" not in names:
            return hosts == 1 if version == "1.1" else version == "1.0" and hosts <= 1
        encodings = [value.lower() for name, value in self.headers if name == b"transfer-encoding"]
        return version == "1.1" and hosts == 1 and encodings == [b"chunked"]

    def _head_size(self) -> int:
        return len(self.url) + sum(len(name) + len(value) + 4 for name, value in self.headers)

    def _refuse(self, status: HTTPStatus) -> None:
        """The last reply on this connection; none while an earlier request waits for its own, which it would be taken
        for.
        """
        self._refused = True
        self._stop_waiting()
        cycle = self.cycle
        if cycle and not cycle.response_complete:
            if not self._in_body or cycle.response_started:
                return
            cycle.disconnected = True  # its own body is at fault
            cycle.message_event.set()
        self.transport.write(_refusal(status, self.server_state.default_headers))
        self._hang_up()

    def _hang_up(self) -> None:
        """Nothing more is said, but what still comes is let in for a while: a reset would take the reply away."""
        self._unset_keepalive_if_required()
        if self.transport.can_write_eof():
            self.transport.write_eof()
        self._wait(LINGERING, self.transport.close)

    def _wait(self, seconds: float, end: Callable[[], None]) -> None:
        self._stop_waiting()
        self._timer = self.loop.call_later(seconds, end)

    def _stop_waiting(self) -> None:
        if self._timer:
            self._timer.cancel()
            self._timer = None

    def _stop_waiting_for_reader(self) -> None:
        if self._unread:
            self._unread.cancel()
            self._unread = None


def _refusal(status: HTTPStatus, headers: list[tuple[bytes, bytes]]) -> bytes:
    reply = plain_problem(status, {"Connection": "close"})
    lines = [name + b": " + value for name, value in [*headers, *reply.raw_headers, *RAW_SECURITY]]
    return STATUS_LINE[status] + b"\r\n".join([*lines, b"", bytes(reply.body)])
