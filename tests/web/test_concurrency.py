"""Tests for many concurrent clients, locked databases, and limited password hashing."""

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from httpx2 import Response
from sqlalchemy import URL
from sqlalchemy.exc import OperationalError

from app.core.errors import Unavailable
from app.web.rate_limits import PasswordCapacity
from tests.conftest import Backend, settings_for
from tests.factories.processes.servers import running_server
from tests.factories.services import MemberClient, Service
from tests.factories.writes import write_lock_held
from tests.web.conftest import RunSqliteServer

CLIENT_COUNT, REQUESTS_PER_CLIENT = 64, 4  # more clients than threads and database connections
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


def test_writes_when_briefly_locked_succeed_after_release(run_sqlite_server: RunSqliteServer) -> None:
    with run_sqlite_server(seconds=LONG_TIMEOUT_SECONDS) as service, ThreadPoolExecutor(WRITER_COUNT) as pool:
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


def test_writes_when_locked_return_503_while_reads_succeed(run_sqlite_server: RunSqliteServer) -> None:
    with run_sqlite_server(seconds=SHORT_TIMEOUT_SECONDS) as service, ThreadPoolExecutor(WRITER_COUNT) as pool:
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
        assert rename(members[0], "Bo again").status_code == 200  # rejected writes are not committed with a later one
        assert [read_name(member) for member in members] == ["Bo again", *[None] * (WRITER_COUNT - 1)]


def test_password_capacity_when_database_fails_rejects_waiting_requests() -> None:
    capacity = PasswordCapacity(max_concurrent=1, max_waiting=10)
    started: list[str] = []

    async def use_slot(name: str) -> None:
        async with capacity.slot():
            started.append(name)
            await asyncio.sleep(0.01)
            if name == "first":
                raise OperationalError("SELECT 1", None, Exception("gone"))

    async def run_concurrently() -> list[BaseException | None]:
        outcomes = await asyncio.gather(*map(use_slot, ("first", "second", "third")), return_exceptions=True)
        await use_slot("later")
        return outcomes

    outcomes = asyncio.run(run_concurrently())

    assert [type(outcome) for outcome in outcomes] == [OperationalError, Unavailable, Unavailable]
    assert started == ["first", "later"]
