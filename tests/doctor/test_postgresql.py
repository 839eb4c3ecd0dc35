"""Tests for `twentyone doctor`: checks that apply only to PostgreSQL."""

import time
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from sqlalchemy import URL, create_engine

from app.doctor.postgresql import DURABILITY_SETTINGS, check_connections
from tests.conftest import Backend
from tests.doctor.conftest import RunDoctor

RELOAD_TIMEOUT_SECONDS = 10.0  # maximum wait until the server applies changed settings
pytestmark = pytest.mark.parametrize("backend", ["postgresql"], indirect=True)


@pytest.fixture
def url(backend: Backend) -> Iterator[URL]:
    """Create a database without tables."""
    url = backend.create()
    yield url
    backend.drop(url)


def connect(url: URL) -> psycopg.Connection[Any]:
    address = url.set(drivername="postgresql").render_as_string(hide_password=False)
    return psycopg.connect(address, autocommit=True)


def run(url: URL, *statements: str) -> None:
    with connect(url) as connection:
        for statement in statements:
            connection.execute(statement)


def set_durability(url: URL, value: str) -> None:
    """Change the durability settings of the server, and wait until they apply to new connections."""
    run(url, *(f"ALTER SYSTEM SET {name} = {value}" for name in DURABILITY_SETTINGS), "SELECT pg_reload_conf()")
    deadline = time.monotonic() + RELOAD_TIMEOUT_SECONDS
    while not has_durability(url, value):
        assert time.monotonic() < deadline
        time.sleep(0.01)


def has_durability(url: URL, value: str) -> bool:
    with connect(url) as connection:
        return all(connection.execute(f"SHOW {name}").fetchone() == (value,) for name in DURABILITY_SETTINGS)


def test_durability_when_enabled_reports_ok(run_doctor: RunDoctor, url: URL) -> None:
    set_durability(url, "on")
    try:
        report = run_doctor(url)
    finally:
        set_durability(url, "off")

    assert report.all_details("durability", "error") == []
    assert report.all_details("durability", "ok") == ["fsync, synchronous_commit, full_page_writes are on"]


def test_doctor_when_server_is_unsafe_or_too_small_reports_errors(run_doctor: RunDoctor, url: URL) -> None:
    report = run_doctor(url, "--workers", "100")

    assert report.all_details("durability", "error") == [
        f"{name} is off: a crash can lose committed data" for name in DURABILITY_SETTINGS
    ]
    assert "1000 needed (100 x 10)" in report.errors["connections"]
    assert report.exit_code == 1


def test_connections_when_timeouts_are_not_set_reports_errors(url: URL) -> None:
    engine = create_engine(url)  # without the app's settings, as behind a connection pooler that drops them
    with engine.connect() as connection:
        findings = list(check_connections(connection, pool_size=10, workers=1, timeout_seconds=2))
    engine.dispose()

    errors = {finding.detail for finding in findings if finding.state == "error"}
    assert {"statement_timeout is 0", "lock_timeout is 0"} <= errors


def test_integrity_when_index_is_invalid_reports_error(run_doctor: RunDoctor, url: URL) -> None:
    run(url, "CREATE TABLE twice (id int)", "INSERT INTO twice VALUES (1), (1)")
    with pytest.raises(psycopg.errors.UniqueViolation):
        run(url, "CREATE UNIQUE INDEX CONCURRENTLY left_behind ON twice (id)")

    assert run_doctor(url).errors["integrity"] == "left_behind is invalid: its creation was interrupted"


def test_server_when_role_is_superuser_reports_warning(run_doctor: RunDoctor, url: URL, postgresql: URL) -> None:
    name = f"role_{url.database}"
    run(postgresql, f"CREATE ROLE {name} LOGIN")
    run(url, f"GRANT ALL ON SCHEMA public TO {name}")
    superuser, owner = run_doctor(url), run_doctor(url.set(username=name), "--workers", "2")
    run(url, f"REVOKE ALL ON SCHEMA public FROM {name}")
    run(postgresql, f"DROP ROLE {name}")

    assert superuser.warnings["PostgreSQL"] == "the service connects as a superuser"
    assert "PostgreSQL" not in owner.warnings
    assert "20 needed (2 x 10)" in owner.all_details("connections", "ok")[-1]
    assert owner.errors.keys() == {"tables"}
