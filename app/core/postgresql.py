"""A connection to PostgreSQL that gives up a server which doesn't answer, be it frozen or cut off."""

from typing import Any

import psycopg
from psycopg import errors
from psycopg.abc import RV, PQGen, PQGenConn

from app.core.patience import left


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
        """`connect_timeout` is two whole seconds at least; a request may have less."""
        connecting = super()._connect_gen(conninfo)
        try:
            step = next(connecting)
            while left(cls.patience):
                step = connecting.send((yield step))
        except StopIteration as made:
            return made.value
        raise errors.ConnectionTimeout("The server didn't take a connection in time.")
