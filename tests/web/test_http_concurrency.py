"""Tests for many concurrent HTTP clients, and for a database that another process has locked."""

import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest
from httpx2 import Response
from sqlalchemy import URL

from app.cli import migrate_database
from app.core.db.database import Database
from tests.conftest import Backend, settings_for
from tests.factories.processes.servers import running_server
from tests.factories.services import MemberClient, Service
from tests.factories.writes import write_lock_held

CLIENT_COUNT, REQUESTS_PER_CLIENT = 64, 4
WRITER_COUNT = 12
LONG_TIMEOUT_SECONDS, SHORT_TIMEOUT_SECONDS = 8.0, 0.8  # maximum wait for the database
TOLERANCE_SECONDS = 2.0  # extra time for a busy machine

SendRequest = Callable[[], Response]


@pytest.fixture
def http_service(backend: Backend, sample_template: URL) -> Iterator[Service]:
    url = backend.create(sample_template)
    with running_server(settings_for(url)) as service:
        yield service
    backend.drop(url)


@contextmanager
def sqlite_service(directory: Path, seconds: float) -> Iterator[Service]:
    """Run a server on a new SQLite database, with a maximum wait for the database."""
    database = Database(URL.create("sqlite", database=str(directory / "lake.db")), request_timeout=10)
    migrate_database(database)
    database.close()
    with running_server(settings_for(database.url, database_seconds=seconds)) as service:
        yield service


def rename(member: MemberClient, name: str) -> Response:
    return member.request("PATCH", "/v1/me", {"display_name": name})


def read_name(member: MemberClient) -> str | None:
    response = member.request("GET", "/v1/me")
    assert response.status_code == 200
    name: str | None = response.json()["display_name"]
    return name


def test_mixed_requests_of_64_clients_all_succeed(http_service: Service) -> None:
    members = [http_service.register() for _ in range(8)]

    def send_requests(client_number: int) -> list[int]:
        member = members[client_number % 8]
        requests: list[SendRequest] = [
            lambda: rename(member, f"Bo {client_number}"),
            lambda: member.request("GET", "/v1/me"),
            lambda: http_service.client.get("/v1/assessments", params={"limit": 1 + client_number}),
            lambda: member.request("PUT", "/v1/me/bookmarks/here-now"),
        ]
        return [requests[(client_number + number) % 4]().status_code for number in range(REQUESTS_PER_CLIENT)]

    with ThreadPoolExecutor(CLIENT_COUNT) as pool:
        statuses = Counter(status for results in pool.map(send_requests, range(CLIENT_COUNT)) for status in results)

    bookmark_count = len(members)
    assert statuses == {200: CLIENT_COUNT * REQUESTS_PER_CLIENT - bookmark_count, 201: bookmark_count}


def test_writes_when_briefly_locked_succeed_after_release(tmp_path: Path) -> None:
    with sqlite_service(tmp_path, LONG_TIMEOUT_SECONDS) as service, ThreadPoolExecutor(WRITER_COUNT) as pool:
        members = [service.register() for _ in range(WRITER_COUNT)]
        with write_lock_held(service.database) as connection:
            started_at = time.monotonic()
            futures = [pool.submit(rename, member, "Bo") for member in members]
            time.sleep(0.5)
            finished_while_locked = any(future.done() for future in futures)
            connection.execute("ROLLBACK")
        statuses = [future.result().status_code for future in futures]

        assert not finished_while_locked
        assert statuses == [200] * WRITER_COUNT
        assert [read_name(member) for member in members] == ["Bo"] * WRITER_COUNT
        assert time.monotonic() - started_at < LONG_TIMEOUT_SECONDS


def test_writes_when_locked_return_503_while_reads_succeed(tmp_path: Path) -> None:
    with sqlite_service(tmp_path, SHORT_TIMEOUT_SECONDS) as service, ThreadPoolExecutor(WRITER_COUNT) as pool:
        members = [service.register() for _ in range(WRITER_COUNT)]
        with write_lock_held(service.database):
            started_at = time.monotonic()
            futures = [pool.submit(rename, member, "Bo") for member in members]
            names = [read_name(member) for member in members]
            responses = [future.result() for future in futures]
            duration = time.monotonic() - started_at

        assert names == [None] * WRITER_COUNT
        assert [response.status_code for response in responses] == [503] * WRITER_COUNT
        assert [response.json()["code"] for response in responses] == ["unavailable"] * WRITER_COUNT
        assert SHORT_TIMEOUT_SECONDS * 0.5 < duration < SHORT_TIMEOUT_SECONDS + TOLERANCE_SECONDS


def test_write_rejected_with_503_is_never_committed(tmp_path: Path) -> None:
    with sqlite_service(tmp_path, SHORT_TIMEOUT_SECONDS) as service:
        member, connection = service.register(), service.register()
        with write_lock_held(service.database):
            rejected = rename(member, "Too late")

        written = rename(connection, "Bo")

        assert (rejected.status_code, written.status_code) == (503, 200)
        assert (read_name(member), read_name(connection)) == (None, "Bo")
