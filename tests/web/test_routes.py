"""How a route runs its endpoint: in a thread, on a session, with what dependencies set on the reply."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from typing import Annotated, Any

import pytest
import structlog
from fastapi import Depends, FastAPI, Query, Response
from sqlalchemy import URL, event
from starlette.testclient import TestClient

from app.accounts.services import AccountServices
from app.main import create_app
from app.web.dependencies import ReadSession, SeparateTransactions
from app.web.routes import PartOfState, api_router
from tests.conftest import settings_for
from tests.factories.addresses import closed_address
from tests.factories.services import Service, client_of

log = structlog.get_logger("test.routes")
router = api_router("/routes", tag="Test")


async def set_header(response: Response) -> None:
    response.headers["X-Dependency"] = "set"
    response.set_cookie("one", "1")


@dataclass(frozen=True, slots=True)
class Seen:
    value: str


@router.get("/reply", dependencies=[Depends(set_header)])
def set_on_reply(session: ReadSession, response: Response, status: Annotated[int, Query()] = 202) -> Seen:
    response.headers["X-Endpoint"] = "set"
    response.set_cookie("two", "2")
    response.status_code = status
    return Seen("a reply")


@router.get("/unnamed", dependencies=[Depends(set_header)], status_code=HTTPStatus.ACCEPTED)
def take_no_response(session: ReadSession) -> Seen:
    return Seen("a reply")


@router.delete("/nothing", dependencies=[Depends(set_header)], status_code=HTTPStatus.NO_CONTENT)
def answer_nothing(session: ReadSession) -> None:
    """Nothing."""


@router.get("/stop")
def stop(session: ReadSession) -> Seen:
    return next(iter(()))


@router.get("/stop-apart")
def stop_apart(transactions: SeparateTransactions) -> Seen:
    return next(iter(()))


@router.get("/logged")
def write_log_line(session: ReadSession) -> Seen:
    log.warning("from_endpoint")
    return Seen(threading.current_thread().name)


@router.get("/services")
def read_services(session: ReadSession, services: Annotated[Any, PartOfState("accounts")]) -> Seen:
    return Seen(f"{type(services).__name__} {id(services)}")


@pytest.fixture(scope="module")
def app() -> FastAPI:
    """Without a database."""
    app = create_app(settings_for(closed_address()))
    app.router.routes.extend(router.routes)
    return app


@pytest.fixture(scope="module")
def client(app: FastAPI) -> TestClient:
    return client_of(app)


def test_headers_of_a_dependency_and_of_the_endpoint_reach_the_client(client: TestClient) -> None:
    reply = client.get("/v1/routes/reply")

    assert (reply.headers["X-Dependency"], reply.headers["X-Endpoint"]) == ("set", "set")
    assert [each.split(";")[0] for each in reply.headers.get_list("Set-Cookie")] == ["one=1", "two=2"]
    assert reply.json() == {"value": "a reply"}


def test_the_status_that_the_endpoint_sets_reaches_the_client(client: TestClient) -> None:
    assert client.get("/v1/routes/reply?status=207").status_code == 207


def test_an_endpoint_without_a_response_keeps_its_status_and_dependencies_headers(client: TestClient) -> None:
    reply = client.get("/v1/routes/unnamed")

    assert (reply.status_code, reply.headers["X-Dependency"]) == (202, "set")
    assert reply.headers["Content-Type"] == "application/json"


def test_a_reply_without_content_has_headers_and_no_type(client: TestClient) -> None:
    reply = client.delete("/v1/routes/nothing")

    assert (reply.status_code, reply.content, reply.headers["X-Dependency"]) == (204, b"", "set")
    assert "Content-Type" not in reply.headers


@pytest.mark.parametrize("path", ["/v1/routes/stop", "/v1/routes/stop-apart"])
def test_a_stop_iteration_of_an_endpoint_is_answered_500(client: TestClient, path: str) -> None:
    """An endless wait would end as a 503."""
    reply = client.get(path)

    assert (reply.status_code, reply.json()["code"]) == (500, "internal_error")


def test_log_lines_of_the_endpoint_s_thread_name_the_request(
    client: TestClient, capsys: pytest.CaptureFixture[str]
) -> None:
    reply = client.get("/v1/routes/logged", headers={"X-Request-ID": "request-1234"})

    lines = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    assert [line["request_id"] for line in lines if line["event"] == "from_endpoint"] == ["request-1234"]
    assert reply.json()["value"].startswith("requests")  # the name of its thread


def test_a_part_of_the_state_is_what_create_app_built(app: FastAPI, client: TestClient) -> None:
    built = app.state.services.accounts

    assert isinstance(built, AccountServices)
    assert client.get("/v1/routes/services").json() == {"value": f"AccountServices {id(built)}"}


def test_an_endpoint_without_a_session_is_refused_when_it_is_defined() -> None:
    def endpoint(number: int) -> Seen:
        return Seen(str(number))

    with pytest.raises(TypeError, match="session"):
        api_router(tag="Test").get("/{number}")(endpoint)


def test_head_is_answered_as_get_without_the_body(client: TestClient) -> None:
    head, get = client.head("/v1/routes/reply"), client.get("/v1/routes/reply")

    assert (head.status_code, head.content) == (get.status_code, b"")
    for name in ("Content-Length", "Content-Type", "X-Endpoint", "X-Dependency"):
        assert head.headers[name] == get.headers[name]


def test_head_where_there_is_no_get_is_405(client: TestClient) -> None:
    assert client.head("/v1/routes/nothing").status_code == 405


@pytest.mark.parametrize(("path", "allowed"), [("reply", "GET, HEAD, OPTIONS"), ("nothing", "DELETE, OPTIONS")])
def test_options_runs_no_endpoint_and_names_the_methods(client: TestClient, path: str, allowed: str) -> None:
    reply = client.options(f"/v1/routes/{path}")

    assert (reply.status_code, reply.headers["Allow"], reply.content) == (204, allowed, b"")
    assert "X-Dependency" not in reply.headers


@contextmanager
def connections(service: Service) -> Iterator[list[object]]:
    """Those that its requests take from the pools."""
    taken: list[object] = []
    database = service.app.state.services.web.database

    def note(connection: object, *_: object) -> None:
        taken.append(connection)

    pools = {database.reads.pool, database.writes.pool}
    for pool in pools:
        event.listen(pool, "checkout", note)
    yield taken
    for pool in pools:
        event.remove(pool, "checkout", note)


@pytest.mark.parametrize(
    ("path", "body", "is_used"),
    [
        ("/v1/me", {"display_name": "Bo"}, True),
        ("/v1/me", {"display_name": 7}, False),
        ("/v1/me?verbose=1", {"display_name": "Bo"}, False),
        ("/v1/me/journeys/current/days/99", {"completed": True}, False),
    ],
)
def test_a_request_that_is_invalid_takes_no_connection(
    database_url: URL, path: str, body: dict[str, Any], *, is_used: bool
) -> None:
    """Without background work, which reads as well."""
    service = Service.of(settings_for(database_url))
    person = service.register()

    with connections(service) as taken:
        reply = person.ask("PATCH", path, body)

    assert (reply.status_code, bool(taken)) == ((200, True) if is_used else (422, False))
    service.app.state.services.web.database.close()
    service.database.close()
