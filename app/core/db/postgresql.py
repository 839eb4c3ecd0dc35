"""A connection to PostgreSQL that gives up a server which doesn't answer, be it frozen or cut off."""

import time
from typing import Any

import psycopg
from psycopg import errors
from psycopg.abc import RV, PQGen, PQGenConn

from app.core.db.deadline import left

CONNECTING = 2.0  # seconds


class PatientConnection(psycopg.Connection[Any]):
    """Nothing that it sends is waited for longer than `patience`, or than the request has left. Given up, it is closed:
    what would come at last is the answer to something else.
    """

    patience = 2.0  # seconds

    def wait(self, gen: PQGen[RV], interval: float = 0.1, timeout: float | None = None) -> RV:
        try:
            return super().wait(gen, interval, left(self.patience) if timeout is None else timeout)
        except errors._WaitTimeout:  # noqa: SLF001 - psycopg documents it under this name
            self.close()
            raise errors.OperationalError("The server didn't answer in time.") from None

    @classmethod
    def _connect_gen(cls, conninfo: str = "") -> PQGenConn[Any]:
        """`connect_timeout` is two whole seconds at least, and leaves the socket to the garbage collector: until then a
        server that was frozen would go on with it.
        """
        until = time.monotonic() + left(CONNECTING)
        connecting = super()._connect_gen(conninfo)
        try:
            step = next(connecting)
            while time.monotonic() < until:
                step = connecting.send((yield step))
        except StopIteration as made:
            return made.value
        finally:
            connecting.close()
        raise errors.ConnectionTimeout("The server didn't take a connection in time.")
