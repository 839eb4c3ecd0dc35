"""What HTTP itself has to keep: headers on every reply, origins, limits, links and addresses without secrets."""

import ast
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import time_machine
from httpx2 import Response

from tests.conftest import MakeService
from tests.factories.operations import OPERATIONS, Operation
from tests.factories.services import PASSWORD, Person, Service, post, request
from tests.security.belongings import new_address
from tests.security.expectations import MEMBERS, Asking

ROOT = Path(__file__).parents[2]
GOOD = "https://good.example"
OTHERS = (
    "null",
    "*",
    "https://good.example.evil.com",
    "https://evilgood.example",
    "https://good.example:8443",
    "https://good.example@evil.com",
    "https://sub.good.example",
    "http://good.example",
    "https://good.example/",
    "https://GOOD.example",
    "https://good.example, https://evil.com",
    "",
)
EVIL = "evil.example.net"
FORGOT, REFRESH = "/v1/auth/password/forgot", "/v1/auth/refresh"
CSP = "content-security-policy"
HEADERS = {
    "strict-transport-security": "max-age=31536000; includeSubDomains",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    CSP: "default-src 'none'; frame-ancestors 'none'; base-uri 'none'",
}
CLIENTS = {"aiohttp", "httpcore", "httpx", "httpx2", "requests", "urllib3", "pycurl", "websockets"}
CLIENT_MODULES = {"http.client", "urllib.request", "ftplib", "xmlrpc.client"}


def is_private(reply: Response) -> bool:
    return reply.headers["cache-control"] == "no-store"


def is_secured(reply: Response) -> bool:
    """A picture may have the one style that it brings along, and nothing else."""
    headers = dict(reply.headers)
    if headers.get("content-type", "").startswith("image/svg+xml"):
        headers[CSP] = re.sub(r"; style-src 'sha256-[A-Za-z0-9+/]{43}='\Z", "", headers[CSP])
    return HEADERS.items() <= headers.items()


@pytest.mark.parametrize("operation", OPERATIONS, ids=str)
def test_whatever_is_answered_has_the_security_headers(crowded: Service, operation: Operation) -> None:
    nobody = Person(crowded.client, "", access="x.y.z")
    for query, body in (("", operation.body_example), ("", {"x": 1}), ("?x=1", None)):
        address = operation.address() + query
        for reply in (
            request(crowded.client, operation.method, address, body),
            nobody.ask(operation.method, address, body),
        ):
            assert is_secured(reply), reply.status_code
            assert is_private(reply) or not (operation.asks_for_a_token or reply.status_code >= 400)


@pytest.mark.parametrize("name", MEMBERS)
def test_what_a_member_is_answered_is_stored_by_nobody(crowded: Service, name: str) -> None:
    me = crowded.register_verified()
    asking = Asking.of(name, crowded, me)

    for refused in (me.ask(asking.method, f"{asking.address}?x=1", asking.body), me.ask("TRACE", asking.address)):
        assert refused.status_code >= 400
        assert is_secured(refused)
        assert is_private(refused)
    reply = asking.by(me)

    assert reply.status_code == MEMBERS[name].status
    assert is_secured(reply)
    assert is_private(reply)


def test_tokens_that_are_answered_are_stored_by_nobody(crowded: Service) -> None:
    me = crowded.register()

    for reply in (me.sign_in(), me.renew()):
        assert reply.status_code == 200
        assert is_private(reply)


def test_faults_and_overload_have_the_security_headers(make_service: MakeService) -> None:
    service = make_service(requests_a_minute=1)

    @service.app.get("/fault")
    def fail() -> None:
        raise RuntimeError

    too_much = post(service.client, "/v1/auth/login", {"email": "x" * 70_000})
    service.client.get("/v1/articles/nothing")
    replies = [service.client.get("/fault"), service.client.get("/v1/articles/nothing"), too_much]

    assert [reply.status_code for reply in replies] == [500, 429, 413]
    assert all(is_secured(reply) and is_private(reply) for reply in replies)


def test_pages_of_another_origin_may_read_nothing(make_service: MakeService) -> None:
    client = make_service(cors_origins=[GOOD]).client

    for origin in OTHERS:
        asking = {"Origin": origin, "Access-Control-Request-Method": "GET"}
        replies = [client.get(path, headers={"Origin": origin}) for path in ("/v1/consents", "/v1/consents", "/v1/me")]
        for reply in (*replies, client.options("/v1/me", headers=asking)):
            assert "access-control-allow-origin" not in reply.headers, origin
            assert "access-control-allow-credentials" not in reply.headers


