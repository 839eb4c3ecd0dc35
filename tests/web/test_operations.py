"""What operators see: health, metrics, logs, and headers on every reply."""

import json
from pathlib import Path

import pytest
from sqlalchemy import text
from starlette.testclient import TestClient

from app.core.db.database import Database
from app.main import create_app
from tests.conftest import Studio, settings_for
from tests.factories.addresses import closed_address
from tests.factories.services import client_of

TOKEN = "a-token-of-the-operator"


def test_a_process_lives_without_its_database_but_is_not_ready() -> None:
    client = client_of(create_app(settings_for(closed_address())))

    assert client.get("/health/live").json() == {"status": "ok"}
    reply = client.get("/health/ready")
    assert (reply.status_code, reply.json()["code"]) == (503, "not_ready")
    assert int(reply.headers["Retry-After"]) >= 1


def test_a_migrated_database_makes_it_ready(studio: Studio) -> None:
    assert studio.client.get("/health/ready").json() == {"status": "ok"}


def test_tables_of_an_earlier_version_make_it_not_ready(studio: Studio, database: Database) -> None:
    with database.loading() as session:
        session.execute(text("UPDATE alembic_version SET version_num = '20261123_content'"))

    reply = studio.client.get("/health/ready")

    assert reply.status_code == 503
    assert "migrate" in reply.json()["detail"]


def test_it_stays_ready_while_the_next_version_is_deployed(studio: Studio, database: Database) -> None:
    with database.loading() as session:
        session.execute(text("UPDATE alembic_version SET version_num = '20991231_later'"))

    assert studio.client.get("/health/ready").status_code == 200


def test_metrics_count_by_route_template(reader: TestClient) -> None:
    reader.get("/v1/articles/no-such-article")

    metrics = reader.get("/metrics").text

    assert 'twentyone_requests_total{method="GET",route="/v1/articles/{slug}",status="404"}' in metrics
    assert "no-such-article" not in metrics


@pytest.mark.parametrize(
    ("options", "header", "status"),
    [
        ({"environment": "production"}, "", 401),
        ({"environment": "production", "metrics_token": TOKEN}, "", 401),
        ({"environment": "production", "metrics_token": TOKEN}, "Bearer wrong", 401),
        ({"environment": "production", "metrics_token": TOKEN}, "Bearer wr\u00f6ng", 401),
        ({"environment": "production", "metrics_token": TOKEN}, f"Bearer {TOKEN}", 200),
        ({"metrics_token": TOKEN}, "", 401),
        ({}, "", 200),
    ],
)
def test_metrics_in_production_need_the_token(options: dict[str, str], header: str, status: int) -> None:
    client = client_of(create_app(settings_for(closed_address(), **options)))

    reply = client.get("/metrics", headers={b"Authorization": header.encode("latin-1")})

    assert reply.status_code == status
    assert reply.headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/v1/site"),
        ("GET", "/v1/site?x=1"),
        ("GET", "/nowhere"),
        ("PUT", "/v1/site"),
        ("OPTIONS", "/v1/site"),
        ("GET", "/health/live"),
        ("GET", "/docs"),
        ("GET", "/openapi.json"),
    ],
)
def test_every_reply_has_the_security_headers(reader: TestClient, method: str, path: str) -> None:
    headers = reader.request(method, path).headers

    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["strict-transport-security"].startswith("max-age=31536000")
    assert "default-src 'none'" in headers["content-security-policy"]
    assert headers["cache-control"]
    assert "server" not in headers


def test_errors_carry_cors_headers_too(reader: TestClient) -> None:
    for path in ("/nowhere", "/v1/articles?limit=0"):
        reply = reader.get(path, headers={"Origin": "http://localhost:3000"})

        assert reply.headers["access-control-allow-origin"] == "http://localhost:3000"


def test_a_preflight_is_answered(reader: TestClient) -> None:
    asking = {
        "Origin": "http://localhost:3000",
        "Access-Control-Request-Method": "GET",
        "Access-Control-Request-Headers": "authorization",
    }

    reply = reader.options("/v1/articles", headers=asking)

    assert reply.status_code == 200
    assert reply.headers["access-control-max-age"] == "7200"


@pytest.mark.parametrize("origin", ["https://evil.example", "null"])
def test_a_refused_preflight_is_a_problem(reader: TestClient, origin: str) -> None:
    reply = reader.options("/v1/articles", headers={"Origin": origin, "Access-Control-Request-Method": "GET"})

    assert (reply.status_code, reply.json()["code"]) == (400, "cors_refused")
    assert "access-control-allow-origin" not in reply.headers


def test_a_request_is_one_line_without_its_query(reader: TestClient, capsys: pytest.CaptureFixture[str]) -> None:
    reply = reader.get("/v1/articles?q=canary-words", headers={"X-Request-ID": "request-1234"})

    lines = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    [line] = [line for line in lines if line["event"] == "request"]
    assert reply.headers["x-request-id"] == line["request_id"] == "request-1234"
    assert (line["method"], line["route"], line["status"]) == ("GET", "/v1/articles", 200)
    assert "canary" not in json.dumps(line)


def test_a_fault_is_logged_with_its_trace_and_id(studio: Studio, capsys: pytest.CaptureFixture[str]) -> None:
    @studio.app.get("/fault")
    def fail() -> None:
        secret = "canary-in-a-variable"
        raise RuntimeError(len(secret))

    reply = studio.client.get("/fault")

    lines = [json.loads(line) for line in capsys.readouterr().err.splitlines() if line.startswith("{")]
    [fault] = [line for line in lines if line["event"] == "fault"]
    assert fault["request_id"] == reply.headers["x-request-id"]
    assert "RuntimeError" in fault["exception"]
    assert "canary" not in json.dumps(lines)


def test_a_sent_id_that_is_not_harmless_is_replaced(reader: TestClient) -> None:
    reply = reader.get("/nowhere", headers={"X-Request-ID": "x\ty"})

    assert len(reply.headers["x-request-id"]) == 32


def test_no_file_is_longer_than_a_screenful_or_five() -> None:
    root = Path(__file__).parents[2]
    files = [
        path for folder in ("app", "tests", "bench", "trials", "migrations") for path in (root / folder).rglob("*.py")
    ]

    assert len(files) > 50
    assert {str(path.relative_to(root)) for path in files if len(path.read_text().splitlines()) >= 250} == set()
