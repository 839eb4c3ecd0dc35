"""Tests for concurrent writes over HTTP: responses follow their commit, and failed requests don't affect others."""

import socket
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Any

import pytest
from fastapi import Query
from httpx2 import Response
from sqlalchemy import URL, text

from app.core.db.session import Session
from app.web.dependencies import SeparateTransactions, WriteSession
from app.web.routes import api_router
from tests.conftest import Backend, settings_for
from tests.factories.processes.servers import running_server
from tests.factories.services import Service
from tests.factories.writes import CommittingRejection, Rejection, insert_release, stored_release_ids, write_lock_held
from tests.web.conftest import RunSqliteServer

TIMEOUT_SECONDS = 10.0  # generous, because the machine may be busy
PROBLEM_TYPE = "application/problem+json"


class Outcome(StrEnum):
    """The way in which a request ends after its write."""

    SUCCESS = "success"
    ERROR = "error"
    ERROR_WITH_COMMIT = "error_with_commit"
    UNHANDLED_ERROR = "unhandled_error"
    INVALID_RESPONSE = "invalid_response"
    FAILED_COMMIT = "failed_commit"


@dataclass(frozen=True, slots=True)
class Number:
    number: int


OutcomeQuery = Annotated[Outcome, Query()]
router = api_router("/numbers", tag="Test")


@router.post("/{number}", status_code=201)
def add_number(number: int, session: WriteSession, outcome: OutcomeQuery = Outcome.SUCCESS) -> Number:
    insert_release(number)(session)
    return finish(session, number, outcome)


@router.put("/{number}", status_code=201)
def add_number_in_transaction(
    number: int, transactions: SeparateTransactions, outcome: OutcomeQuery = Outcome.SUCCESS
) -> Number:
    with transactions.begin() as session:
        insert_release(number)(session)
        return finish(session, number, outcome)


def finish(session: Session, number: int, outcome: Outcome) -> Number:
    match outcome:
        case Outcome.ERROR:
            raise Rejection
        case Outcome.ERROR_WITH_COMMIT:
            raise CommittingRejection
        case Outcome.UNHANDLED_ERROR:
            raise RuntimeError("canary")
        case Outcome.INVALID_RESPONSE:
            return Number("canary")  # type: ignore[arg-type]
        case Outcome.FAILED_COMMIT:
            fail_commit(session)
    return Number(number)


def fail_commit(session: Session) -> None:
    """Make the commit fail, by a foreign key (SQLite) or a simulated full disk (PostgreSQL)."""
    if session.dialect == "sqlite":
        session.execute(text("PRAGMA defer_foreign_keys = ON"))
        session.execute(text("INSERT INTO member_keys (member_id, key_id, wrapped) VALUES ('nobody', '-', x'00')"))
        return
    session.connection.exec_driver_sql(
        """
        CREATE TEMPORARY TABLE doomed (id int) ON COMMIT DROP;
        CREATE FUNCTION pg_temp.fail() RETURNS trigger LANGUAGE plpgsql
            AS $$ BEGIN RAISE 'full' USING ERRCODE = 'disk_full'; END $$;
        CREATE CONSTRAINT TRIGGER late AFTER INSERT ON doomed DEFERRABLE INITIALLY DEFERRED
            FOR EACH ROW EXECUTE FUNCTION pg_temp.fail();
        INSERT INTO doomed VALUES (1);
        """
    )


