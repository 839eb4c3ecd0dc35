"""Every error is one shape, says what was wrong where, and shows nothing that was sent."""

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
from tests.factories.addresses import closed_address
from tests.factories.services import client_of

KEYS = {"type", "title", "status", "detail", "code", "errors"}


class Note(BaseModel):
    text: str
    mood: int


router = api_router(tag="Test")


@router.post("/notes")
def keep_note(note: Note, session: ContentSession) -> Note:
    return note


@router.get("/fault")
def fail(session: ContentSession) -> None:
    raise RuntimeError("canary-in-an-exception")


@router.get("/misfit")
def answer_something_else(session: ContentSession) -> Note:
    return Note.model_construct(text="canary-in-a-reply", mood="canary-of-a-mood")  # type: ignore[arg-type]


@router.get("/away")
def lose_database(session: ContentSession) -> None:
    raise OperationalError("SELECT canary", {}, Exception("canary-of-the-driver"))


@router.get("/standby")
def write_to_a_standby(session: ContentSession) -> None:
    raise InternalError("UPDATE canary", {}, ReadOnlySqlTransaction("canary-of-the-driver"))


@pytest.fixture(scope="module")
def faulty() -> TestClient:
    """An app without a database, with routes that fail in every way."""
    app: FastAPI = create_app(settings_for(closed_address()))
    app.router.routes.extend(router.routes)
    return client_of(app)


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/nowhere", 404, "not_found"),
        ("GET", "/v1/nowhere", 404, "not_found"),
        ("DELETE", "/v1/articles", 405, "method_not_allowed"),
        ("GET", "/v1/fault", 500, "internal_error"),
        ("GET", "/v1/misfit", 500, "internal_error"),
        ("GET", "/v1/away", 503, "unavailable"),
        ("GET", "/v1/standby", 503, "unavailable"),
        ("GET", "/v1/site", 503, "unavailable"),
        ("GET", "/v1/articles?limit=0", 422, "invalid_input"),
    ],
)
def test_every_error_is_a_problem(faulty: TestClient, method: str, path: str, status: int, code: str) -> None:
    reply = faulty.request(method, path)

    assert (reply.status_code, reply.headers["content-type"]) == (status, "application/problem+json")
    body = reply.json()
    assert set(body) == KEYS
    assert (body["status"], body["code"], body["type"]) == (status, code, f"urn:problem-type:twentyone:{code}")
    assert "canary" not in reply.text


@pytest.mark.parametrize(
    ("body", "content_type", "status"),
    [
        (b'{"text": "canary"', "application/json", 400),
        (b"\xff\xfe{", "application/json", 400),
        (b'{"text": "canary", "mood": "canary"}', "application/json", 422),
        (b'{"text": "\\ud800", "mood": "x"}', "application/json", 422),
        (b'{"text": "canary", "mood": NaN}', "application/json", 422),
        (b'{"text": "canary", "mood": 1e400}', "application/json", 422),
        (b"[" * 20_000, "application/json", 400),
        (b"text=canary", "application/x-www-form-urlencoded", 415),
        (b'{"text": "canary", "mood": 1}', "text/plain", 415),
        (b'{"text": "canary", "mood": 1}', "", 415),
        (b'{"text": "canary", "mood": 1}', "application/json; charset=latin-1", 415),
        ('{"text": "canary", "mood": 1}'.encode("utf-16"), "application/json", 400),
        (b'{"text": "canary", "mood": "x"}', "application/json; charset=utf-8", 422),
    ],
)
def test_bad_bodies_are_refused_without_an_echo(
    faulty: TestClient, body: bytes, content_type: str, status: int
) -> None:
    reply = faulty.post("/v1/notes", content=body, headers={"Content-Type": content_type})

    assert (reply.status_code, reply.headers["content-type"]) == (status, "application/problem+json")
    assert "canary" not in reply.text
    assert reply.json()["code"]


def test_invalid_fields_are_named_by_a_json_pointer(faulty: TestClient) -> None:
    reply = faulty.post("/v1/notes", json={"text": 7})

    assert [(error["in"], error["pointer"]) for error in reply.json()["errors"]] == [
        ("body", "/text"),
        ("body", "/mood"),
    ]


def test_a_body_over_the_limit_is_refused_whether_or_not_its_length_is_announced(faulty: TestClient) -> None:
    body = json.dumps({"text": "x" * 70_000, "mood": 1}).encode()

    announced = faulty.post("/v1/notes", content=body, headers={"Content-Type": "application/json"})
    chunked = faulty.post(
        "/v1/notes",
        content=(body[n : n + 1000] for n in range(0, len(body), 1000)),
        headers={"Content-Type": "application/json"},
    )

    for reply in (announced, chunked):
        assert (reply.status_code, reply.json()["code"]) == (413, "body_too_large")
        assert reply.headers["content-type"] == "application/problem+json"


def test_an_unavailable_database_says_when_to_come_back(faulty: TestClient) -> None:
    assert int(faulty.get("/v1/site").headers["Retry-After"]) >= 1


def test_the_allow_header_names_every_method_of_the_address(faulty: TestClient) -> None:
    assert faulty.delete("/v1/articles").headers["Allow"] == "GET, HEAD, OPTIONS"
    assert faulty.get("/v1/notes").headers["Allow"] == "OPTIONS, POST"


def test_options_answers_with_the_methods(faulty: TestClient) -> None:
    reply = faulty.options("/v1/articles")

    assert (reply.status_code, reply.headers["Allow"], reply.content) == (204, "GET, HEAD, OPTIONS", b"")


def test_no_address_redirects_for_a_slash(faulty: TestClient) -> None:
    assert faulty.get("/v1/articles/").status_code == 404


def test_a_reply_of_the_wrong_shape_is_logged_without_its_values(
    faulty: TestClient, capsys: pytest.CaptureFixture[str]
) -> None:
    reply = faulty.get("/v1/misfit")

    logged = capsys.readouterr()
    assert "canary" not in reply.text + logged.out + logged.err
    assert '"error": "WrongShape"' in logged.out + logged.err
