"""A TCP relay between the application and its database that can delay or drop data."""

import time
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager, suppress
from socket import AF_UNIX, SHUT_RDWR, SOCK_STREAM, create_server, socket
from threading import Thread, Timer

CHUNK = 65536
TCP_TIMEOUT_SECONDS = 5.0  # as the server sets it: after this time, a network reports a lost connection


class Relay:
    """Forwards TCP connections to a Unix socket, and can delay or drop their data."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._delay_seconds = 0.0
        self._generation = 0  # connections from before the end of a silence stay silent
        self._is_silent = False
        self._listener = create_server(("127.0.0.1", 0), backlog=200)
        self._sockets: list[socket] = []

    @property
    def port(self) -> int:
        port: int = self._listener.getsockname()[1]
        return port

    @contextmanager
    def running(self) -> Iterator["Relay"]:
        Thread(target=self._accept, daemon=True).start()
        try:
            yield self
        finally:
            _close([self._listener, *self._sockets])

    @contextmanager
    def slow(self, seconds: float) -> Iterator[None]:
        """Delay data in both directions by `seconds`."""
        self._delay_seconds = seconds
        try:
            yield
        finally:
            self._delay_seconds = 0.0

    @contextmanager
    def silent(self) -> Iterator[None]:
        """Drop all data. Connections that are open at the end never forward data again, until they time out."""
        self._is_silent = True
        try:
            yield
        finally:
            self._generation += 1
            self._is_silent = False
            Timer(TCP_TIMEOUT_SECONDS, _close, [self._sockets.copy()]).start()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                Thread(target=self._connect, args=[client], daemon=True).start()

    def _connect(self, client: socket) -> None:
        server = socket(AF_UNIX, SOCK_STREAM)
        self._sockets += [client, server]
        with closing(client), suppress(OSError):
            server.connect(self._path)
            Thread(target=self._forward, args=[server, client, self._generation], daemon=True).start()
            self._forward(client, server, self._generation)

    def _forward(self, source: socket, target: socket, generation: int) -> None:
        with closing(source), closing(target), suppress(OSError):
            while data := source.recv(CHUNK):
                time.sleep(self._delay_seconds)
                if not self._is_silent and generation == self._generation:
                    target.sendall(data)
            target.shutdown(SHUT_RDWR)


def _close(sockets: Iterable[socket]) -> None:
    for connection in sockets:
        with suppress(OSError):
            connection.shutdown(SHUT_RDWR)
        connection.close()
