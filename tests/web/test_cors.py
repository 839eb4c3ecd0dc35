"""Tests for CORS: wildcards, origins of apps, request headers, and errors that a web page can read."""

import asyncio

import pytest
from httpx2 import Response
from starlette.testclient import TestClient
from starlette.types import Message, Receive, Scope, Send

from app.core.origins import exact_origins
from app.main import create_app
from app.web.cors import MAX_CACHED_ORIGINS, CachedCorsHeaders, Cors, cors_options
from app.web.middleware import UnhandledErrors
from tests.conftest import settings_for
from tests.factories.addresses import unreachable_database_url
from tests.factories.services import make_client

ORIGINS = ["https://www.example.org", "https://*.example.app", "capacitor://localhost"]
ALLOWED_ORIGINS = ("https://www.example.org", "https://pr-7.example.app", "capacitor://localhost")
REJECTED_ORIGINS = ("https://example.app", "https://a.b.example.app", "https://a.example.app.b", "capacitor://evil")


@pytest.fixture(scope="module")
def client() -> TestClient:
    """Return a client of an app without a database."""
    options = {"cors_origins": ORIGINS, "cors_headers": ["X-Client-Version"]}
    app = create_app(settings_for(unreachable_database_url(), **options))

    @app.get("/fault")
    def fail() -> None:
        raise RuntimeError

    return make_client(app)


def preflight(client: TestClient, origin: str, method: str = "PUT", headers: str = "authorization") -> Response:
    request_headers = {
        "Origin": origin,
        "Access-Control-Request-Method": method,
        "Access-Control-Request-Headers": headers,
    }
    response: Response = client.options("/v1/me", headers=request_headers)
    return response


def cors_headers(response: Response) -> dict[str, str]:
    return {name: value for name, value in response.headers.items() if name.startswith("access-control-")}


@pytest.mark.parametrize("origin", ALLOWED_ORIGINS)
def test_allowed_origin_is_returned_without_credentials(client: TestClient, origin: str) -> None:
    for response in (preflight(client, origin), client.get("/v1/me", headers={"Origin": origin})):
        assert response.headers["access-control-allow-origin"] == origin
        assert "access-control-allow-credentials" not in response.headers
    for method in ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"):
        assert preflight(client, origin, method).status_code == 200
    assert preflight(client, origin).headers["access-control-max-age"] == "7200"


@pytest.mark.parametrize("origin", REJECTED_ORIGINS)
def test_other_origin_is_not_allowed(client: TestClient, origin: str) -> None:
    for response in (preflight(client, origin), client.get("/v1/me", headers={"Origin": origin})):
        assert "access-control-allow-origin" not in response.headers
    assert preflight(client, origin).status_code == 400


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ("authorization,content-type,if-match,if-none-match,x-request-id", 200),
        ("traceparent,tracestate,baggage,sentry-trace", 200),
        ("x-requested-with,x-client-version", 200),
        ("x-client-version-2", 400),
        ("cookie", 400),
    ],
)
def test_preflight_allows_only_listed_request_headers(client: TestClient, headers: str, status: int) -> None:
    assert preflight(client, ALLOWED_ORIGINS[0], headers=headers).status_code == status


@pytest.mark.parametrize(
    ("method", "path", "content", "status"),
    [
        ("POST", "/v1/auth/login", b"{", 400),
        ("GET", "/v1/me", b"", 401),
        ("GET", "/nowhere", b"", 404),
        ("DELETE", "/v1/articles", b"", 405),
        ("POST", "/v1/auth/login", b" " * 100_000, 413),
        ("GET", "/v1/articles?limit=0", b"", 422),
        ("GET", "/fault", b"", 500),
        ("GET", "/v1/articles", b"", 503),
        ("GET", "/health/ready", b"", 503),
    ],
)
def test_errors_have_cors_headers(client: TestClient, method: str, path: str, content: bytes, status: int) -> None:
    for origin in ALLOWED_ORIGINS:
        headers = {"Origin": origin, "Content-Type": "application/json"}

        response = client.request(method, path, content=content, headers=headers)

        assert response.status_code == status
        assert response.headers["access-control-allow-origin"] == origin
        assert response.headers["access-control-expose-headers"] == "ETag, Link, Location, Retry-After, X-Request-ID"
        assert "Origin" in response.headers["vary"]


def test_rejected_preflight_of_allowed_origin_has_cors_headers(client: TestClient) -> None:
    response = preflight(client, ALLOWED_ORIGINS[1], method="TRACE")

    assert (response.status_code, response.json()["code"]) == (400, "cors_refused")
    assert response.headers["access-control-allow-origin"] == ALLOWED_ORIGINS[1]
    assert response.headers["vary"] == "Origin"


def test_request_cancelled_at_shutdown_returns_503_with_cors_headers() -> None:
    origin = ALLOWED_ORIGINS[1].encode()
    started: list[Message] = []

    async def cancelled_app(scope: Scope, receive: Receive, send: Send) -> None:
        raise asyncio.CancelledError

    async def receive() -> Message:
        return {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        if message["type"] == "http.response.start":
            started.append(message)

    middleware = Cors(UnhandledErrors(cancelled_app), **cors_options(ORIGINS, []))
    with pytest.raises(asyncio.CancelledError):
        asyncio.run(middleware({"type": "http", "method": "GET", "headers": [(b"origin", origin)]}, receive, send))

    assert [message["status"] for message in started] == [503]
    assert {(b"access-control-allow-origin", origin), (b"retry-after", b"2")} <= set(started[0]["headers"])


def test_cached_cors_headers_equal_headers_of_middleware(client: TestClient) -> None:
    cached_headers = CachedCorsHeaders(ORIGINS)

    for _ in range(2):  # an origin that matches a wildcard is added by the first use
        for origin in ALLOWED_ORIGINS:
            headers = {name.decode(): value.decode() for name, value in cached_headers[origin.encode()]}
            assert headers == cors_headers(client.get("/nowhere", headers={"Origin": origin}))
        assert [cached_headers[origin.encode()] for origin in REJECTED_ORIGINS] == [()] * len(REJECTED_ORIGINS)
    assert len(cached_headers) == len(ALLOWED_ORIGINS)


def test_cached_cors_headers_store_limited_number_of_origins() -> None:
    cached_headers = CachedCorsHeaders(ORIGINS)

    origins = [b"https://pr-%d.example.app" % number for number in range(MAX_CACHED_ORIGINS + 5)]

    assert [cached_headers[origin][1][1] for origin in origins] == origins
    assert len(cached_headers) == len(exact_origins(ORIGINS)) + MAX_CACHED_ORIGINS
