"""Requests that write at the same time, over HTTP: each is answered after its commit, and fails by itself."""

import socket
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import pytest
from fastapi import Query
from httpx2 import Response
from sqlalchemy import URL, text

from app.cli import migrate_database
from app.core.db.database import Database
from app.core.db.session import Session
from app.web.dependencies import SeparateTransactions, WriteSession
from app.web.routes import api_router
from tests.conftest import Backend, settings_for
from tests.factories.processes.servers import served
from tests.factories.services import Service
from tests.factories.writes import KeptRefusal, Refusal, add, held, stored

SOON = 10.0  # seconds in which a busy machine does what takes it a few milliseconds
PROBLEM = "application/problem+json"


class Ending(StrEnum):
    """How a request ends after it wrote."""

    ANSWERED = "answered"
    REFUSED = "refused"
    REFUSED_AND_KEPT = "refused_and_kept"
    FAULTY = "faulty"
    MISSHAPEN = "misshapen"
    NOT_COMMITTED = "not_committed"


@dataclass(frozen=True, slots=True)
class Number:
    number: int


EndingQuery = Annotated[Ending, Query()]
router = api_router("/numbers", tag="Test")


@router.post("/{number}", status_code=201)
def add_number(number: int, session: WriteSession, ending: EndingQuery = Ending.ANSWERED) -> Number:
    add(number)(session)
    return ended(session, number, ending)


@router.put("/{number}", status_code=201)
def add_number_apart(number: int, transactions: SeparateTransactions, ending: EndingQuery = Ending.ANSWERED) -> Number:
    with transactions.begin() as session:
        add(number)(session)
        return ended(session, number, ending)


def ended(session: Session, number: int, ending: Ending) -> Number:
    match ending:
        case Ending.REFUSED:
            raise Refusal
        case Ending.REFUSED_AND_KEPT:
            raise KeptRefusal
        case Ending.FAULTY:
            raise RuntimeError("canary")
        case Ending.MISSHAPEN:
            return Number("canary")  # type: ignore[arg-type]
        case Ending.NOT_COMMITTED:
            fail_commit(session)
    return Number(number)


def fail_commit(session: Session) -> None:
    """Have the commit fail: on SQLite for a foreign key, on PostgreSQL as on a full disk."""
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
def window(monkeypatch: pytest.MonkeyPatch) -> None:
    """However slow the machine is, on SQLite requests that wait together commit together."""
    monkeypatch.setattr("app.core.db.group_commit.WINDOW", 30.0)


@pytest.fixture
def service(backend: Backend, empty: URL) -> Iterator[Service]:
    url = backend.create(empty)
    with served(settings_for(url, database_seconds=20), router) as service:
        yield service
    backend.drop(url)


@pytest.fixture
def lake(tmp_path: Path) -> Iterator[Service]:
    """On SQLite."""
    database = Database(URL.create("sqlite", database=str(tmp_path / "lake.db")), seconds=10)
    migrate_database(database)
    database.close()
    with served(settings_for(database.url, database_seconds=20), router) as service:
        yield service


def post(service: Service, number: int, ending: Ending = Ending.ANSWERED, method: str = "POST") -> Response:
    return service.client.request(method, f"/v1/numbers/{number}", params={"ending": ending})


def wait_until(is_so: Callable[[], bool]) -> None:
    give_up = time.monotonic() + SOON
    while not is_so():
        assert time.monotonic() < give_up
        time.sleep(0.005)


@contextmanager
def locked(service: Service) -> Iterator[Callable[[], object]]:
    """No other connection can write until the lock is released."""
    if service.database.url.get_backend_name() == "sqlite":
        with held(service.database) as other:
            yield lambda: other.execute("ROLLBACK")
        return
    with service.database.reads.connect() as connection:
        connection.exec_driver_sql("BEGIN; LOCK TABLE content_releases IN SHARE MODE")
        yield lambda: connection.exec_driver_sql("ROLLBACK")


def together(service: Service, endings: Sequence[Ending], method: str = "POST") -> list[Response]:
    """The replies to requests that all waited while another one was writing."""
    with ThreadPoolExecutor(len(endings)) as pool:
        with locked(service) as release:
            replies = [pool.submit(post, service, n, ending, method) for n, ending in enumerate(endings)]
            wait_until(lambda: taken(service) == len(endings))
            release()
        return [each.result() for each in replies]


