"""A relay between a server and its database: it passes bytes on, late, or not at all, and tells nobody."""

import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from socket import AF_UNIX, SHUT_RDWR, SOCK_STREAM, create_server, socket
from threading import Thread

CHUNK = 65536


class Relay:
    """Listens on a port for what listens on a path."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._delay = 0.0
        self._lost = 0  # how often everything that was open has been lost
        self._is_silent = False
        self._listening = create_server(("127.0.0.1", 0), backlog=200)
        self._open: list[socket] = []

    @property
    def port(self) -> int:
        port: int = self._listening.getsockname()[1]
        return port

    @contextmanager
    def running(self) -> Iterator["Relay"]:
        Thread(target=self._accept, daemon=True).start()
        try:
            yield self
        finally:
            for each in (self._listening, *self._open):
                with suppress(OSError):
                    each.shutdown(SHUT_RDWR)
                each.close()

    @contextmanager
    def slow(self, seconds: float) -> Iterator[None]:
        """Whatever is sent, in either direction, comes that much later."""
        self._delay = seconds
        try:
            yield
        finally:
            self._delay = 0.0

    @contextmanager
    def silent(self) -> Iterator[None]:
        """Nothing comes through, and of what was open until its end nothing ever does."""
        self._is_silent = True
        try:
            yield
        finally:
            self._lost += 1
            self._is_silent = False

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listening.accept()
                Thread(target=self._connect, args=[client], daemon=True).start()

    def _connect(self, client: socket) -> None:
        server = socket(AF_UNIX, SOCK_STREAM)
        self._open += [client, server]
        with closing(client), suppress(OSError):
            server.connect(self._path)
            Thread(target=self._pass_on, args=[server, client, self._lost], daemon=True).start()
            self._pass_on(client, server, self._lost)

    def _pass_on(self, source: socket, target: socket, lost: int) -> None:
        with closing(source), closing(target), suppress(OSError):
            while data := source.recv(CHUNK):
                time.sleep(self._delay)
                if not self._is_silent and lost == self._lost:
                    target.sendall(data)
            target.shutdown(SHUT_RDWR)
