"""What only a PostgreSQL server can have wrong."""

from collections.abc import Iterator

import psycopg
import pytest
from sqlalchemy import URL, create_engine

from app.doctor.postgresql import DURABLE, look_at_connections
from tests.conftest import PostgreSql
from tests.doctor.conftest import Examine


@pytest.fixture
def url(postgresql: URL) -> Iterator[URL]:
    """An empty database."""
    backend = PostgreSql(postgresql)
    url = backend.create()
    yield url
    backend.drop(url)


def run(url: URL, *statements: str) -> None:
    address = url.set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(address, autocommit=True) as connection:
        for statement in statements:
            connection.execute(statement)


def test_a_server_that_may_lose_what_it_acknowledged_is_wrong(examine: Examine, url: URL) -> None:
    report = examine(url)

    assert report.durability == [f"{name} is off: what was acknowledged can be lost" for name in DURABLE]
    assert report.exit_code == 1


def test_more_processes_than_there_are_connections_for_are_wrong(examine: Examine, url: URL) -> None:
    assert "connections" not in examine(url, "--workers", "2").wrong
    assert "1000 are needed for 100 x 10" in examine(url, "--workers", "100").wrong["connections"]


def test_connections_whose_limits_were_dropped_on_the_way_are_wrong(url: URL) -> None:
    engine = create_engine(url)  # as a pooler might hand one on
    with engine.connect() as connection:
        looked = list(look_at_connections(connection, pool_size=10, workers=1, patience=2))
    engine.dispose()

    found = [each.found for each in looked if each.state == "wrong"]
    assert {"statement_timeout is 0", "lock_timeout is 0"} <= set(found)


def test_what_an_interrupted_migration_left_is_wrong(examine: Examine, url: URL) -> None:
    run(url, "CREATE TABLE twice (id int)", "INSERT INTO twice VALUES (1), (1)")
    with pytest.raises(psycopg.errors.UniqueViolation):
        run(url, "CREATE UNIQUE INDEX CONCURRENTLY left_behind ON twice (id)")

    assert examine(url).wrong["integrity"] == "left_behind is invalid: its making was interrupted"


def test_a_role_that_is_no_superuser_is_good(examine: Examine, url: URL, postgresql: URL) -> None:
    name = f"role_{url.database}"
    run(postgresql, f"CREATE ROLE {name} LOGIN")
    run(url, f"GRANT ALL ON SCHEMA public TO {name}")
    superuser, owner = examine(url), examine(url.set(username=name))
    run(url, f"REVOKE ALL ON SCHEMA public FROM {name}")
    run(postgresql, f"DROP ROLE {name}")

    assert superuser.to_look_at["PostgreSQL"] == "the service is its superuser"
    assert "PostgreSQL" not in owner.to_look_at
    assert owner.wrong == {"tables": "at none"}
