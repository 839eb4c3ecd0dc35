"""How a process stops that others send requests to: it says so first, and serves on until they have heard."""

import asyncio
import signal
import threading
from types import FrameType

import structlog

log = structlog.get_logger("app.start")


class Shutdown:
    """From SIGTERM on, `/health/ready` answers 503 and every reply closes its connection; `notice` seconds later the
    server stops, as it would have at once. Ctrl-C has nobody to tell.
    """

    def __init__(self, *, notice: float) -> None:
        self.begun = False
        self._notice = notice

    def listen(self) -> None:
        """Stand between the signal and the server, from its own event loop; elsewhere no signal arrives."""
        if self._notice and threading.current_thread() is threading.main_thread():
            loop = asyncio.get_running_loop()
            stop = signal.getsignal(signal.SIGTERM)

            def begin(number: int, frame: FrameType | None) -> None:
                if not self.begun and callable(stop):
                    self.begun = True
                    loop.call_soon_threadsafe(loop.call_later, self._notice, stop, number, frame)

            signal.signal(signal.SIGTERM, begin)
