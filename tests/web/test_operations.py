"""Tests for health checks, metrics, access logs and CORS."""

import json
from pathlib import Path

import pytest
from sqlalchemy import text
from starlette.testclient import TestClient

from app.core.db.database import Database
from app.main import create_app
from tests.conftest import ContentEditor, settings_for
from tests.factories.addresses import unreachable_database_url
from tests.factories.services import make_client

TOKEN = "a-token-of-the-operator"


def test_probes_without_database_report_live_but_not_ready() -> None:
    client = make_client(create_app(settings_for(unreachable_database_url())))

    assert client.get("/health/live").json() == {"status": "ok"}
    response = client.get("/health/ready")
    assert (response.status_code, response.json()["code"]) == (503, "not_ready")
    assert int(response.headers["Retry-After"]) >= 1


def test_readiness_with_current_schema_returns_200(shared_client: TestClient) -> None:
    assert shared_client.get("/health/ready").json() == {"status": "ok"}


@pytest.mark.parametrize(("version", "status"), [("20261123_content", 503), ("20991231_later", 200)])
def test_readiness_requires_current_or_newer_schema(
    editor: ContentEditor, database: Database, version: str, status: int
) -> None:
    with database.content_load() as session:
        session.execute(text("UPDATE alembic_version SET version_num = :version"), {"version": version})

    response = editor.client.get("/health/ready")

    assert response.status_code == status
    assert ("migrations" in response.text) is (status == 503)


def test_metrics_use_route_template_as_label(shared_client: TestClient) -> None:
    shared_client.get("/v1/articles/no-such-article")

    metrics = shared_client.get("/metrics").text

    assert 'twentyone_requests_total{method="GET",route="/v1/articles/{slug}",status="404"}' in metrics
    assert "no-such-article" not in metrics


@pytest.mark.parametrize(
    ("options", "header", "status"),
    [
        ({"environment": "production"}, "", 401),
        ({"metrics_token": TOKEN}, "", 401),
        ({"metrics_token": TOKEN}, "Bearer wr\u00f6ng", 401),
        ({"metrics_token": TOKEN}, f"Bearer {TOKEN}", 200),
        ({"environment": "production", "metrics_token": TOKEN}, f"Bearer {TOKEN}", 200),
        ({}, "", 200),
    ],
)
def test_metrics_require_token_in_production(options: dict[str, str], header: str, status: int) -> None:
    client = make_client(create_app(settings_for(unreachable_database_url(), **options)))

    response = client.get("/metrics", headers={b"Authorization": header.encode("latin-1")})

    assert response.status_code == status
    assert response.headers["cache-control"] == "no-store"
    if status == 401:
        challenge = 'Bearer realm="twentyone"' + (', error="invalid_token"' if header else "")
        assert response.headers["www-authenticate"] == challenge


def test_preflight_of_allowed_origin_returns_200(shared_client: TestClient) -> None:
    headers = {
        "Origin": "http://localhost:3000",
        "Access-Control-Request-Method": "GET",
        "Access-Control-Request-Headers": "authorization",
    }

    response = shared_client.options("/v1/articles", headers=headers)

    assert response.status_code == 200
    assert response.headers["access-control-max-age"] == "7200"


def test_preflight_of_unknown_origin_returns_problem(shared_client: TestClient) -> None:
    headers = {"Origin": "https://evil.example", "Access-Control-Request-Method": "GET"}

    response = shared_client.options("/v1/articles", headers=headers)

    assert (response.status_code, response.json()["code"]) == (400, "cors_refused")
    assert "access-control-allow-origin" not in response.headers


def test_access_log_has_one_line_without_query(shared_client: TestClient, capsys: pytest.CaptureFixture[str]) -> None:
    response = shared_client.get("/v1/articles?q=canary-words", headers={"X-Request-ID": "request-1234"})

    lines = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    [line] = [line for line in lines if line["event"] == "request"]
    assert response.headers["x-request-id"] == line["request_id"] == "request-1234"
    assert (line["method"], line["route"], line["status"]) == ("GET", "/v1/articles", 200)
    assert "canary" not in json.dumps(line)


def test_unhandled_error_is_logged_with_traceback_and_request_id(
    editor: ContentEditor, capsys: pytest.CaptureFixture[str]
) -> None:
    @editor.app.get("/fault")
    def fail() -> None:
        secret = "canary-in-a-variable"
        raise RuntimeError(len(secret))

    response = editor.client.get("/fault")

    lines = [json.loads(line) for line in capsys.readouterr().err.splitlines() if line.startswith("{")]
    [entry] = [line for line in lines if line["event"] == "unhandled_error"]
    assert entry["request_id"] == response.headers["x-request-id"]
    assert "RuntimeError" in entry["exception"]
    assert "canary" not in json.dumps(lines)


def test_invalid_request_id_is_replaced(shared_client: TestClient) -> None:
    response = shared_client.get("/nowhere", headers={"X-Request-ID": "x\ty"})

    assert len(response.headers["x-request-id"]) == 32


def test_python_files_are_shorter_than_250_lines() -> None:
    root = Path(__file__).parents[2]
    files = [
        path for folder in ("app", "tests", "bench", "trials", "migrations") for path in (root / folder).rglob("*.py")
    ]

    assert len(files) > 50
    assert {str(path.relative_to(root)) for path in files if len(path.read_text().splitlines()) >= 250} == set()
