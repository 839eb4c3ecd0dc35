"""Tests for the route class: threads, database sessions, and headers set by endpoints and dependencies."""

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
from sqlalchemy import event
from starlette.testclient import TestClient

from app.accounts.services import AccountServices
from app.main import create_app
from app.web.dependencies import ReadSession, SeparateTransactions
from app.web.routes import FromState, api_router
from tests.conftest import settings_for
from tests.factories.addresses import unreachable_database_url
from tests.factories.services import Service, make_client

log = structlog.get_logger("test.routes")
router = api_router("/routes", tag="Test")


async def set_header(response: Response) -> None:
    response.headers["X-Dependency"] = "set"
    response.set_cookie("one", "1")


@dataclass(frozen=True, slots=True)
class Payload:
    value: str


@router.get("/reply", dependencies=[Depends(set_header)])
def set_headers_and_status(session: ReadSession, response: Response, status: Annotated[int, Query()] = 202) -> Payload:
    response.headers["X-Endpoint"] = "set"
    response.set_cookie("two", "2")
    response.status_code = status
    return Payload("a reply")


@router.get("/unnamed", dependencies=[Depends(set_header)], status_code=HTTPStatus.ACCEPTED)
def take_no_response(session: ReadSession) -> Payload:
    return Payload("a reply")


@router.delete("/nothing", dependencies=[Depends(set_header)], status_code=HTTPStatus.NO_CONTENT)
def return_nothing(session: ReadSession) -> None:
    """Return no content."""


@router.get("/stop")
def raise_stop_iteration(session: ReadSession) -> Payload:
    return next(iter(()))


@router.get("/stop-apart")
def raise_stop_iteration_in_transactions(transactions: SeparateTransactions) -> Payload:
    return next(iter(()))


@router.get("/logged")
def write_log_line(session: ReadSession) -> Payload:
    log.warning("from_endpoint")
    return Payload(threading.current_thread().name)


@router.get("/services")
def read_services(session: ReadSession, services: Annotated[Any, FromState("accounts")]) -> Payload:
    return Payload(f"{type(services).__name__} {id(services)}")


@pytest.fixture(scope="module")
def app() -> FastAPI:
    """Create an app without a database."""
    app = create_app(settings_for(unreachable_database_url()))
    app.router.routes.extend(router.routes)
    return app


@pytest.fixture(scope="module")
def client(app: FastAPI) -> TestClient:
    return make_client(app)


def test_headers_of_dependency_and_endpoint_are_sent(client: TestClient) -> None:
    response = client.get("/v1/routes/reply?status=207")

    assert (response.headers["X-Dependency"], response.headers["X-Endpoint"]) == ("set", "set")
    assert [cookie.split(";")[0] for cookie in response.headers.get_list("Set-Cookie")] == ["one=1", "two=2"]
    assert (response.status_code, response.json()) == (207, {"value": "a reply"})


def test_endpoint_without_response_parameter_sends_status_and_headers(client: TestClient) -> None:
    named, nothing = client.get("/v1/routes/unnamed"), client.delete("/v1/routes/nothing")

    assert (named.status_code, named.headers["X-Dependency"]) == (202, "set")
    assert named.headers["Content-Type"] == "application/json"
    assert (nothing.status_code, nothing.content, nothing.headers["X-Dependency"]) == (204, b"", "set")
    assert "Content-Type" not in nothing.headers


def test_stop_iteration_in_endpoint_returns_500(client: TestClient) -> None:
    """StopIteration must be converted to another error, otherwise the request would wait until it times out."""
    for path in ("/v1/routes/stop", "/v1/routes/stop-apart"):
        response = client.get(path)

        assert (response.status_code, response.json()["code"]) == (500, "internal_error"), path


def test_log_lines_of_endpoint_thread_have_request_id(client: TestClient, capsys: pytest.CaptureFixture[str]) -> None:
    response = client.get("/v1/routes/logged", headers={"X-Request-ID": "request-1234"})

    lines = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    assert [line["request_id"] for line in lines if line["event"] == "from_endpoint"] == ["request-1234"]
    assert response.json()["value"].startswith("requests")  # named after the thread pool


def test_from_state_passes_service_of_app_state(app: FastAPI, client: TestClient) -> None:
    accounts = app.state.services.accounts

    assert isinstance(accounts, AccountServices)
    assert client.get("/v1/routes/services").json() == {"value": f"AccountServices {id(accounts)}"}


def test_endpoint_without_session_raises_type_error() -> None:
    def endpoint(number: int) -> Payload:
        return Payload(str(number))

    with pytest.raises(TypeError, match="session"):
        api_router(tag="Test").get("/{number}")(endpoint)


def test_head_returns_get_response_without_body(client: TestClient) -> None:
    head, get = client.head("/v1/routes/reply"), client.get("/v1/routes/reply")

    assert (head.status_code, head.content) == (get.status_code, b"")
    for name in ("Content-Length", "Content-Type", "X-Endpoint", "X-Dependency"):
        assert head.headers[name] == get.headers[name]


def test_head_without_get_endpoint_returns_405(client: TestClient) -> None:
    assert client.head("/v1/routes/nothing").status_code == 405


def test_options_lists_methods_without_running_endpoint(client: TestClient) -> None:
    for path, allowed in {"reply": "GET, HEAD, OPTIONS", "nothing": "DELETE, OPTIONS"}.items():
        response = client.options(f"/v1/routes/{path}")

        assert (response.status_code, response.headers["Allow"], response.content) == (204, allowed, b"")
        assert "X-Dependency" not in response.headers


@contextmanager
def record_connections(service: Service) -> Iterator[list[object]]:
    """Record the connections that requests take from the connection pools."""
    checked_out: list[object] = []
    database = service.app.state.services.web.database

    def record(connection: object, *_: object) -> None:
        checked_out.append(connection)

    pools = {database.reads.pool, database.writes.pool}
    for pool in pools:
        event.listen(pool, "checkout", record)
    yield checked_out
    for pool in pools:
        event.remove(pool, "checkout", record)


def test_invalid_request_uses_no_database_connection(service: Service) -> None:
    """The service runs no background tasks, because they also use connections."""
    member = service.register()

    for path, body, is_valid in (
        ("/v1/me", {"display_name": "Bo"}, True),
        ("/v1/me", {"display_name": 7}, False),
        ("/v1/me?verbose=1", {"display_name": "Bo"}, False),
        ("/v1/me/journeys/current/days/99", {"completed": True}, False),
    ):
        with record_connections(service) as checked_out:
            response = member.request("PATCH", path, body)

        assert (response.status_code, bool(checked_out)) == ((200, True) if is_valid else (422, False)), path
