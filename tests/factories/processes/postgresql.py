"""The suite's PostgreSQL as it is to be run, for a while."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from sqlalchemy import URL

from app.doctor.postgresql import DURABLE

PATIENCE = 10.0  # seconds for the server to take over what was set


@contextmanager
def durable(server: URL) -> Iterator[None]:
    _set_all(server, "on")
    try:
        yield
    finally:
        _set_all(server, "off")


def _set_all(server: URL, value: str) -> None:
    address = server.set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(address, autocommit=True) as connection:
        for name in DURABLE:
            connection.execute(f"ALTER SYSTEM SET {name} = {value}")
        connection.execute("SELECT pg_reload_conf()")
    give_up = time.monotonic() + PATIENCE
    while time.monotonic() < give_up:
        with psycopg.connect(address) as connection:
            if all(connection.execute(f"SHOW {name}").fetchone() == (value,) for name in DURABLE):
                return
        time.sleep(0.01)
    raise TimeoutError(f"{DURABLE} aren't {value}")
