"""Tests for HTTP security: response headers, CORS, rate limits, and links in emails."""

import ast
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import time_machine
from httpx2 import Response

from tests.conftest import MakeService
from tests.factories.operations import OPERATIONS
from tests.factories.services import PASSWORD, MemberClient, Service, post, request
from tests.security.conftest import ON_SQLITE_ONLY
from tests.security.expectations import MEMBER_OPERATIONS, PreparedRequest
from tests.security.member_requests import new_email

ROOT = Path(__file__).parents[2]
ALLOWED_ORIGIN = "https://good.example"
OTHER_ORIGINS = (
    "",
    "null",
    "*",
    "https://good.example.evil.com",
    "https://evilgood.example",
    "https://good.example:8443",
    "https://sub.good.example",
    "https://good.example/",
    "http://good.example",
    "https://GOOD.example",
    "https://good.example, https://evil.com",
)
EVIL_HOST = "evil.example.net"
FORGOT_PATH, REFRESH_PATH = "/v1/auth/password/forgot", "/v1/auth/refresh"
CREDENTIALS = {"email": "ana@example.org", "password": PASSWORD}
CSP_HEADER = "content-security-policy"
SECURITY_HEADERS = {
    "strict-transport-security": "max-age=31536000; includeSubDomains",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    CSP_HEADER: "default-src 'none'; frame-ancestors 'none'; base-uri 'none'",
}
CLIENT_PACKAGES = {"aiohttp", "httpcore", "httpx", "httpx2", "requests", "urllib3", "pycurl", "websockets"}
CLIENT_MODULES = {"http.client", "urllib.request", "ftplib", "xmlrpc.client"}


def is_uncacheable(response: Response) -> bool:
    return response.headers["cache-control"] == "no-store"


def has_security_headers(response: Response) -> bool:
    """Return whether a response has all security headers. The headers of an SVG may allow its inline style."""
    headers = dict(response.headers)
    if headers.get("content-type", "").startswith("image/svg+xml"):
        headers[CSP_HEADER] = re.sub(r"; style-src 'sha256-[A-Za-z0-9+/]{43}='\Z", "", headers[CSP_HEADER])
    return SECURITY_HEADERS.items() <= headers.items()


@ON_SQLITE_ONLY
def test_responses_of_all_operations_have_security_headers(unlimited_service: Service) -> None:
    invalid_client = MemberClient(unlimited_service.client, "", access_token="x.y.z")
    for operation in OPERATIONS:
        for query, body in (("", operation.body_example), ("", {"x": 1}), ("?x=1", None)):
            path = operation.example_path() + query
            for response in (
                request(unlimited_service.client, operation.method, path, body),
                invalid_client.request(operation.method, path, body),
            ):
                assert has_security_headers(response), (str(operation), response.status_code)
                must_be_uncacheable = operation.accepts_token or response.status_code >= 400
                assert is_uncacheable(response) or not must_be_uncacheable, str(operation)


@ON_SQLITE_ONLY
def test_responses_to_members_are_not_cacheable(unlimited_service: Service) -> None:
    for name, expected in MEMBER_OPERATIONS.items():
        member = unlimited_service.register_verified()
        prepared = PreparedRequest.for_operation(name, unlimited_service, member)
        errors = [
            member.request(prepared.method, f"{prepared.path}?x=1", prepared.body),
            member.request("TRACE", prepared.path),
        ]
        response = prepared.send_as(member)

        assert min(error.status_code for error in errors) >= 400, name
        assert response.status_code == expected.status, name
        assert all(has_security_headers(item) and is_uncacheable(item) for item in (*errors, response)), name


@ON_SQLITE_ONLY
def test_token_responses_are_not_cacheable(unlimited_service: Service) -> None:
    member = unlimited_service.register()

    for response in (member.sign_in(), member.refresh_session()):
        assert response.status_code == 200
        assert is_uncacheable(response)


@ON_SQLITE_ONLY
def test_error_and_rate_limit_responses_have_security_headers(make_service: MakeService) -> None:
    service = make_service(requests_a_minute=1)

    @service.app.get("/fault")
    def fail() -> None:
        raise RuntimeError

    too_large = post(service.client, "/v1/auth/login", {"email": "x" * 70_000})
    service.client.get("/v1/articles/nothing")
    responses = [service.client.get("/fault"), service.client.get("/v1/articles/nothing"), too_large]
    responses += [service.client.get("/nowhere"), service.client.put("/health/live")]

    assert [response.status_code for response in responses] == [500, 429, 413, 404, 405]
    assert all(has_security_headers(response) and is_uncacheable(response) for response in responses)


@ON_SQLITE_ONLY
def test_cors_headers_are_absent_for_other_origins(make_service: MakeService) -> None:
    client = make_service(cors_origins=[ALLOWED_ORIGIN]).client

    for origin in OTHER_ORIGINS:
        prepared = {"Origin": origin, "Access-Control-Request-Method": "GET"}
        responses = [
            client.get(path, headers={"Origin": origin}) for path in ("/v1/consents", "/v1/consents", "/v1/me")
        ]
        for response in (*responses, client.options("/v1/me", headers=prepared)):
            assert "access-control-allow-origin" not in response.headers, origin
            assert "access-control-allow-credentials" not in response.headers


