"""Tests for `twentyone doctor`: checks that apply only to PostgreSQL."""

from collections.abc import Iterator

import psycopg
import pytest
from sqlalchemy import URL, create_engine

from app.doctor.postgresql import DURABILITY_SETTINGS, check_connections
from tests.conftest import PostgresqlBackend
from tests.doctor.conftest import RunDoctor


@pytest.fixture
def url(postgresql: URL) -> Iterator[URL]:
    """Create an empty PostgreSQL database."""
    backend = PostgresqlBackend(postgresql)
    url = backend.create()
    yield url
    backend.drop(url)


def run(url: URL, *statements: str) -> None:
    address = url.set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(address, autocommit=True) as connection:
        for statement in statements:
            connection.execute(statement)


def test_durability_when_disabled_reports_errors(run_doctor: RunDoctor, url: URL) -> None:
    report = run_doctor(url)

    assert report.durability_errors == [
        f"{name} is off: a crash can lose committed data" for name in DURABILITY_SETTINGS
    ]
    assert report.exit_code == 1


def test_connections_when_too_few_reports_error(run_doctor: RunDoctor, url: URL) -> None:
    assert "connections" not in run_doctor(url, "--workers", "2").errors
    assert "1000 needed (100 x 10)" in run_doctor(url, "--workers", "100").errors["connections"]


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
    superuser, owner = run_doctor(url), run_doctor(url.set(username=name))
    run(url, f"REVOKE ALL ON SCHEMA public FROM {name}")
    run(postgresql, f"DROP ROLE {name}")

    assert superuser.warnings["PostgreSQL"] == "the service connects as a superuser"
    assert "PostgreSQL" not in owner.warnings
    assert owner.errors.keys() == {"tables"}
