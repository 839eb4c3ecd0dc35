"""Test helper that temporarily enables durable commits on the test suite's PostgreSQL server."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from sqlalchemy import URL

from app.doctor.postgresql import DURABILITY_SETTINGS

RELOAD_TIMEOUT_SECONDS = 10.0  # maximum wait until the server applies changed settings


@contextmanager
def durability_enabled(server: URL) -> Iterator[None]:
    _set_durability(server, "on")
    try:
        yield
    finally:
        _set_durability(server, "off")


def _set_durability(server: URL, value: str) -> None:
    connection_url = server.set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(connection_url, autocommit=True) as connection:
        for name in DURABILITY_SETTINGS:
            connection.execute(f"ALTER SYSTEM SET {name} = {value}")
        connection.execute("SELECT pg_reload_conf()")
    deadline = time.monotonic() + RELOAD_TIMEOUT_SECONDS
    while time.monotonic() < deadline:
        with psycopg.connect(connection_url) as connection:
            if all(connection.execute(f"SHOW {name}").fetchone() == (value,) for name in DURABILITY_SETTINGS):
                return
        time.sleep(0.01)
    raise TimeoutError(f"{DURABILITY_SETTINGS} aren't {value}")