def test_a_page_of_ours_may_read_every_reply_refusals_too(make_service: MakeService) -> None:
    client = make_service(cors_origins=[GOOD], requests_a_minute=8).client
    paths = ("/v1/consents", "/v1/consents", "/v1/me", "/v1/nothing", "/v1/consents?x=1")
    replies = [client.get(path, headers={"Origin": GOOD}) for path in paths]
    replies += [post(client, "/v1/auth/refresh", {"refresh_token": "x"}, headers={"Origin": GOOD}) for _ in range(9)]

    assert {reply.status_code for reply in replies} == {200, 401, 404, 422, 429}
    for reply in replies:
        assert reply.headers["access-control-allow-origin"] == GOOD
        assert "access-control-allow-credentials" not in reply.headers
        assert "Retry-After" in reply.headers["access-control-expose-headers"]
        assert "Origin" in reply.headers["vary"]


@pytest.mark.parametrize(
    ("limit", "path", "body"),
    [
        ("registrations_a_minute", "/v1/auth/register", {"email": "ana@example.org", "password": PASSWORD}),
        ("sign_ins_a_minute", "/v1/auth/login", {"email": "ana@example.org", "password": PASSWORD}),
        ("requests_a_minute", "/v1/auth/password/reset", {"token": "x", "password": PASSWORD}),
        ("requests_a_minute", FORGOT, {"email": "ana@example.org"}),
        ("requests_a_minute", REFRESH, {"refresh_token": "x"}),
    ],
)
def test_who_asks_too_often_is_told_when_to_come_back(
    make_service: MakeService, limit: str, path: str, body: dict[str, str]
) -> None:
    """Whatever they say of where they come from."""
    client = make_service(**{limit: 2}).client

    with time_machine.travel(datetime.now(UTC), tick=False):  # a window that ends meanwhile would let one through
        replies = [post(client, path, body, headers=forwarded(f"203.0.113.{n}")) for n in range(4)]

    assert [reply.status_code == 429 for reply in replies] == [False, False, True, True]
    for reply in replies[2:]:
        assert reply.json()["code"] == "too_many_requests"
        assert 1 <= int(reply.headers["Retry-After"]) <= 120


def forwarded(address: str) -> dict[str, str]:
    return {"X-Forwarded-For": address, "X-Real-IP": address, "Forwarded": f"for={address}", "Client-IP": address}


@pytest.mark.parametrize("path", ["/v1/me/", "/v1/auth/login/", "/v1/me/sessions/", "//v1/me"])
def test_nobody_is_sent_elsewhere_with_what_they_carry(crowded: Service, path: str) -> None:
    assert crowded.client.get(path, headers={"Authorization": "Bearer x"}).status_code == 404


def test_no_link_in_a_mail_is_made_from_what_the_request_says(service: Service) -> None:
    lies = {
        "Host": EVIL,
        "Origin": f"https://{EVIL}",
        "Referer": f"https://{EVIL}/",
        "X-Forwarded-Host": EVIL,
        "X-Forwarded-Proto": "ftp",
        "Forwarded": f"host={EVIL};proto=ftp",
    }
    me = service.register_verified()
    for path in ("/v1/auth/register", FORGOT):
        body = {"email": me.address} | ({} if path == FORGOT else {"password": PASSWORD})
        assert post(service.client, path, body, headers=lies).is_success
    fresh = {"email": "fresh@example.org", "password": PASSWORD}
    assert post(service.client, "/v1/auth/register", fresh, headers=lies).is_success
    change = {"email": new_address(me), "current_password": PASSWORD}
    assert me.ask("PUT", "/v1/me/email", change, headers=lies).is_success
    change = {"current_password": PASSWORD, "new_password": f"{PASSWORD}, and again"}
    assert me.ask("PUT", "/v1/me/password", change, headers=lies).is_success

    mails = service.mails()

    assert len(mails) == 6
    for mail in mails:
        assert EVIL not in mail.as_string()
        links = [word for word in str(mail.get_content()).split() if "://" in word]
        assert all(link.startswith("https://www.example.org/") for link in links), links
    assert not any("http://" in mail.as_string() for mail in mails)


def test_no_address_has_a_place_for_a_secret() -> None:
    names = {each["name"].lower() for operation in OPERATIONS for each in operation.parameters}

    assert len(names) > 10
    assert [name for name in names for word in ("token", "password", "email", "address") if word in name] == []


def test_the_app_has_no_client_to_fetch_what_others_name() -> None:
    imported = {name for path in (ROOT / "app").rglob("*.py") for name in imports(path)}

    assert "smtplib" in imported
    assert {name for name in imported if name.partition(".")[0] in CLIENTS} == set()
    assert imported & CLIENT_MODULES == set()


def imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (each.name for each in node.names)
        if isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{each.name}" for each in node.names)