@pytest.fixture(autouse=True)
def fixed_batch_window(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let group commit wait long enough for all requests to share one commit."""
    monkeypatch.setattr("app.core.db.group_commit.BATCH_WINDOW_SECONDS", 30.0)


@pytest.fixture
def service(backend: Backend, empty_template: URL) -> Iterator[Service]:
    url = backend.create(empty_template)
    with running_server(settings_for(url, database_seconds=20), router) as service:
        yield service
    backend.drop(url)


def post(service: Service, number: int, outcome: Outcome = Outcome.SUCCESS, method: str = "POST") -> Response:
    return service.client.request(method, f"/v1/numbers/{number}", params={"outcome": outcome})


def wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + TIMEOUT_SECONDS
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.005)


@contextmanager
def locked(service: Service) -> Iterator[Callable[[], object]]:
    """Block all other writes. Yield a function that releases the lock."""
    if service.database.url.get_backend_name() == "sqlite":
        with write_lock_held(service.database) as locking_connection:
            yield lambda: locking_connection.execute("ROLLBACK")
        return
    with service.database.reads.connect() as connection:
        connection.exec_driver_sql("BEGIN; LOCK TABLE content_releases IN SHARE MODE")
        yield lambda: connection.exec_driver_sql("ROLLBACK")


def send_concurrently(service: Service, outcomes: Sequence[Outcome], method: str = "POST") -> list[Response]:
    """Send concurrent requests that all wait for the same database lock. Return their responses."""
    with ThreadPoolExecutor(len(outcomes)) as pool:
        with locked(service) as release:
            futures = [pool.submit(post, service, number, outcome, method) for number, outcome in enumerate(outcomes)]
            wait_until(lambda: slots_in_use(service) == len(outcomes))
            release()
        return [future.result() for future in futures]


def slots_in_use(service: Service) -> int:
    """Return how many slots for database and password work are in use."""
    database = service.app.state.services.web.database
    return sum(slots.used for slots in {database.requests.write_slots, database.password_slots})


def statuses(responses: Sequence[Response]) -> list[int]:
    return [response.status_code for response in responses]


@pytest.mark.parametrize("method", ["POST", "PUT"])
def test_failed_requests_roll_back_only_their_own_writes(service: Service, method: str) -> None:
    failures = {0: Outcome.ERROR, 5: Outcome.UNHANDLED_ERROR}

    responses = send_concurrently(service, [failures.get(number, Outcome.SUCCESS) for number in range(10)], method)

    assert statuses(responses) == [409, *[201] * 4, 500, *[201] * 4]
    assert stored_release_ids(service.database) == [number for number in range(10) if number not in failures]


def test_failed_commit_returns_503_and_stores_nothing(service: Service) -> None:
    for number, method in enumerate(("POST", "PUT")):
        response = post(service, 10, Outcome.FAILED_COMMIT, method)

        assert (response.status_code, response.json()["code"]) == (503, "unavailable"), method
        assert post(service, number, method=method).status_code == 201
    assert stored_release_ids(service.database) == [0, 1]


def test_failed_group_commit_returns_503_to_all_requests(service: Service) -> None:
    """PostgreSQL doesn't combine commits, so only the failed request returns 503."""
    is_shared = service.database.url.get_backend_name() == "sqlite"

    responses = send_concurrently(service, [Outcome.SUCCESS, Outcome.FAILED_COMMIT, Outcome.SUCCESS])

    assert statuses(responses) == ([503, 503, 503] if is_shared else [201, 503, 201])
    assert stored_release_ids(service.database) == ([] if is_shared else [0, 2])


@pytest.mark.parametrize("method", ["POST", "PUT"])
def test_error_that_commits_writes_is_sent_after_commit(service: Service, method: str) -> None:
    responses = send_concurrently(service, [Outcome.ERROR_WITH_COMMIT, Outcome.SUCCESS, Outcome.ERROR], method)

    assert statuses(responses) == [409, 201, 409]
    assert stored_release_ids(service.database) == [0, 1]


def test_error_that_commits_writes_is_503_if_commit_fails(run_sqlite_server: RunSqliteServer) -> None:
    with run_sqlite_server(router, seconds=20) as service:
        responses = send_concurrently(service, [Outcome.ERROR_WITH_COMMIT, Outcome.FAILED_COMMIT, Outcome.ERROR])

        assert statuses(responses) == [503, 503, 409]
        assert stored_release_ids(service.database) == []


def test_invalid_response_returns_500_and_stores_nothing(service: Service) -> None:
    response = post(service, 1, Outcome.INVALID_RESPONSE)

    assert (response.status_code, response.headers["content-type"]) == (500, PROBLEM_TYPE)
    assert "canary" not in response.text
    assert stored_release_ids(service.database) == []


def test_disconnecting_clients_do_not_affect_other_writes(service: Service) -> None:
    with ThreadPoolExecutor(6) as pool:
        with locked(service) as release:
            disconnecting = [open_request(service, number) for number in (100, 101, 102)]
            futures = [pool.submit(post, service, number) for number in range(6)]
            wait_until(lambda: slots_in_use(service) == 9)
            for connection in disconnecting:
                connection.close()
            time.sleep(0.05)  # time for the server to detect the closed connections
            release()
        responses = [future.result() for future in futures]

    assert statuses(responses) == [201] * 6
    wait_until(lambda: slots_in_use(service) == 0)
    assert {0, 1, 2, 3, 4, 5} <= set(stored_release_ids(service.database)) <= {0, 1, 2, 3, 4, 5, 100, 101, 102}
    assert service.app.state.services.web.database.writes.pool.checkedout() == 0


def open_request(service: Service, number: int) -> socket.socket:
    """Send a request and return its open connection."""
    address: Any = service.client.base_url
    connection = socket.create_connection((address.host, address.port))
    connection.sendall(b"POST /v1/numbers/%d HTTP/1.1\r\nHost: api.test\r\nContent-Length: 0\r\n\r\n" % number)
    return connection
