"""Tests for error responses (RFC 9457 problems): their fields and pointers, without values from the request."""

import json

import pytest
from fastapi import FastAPI
from psycopg.errors import ReadOnlySqlTransaction
from pydantic import BaseModel
from sqlalchemy.exc import InternalError, OperationalError
from starlette.testclient import TestClient

from app.main import create_app
from app.web.dependencies import ContentSession
from app.web.routes import api_router
from tests.conftest import settings_for
from tests.factories.addresses import unreachable_database_url
from tests.factories.services import make_client

JSON = "application/json"
PROBLEM_FIELDS = {"type", "title", "status", "detail", "code", "errors"}


class NoteBody(BaseModel):
    text: str
    mood: int


router = api_router(tag="Test")


@router.post("/notes")
def create_note(note: NoteBody, session: ContentSession) -> NoteBody:
    return note


@router.get("/fault")
def fail(session: ContentSession) -> None:
    raise RuntimeError("canary-in-an-exception")


@router.get("/misfit")
def return_invalid_response(session: ContentSession) -> NoteBody:
    return NoteBody.model_construct(text="canary-in-a-reply", mood="canary-of-a-mood")  # type: ignore[arg-type]


@router.get("/away")
def lose_database(session: ContentSession) -> None:
    raise OperationalError("SELECT canary", {}, Exception("canary-of-the-driver"))


@router.get("/standby")
def write_to_read_only_database(session: ContentSession) -> None:
    raise InternalError("UPDATE canary", {}, ReadOnlySqlTransaction("canary-of-the-driver"))


@pytest.fixture(scope="module")
def failing_client() -> TestClient:
    """Return a client of an app without a database, with routes that raise errors."""
    app: FastAPI = create_app(settings_for(unreachable_database_url()))
    app.router.routes.extend(router.routes)
    return make_client(app)


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/nowhere", 404, "not_found"),
        ("GET", "/v1/articles/", 404, "not_found"),
        ("DELETE", "/v1/articles", 405, "method_not_allowed"),
        ("GET", "/v1/fault", 500, "internal_error"),
        ("GET", "/v1/misfit", 500, "internal_error"),
        ("GET", "/v1/away", 503, "unavailable"),
        ("GET", "/v1/standby", 503, "unavailable"),
        ("GET", "/v1/site", 503, "unavailable"),
        ("GET", "/v1/articles?limit=0", 422, "invalid_input"),
    ],
)
def test_errors_are_problem_responses(
    failing_client: TestClient, method: str, path: str, status: int, code: str
) -> None:
    response = failing_client.request(method, path)

    assert (response.status_code, response.headers["content-type"]) == (status, "application/problem+json")
    body = response.json()
    assert set(body) == PROBLEM_FIELDS
    assert (body["status"], body["code"], body["type"]) == (status, code, f"urn:problem-type:twentyone:{code}")
    assert "canary" not in response.text


def test_body_of_json_in_utf_8_is_accepted_without_other_charset(failing_client: TestClient) -> None:
    """Other invalid bodies are tested for every operation in tests/security/test_input.py."""
    for charset, status in (("", 422), ("; charset=utf-8", 422), ("; charset=latin-1", 415)):
        headers = {"Content-Type": f"{JSON}{charset}"}
        response = failing_client.post("/v1/notes", content=b'{"text": "canary", "mood": "x"}', headers=headers)

        assert (response.status_code, "canary" in response.text) == (status, False), charset


def test_invalid_fields_are_listed_as_json_pointers(failing_client: TestClient) -> None:
    response = failing_client.post("/v1/notes", json={"text": 7})

    assert [(error["in"], error["pointer"]) for error in response.json()["errors"]] == [
        ("body", "/text"),
        ("body", "/mood"),
    ]


def test_oversized_body_with_or_without_length_returns_413(failing_client: TestClient) -> None:
    body = json.dumps({"text": "x" * 70_000, "mood": 1}).encode()

    chunks = (body[start : start + 1000] for start in range(0, len(body), 1000))

    announced, chunked = (
        failing_client.post("/v1/notes", content=content, headers={"Content-Type": JSON}) for content in (body, chunks)
    )

    for response in (announced, chunked):
        assert (response.status_code, response.json()["code"]) == (413, "body_too_large")
        assert response.headers["content-type"] == "application/problem+json"


def test_unavailable_database_returns_retry_after(failing_client: TestClient) -> None:
    assert int(failing_client.get("/v1/site").headers["Retry-After"]) >= 1


def test_allow_header_lists_all_methods_of_path(failing_client: TestClient) -> None:
    assert failing_client.delete("/v1/articles").headers["Allow"] == "GET, HEAD, OPTIONS"
    assert failing_client.get("/v1/notes").headers["Allow"] == "OPTIONS, POST"


def test_invalid_response_is_logged_without_values(
    failing_client: TestClient, capsys: pytest.CaptureFixture[str]
) -> None:
    response = failing_client.get("/v1/misfit")

    logged = capsys.readouterr()
    assert "canary" not in response.text + logged.out + logged.err
    assert '"error": "InvalidResponse"' in logged.out + logged.err