@ON_SQLITE_ONLY
def test_cors_headers_are_present_for_allowed_origin_and_errors(make_service: MakeService) -> None:
    client = make_service(cors_origins=[ALLOWED_ORIGIN], requests_a_minute=8).client
    paths = ("/v1/consents", "/v1/consents", "/v1/me", "/v1/nothing", "/v1/consents?x=1")
    responses = [client.get(path, headers={"Origin": ALLOWED_ORIGIN}) for path in paths]
    responses += [
        post(client, "/v1/auth/refresh", {"refresh_token": "x"}, headers={"Origin": ALLOWED_ORIGIN}) for _ in range(9)
    ]

    assert {response.status_code for response in responses} == {200, 401, 404, 422, 429}
    for response in responses:
        assert response.headers["access-control-allow-origin"] == ALLOWED_ORIGIN
        assert "access-control-allow-credentials" not in response.headers
        assert "Retry-After" in response.headers["access-control-expose-headers"]
        assert "Origin" in response.headers["vary"]


@ON_SQLITE_ONLY
def test_rate_limited_request_returns_429_with_retry_after(make_service: MakeService) -> None:
    """Forged forwarding headers must not bypass the rate limit."""
    for limit, path, body in (
        ("registrations_a_minute", "/v1/auth/register", CREDENTIALS),
        ("sign_ins_a_minute", "/v1/auth/login", CREDENTIALS),
        ("requests_a_minute", "/v1/auth/password/reset", {"token": "x", "password": PASSWORD}),
        ("requests_a_minute", FORGOT_PATH, {"email": "ana@example.org"}),
        ("requests_a_minute", REFRESH_PATH, {"refresh_token": "x"}),
    ):
        client = make_service(**{limit: 2}).client

        with time_machine.travel(datetime.now(UTC), tick=False):  # so that the limit isn't reset during the test
            responses = [post(client, path, body, headers=forwarded_headers(f"203.0.113.{n}")) for n in range(4)]

        assert [response.status_code == 429 for response in responses] == [False, False, True, True], path
        for response in responses[2:]:
            assert response.json()["code"] == "too_many_requests"
            assert 1 <= int(response.headers["Retry-After"]) <= 120


def forwarded_headers(path: str) -> dict[str, str]:
    return {"X-Forwarded-For": path, "X-Real-IP": path, "Forwarded": f"for={path}", "Client-IP": path}


@ON_SQLITE_ONLY
def test_path_variants_return_404_instead_of_redirect(unlimited_service: Service) -> None:
    for path in ("/v1/me/", "/v1/auth/login/", "//v1/me"):
        assert unlimited_service.client.get(path, headers={"Authorization": "Bearer x"}).status_code == 404, path


def test_email_links_ignore_request_headers(service: Service) -> None:
    forged_headers = {
        "Host": EVIL_HOST,
        "Origin": f"https://{EVIL_HOST}",
        "Referer": f"https://{EVIL_HOST}/",
        "X-Forwarded-Host": EVIL_HOST,
        "X-Forwarded-Proto": "ftp",
        "Forwarded": f"host={EVIL_HOST};proto=ftp",
    }
    member = service.register_verified()
    for path, body in (
        ("/v1/auth/register", {"email": member.email, "password": PASSWORD}),
        ("/v1/auth/register", CREDENTIALS),
        (FORGOT_PATH, {"email": member.email}),
    ):
        assert post(service.client, path, body, headers=forged_headers).is_success
    change = {"email": new_email(member), "current_password": PASSWORD}
    assert member.request("PUT", "/v1/me/email", change, headers=forged_headers).is_success
    change = {"current_password": PASSWORD, "new_password": f"{PASSWORD}, and again"}
    assert member.request("PUT", "/v1/me/password", change, headers=forged_headers).is_success

    emails = service.sent_emails()

    assert len(emails) == 6
    for email in emails:
        assert EVIL_HOST not in email.as_string()
        links = [word for word in str(email.get_content()).split() if "://" in word]
        assert all(link.startswith("https://www.example.org/") for link in links), links
    assert not any("http://" in email.as_string() for email in emails)


def test_parameters_have_no_secret_names() -> None:
    names = {item["name"].lower() for operation in OPERATIONS for item in operation.parameters}

    assert len(names) > 10
    assert [name for name in names for word in ("token", "password", "email", "address") if word in name] == []


def test_app_imports_no_http_client() -> None:
    imported_names = {name for path in (ROOT / "app").rglob("*.py") for name in iterate_imports(path)}

    assert "smtplib" in imported_names
    assert {name for name in imported_names if name.partition(".")[0] in CLIENT_PACKAGES} == set()
    assert imported_names & CLIENT_MODULES == set()


def iterate_imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (item.name for item in node.names)
        if isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{item.name}" for item in node.names)
