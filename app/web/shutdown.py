"""Graceful shutdown: report that the server is not ready, continue to serve, then stop."""

import asyncio
import signal
import threading
from types import FrameType

import structlog

log = structlog.get_logger("app.start")


class Shutdown:
    """Delays the stop after SIGTERM, so that load balancers can redirect traffic first.

    After SIGTERM, `/health/ready` returns status 503 and every response closes its connection. The server stops
    `notice_seconds` later. SIGINT (Ctrl-C) stops it immediately.
    """

    def __init__(self, *, notice_seconds: float) -> None:
        self.has_begun = False
        self._notice_seconds = notice_seconds

    def install_signal_handler(self) -> None:
        """Install a SIGTERM handler that delays the server's own handler. Only the main thread can do this."""
        if self._notice_seconds and threading.current_thread() is threading.main_thread():
            loop = asyncio.get_running_loop()
            stop_server = signal.getsignal(signal.SIGTERM)

            def handle_signal(number: int, frame: FrameType | None) -> None:
                if not self.has_begun and callable(stop_server):
                    self.has_begun = True
                    loop.call_soon_threadsafe(loop.call_later, self._notice_seconds, stop_server, number, frame)

            signal.signal(signal.SIGTERM, handle_signal)