def taken(service: Service) -> int:
    """Places that requests hold."""
    database = service.app.state.services.web.database
    return sum(each.taken for each in {database.requests.writing, database.passwords})


def statuses(replies: Sequence[Response]) -> list[int]:
    return [reply.status_code for reply in replies]


@pytest.mark.parametrize("method", ["POST", "PUT"])
@pytest.mark.parametrize(("ending", "status"), [(Ending.REFUSED, 409), (Ending.FAULTY, 500)])
def test_one_request_in_five_that_fails_after_writing_undoes_only_itself(
    service: Service, method: str, ending: Ending, status: int
) -> None:
    endings = [ending if n % 5 == 0 else Ending.ANSWERED for n in range(10)]

    replies = together(service, endings, method)

    assert statuses(replies) == [201 if n % 5 else status for n in range(10)]
    assert stored(service.database) == [n for n in range(10) if n % 5]


@pytest.mark.parametrize("method", ["POST", "PUT"])
def test_a_commit_that_fails_is_answered_503_and_keeps_nothing(service: Service, method: str) -> None:
    reply = post(service, 1, Ending.NOT_COMMITTED, method)

    assert (reply.status_code, reply.json()["code"]) == (503, "unavailable")
    assert stored(service.database) == []
    assert post(service, 2, method=method).status_code == 201


def test_a_shared_commit_that_fails_is_answered_503_to_all(service: Service) -> None:
    """On PostgreSQL, where none is shared, to the one."""
    is_shared = service.database.url.get_backend_name() == "sqlite"

    replies = together(service, [Ending.ANSWERED, Ending.NOT_COMMITTED, Ending.ANSWERED])

    assert statuses(replies) == ([503, 503, 503] if is_shared else [201, 503, 201])
    assert stored(service.database) == ([] if is_shared else [0, 2])


@pytest.mark.parametrize("method", ["POST", "PUT"])
def test_a_refusal_that_keeps_its_writes_is_answered_after_their_commit(service: Service, method: str) -> None:
    replies = together(service, [Ending.REFUSED_AND_KEPT, Ending.ANSWERED, Ending.REFUSED], method)

    assert statuses(replies) == [409, 201, 409]
    assert stored(service.database) == [0, 1]


def test_a_refusal_that_keeps_its_writes_is_503_if_they_are_not_committed(lake: Service) -> None:
    replies = together(lake, [Ending.REFUSED_AND_KEPT, Ending.NOT_COMMITTED, Ending.REFUSED])

    assert statuses(replies) == [503, 503, 409]
    assert stored(lake.database) == []


def test_a_reply_of_the_wrong_shape_is_a_500_that_shows_nothing_and_writes_nothing(service: Service) -> None:
    reply = post(service, 1, Ending.MISSHAPEN)

    assert (reply.status_code, reply.headers["content-type"]) == (500, PROBLEM)
    assert "canary" not in reply.text
    assert stored(service.database) == []


def test_clients_that_hang_up_while_their_writes_wait_harm_no_other(service: Service) -> None:
    with ThreadPoolExecutor(6) as pool:
        with locked(service) as release:
            leaving = [sent(service, number) for number in (100, 101, 102)]
            staying = [pool.submit(post, service, number) for number in range(6)]
            wait_until(lambda: taken(service) == 9)
            for each in leaving:
                each.close()
            time.sleep(0.05)  # the server notices
            release()
        replies = [each.result() for each in staying]

    assert statuses(replies) == [201] * 6
    wait_until(lambda: taken(service) == 0)
    assert {0, 1, 2, 3, 4, 5} <= set(stored(service.database)) <= {0, 1, 2, 3, 4, 5, 100, 101, 102}
    assert service.app.state.services.web.database.writes.pool.checkedout() == 0


def sent(service: Service, number: int) -> socket.socket:
    """A connection on which a request was sent."""
    address: Any = service.client.base_url
    connection = socket.create_connection((address.host, address.port))
    connection.sendall(b"POST /v1/numbers/%d HTTP/1.1\r\nHost: api.test\r\nContent-Length: 0\r\n\r\n" % number)
    return connection
