"""What only its owner may read is sent everywhere, in the right places and in wrong ones, and is found nowhere."""

import json
import logging
import re
from base64 import urlsafe_b64decode
from collections.abc import Iterator, Sequence
from itertools import cycle, product
from typing import Any
from urllib.parse import quote

import pytest
from httpx2 import Response
from sqlalchemy import text

from tests.conftest import MakeService
from tests.factories.operations import OPERATIONS, WITH_BODY, Operation, fields, placed
from tests.factories.rows import all_rows, stored
from tests.factories.services import Person, Service, post, token_in
from tests.security.conftest import ROOMY

# Whatever somebody chooses holds this word.
WORD = "canary"
PASSWORD, NEW_PASSWORD = "the canary hums over wet slate", "no canary sleeps under warm tiles"
ADDRESS, NEW_ADDRESS = "canary.perch@example.org", "canary.nest@example.org"
NAME, DEVICE = "Canary Quillfeather", "Canary's looking glass"
CLIENTS = ("httpx2", "httpcore")  # the test's own client, which logs what it asks for
PROOF = 40  # characters at the end of each of our tokens: 30 bytes that nobody can guess
HEADERS = (
    "User-Agent",
    "Referer",
    "Origin",
    "Cookie",
    "Accept",
    "X-Forwarded-For",
    "If-None-Match",
    "Host",
    "Content-Type",
)
JSON = {"Content-Type": "application/json"}


@pytest.fixture
def service(make_service: MakeService) -> Iterator[Service]:
    """One that logs all that it can."""
    level = logging.getLogger().level
    yield make_service(log_level="debug", **ROOMY)
    logging.getLogger().setLevel(level)


class Sightings:
    """All replies of a service, and the secrets that should be seen in nothing else."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self.replies: list[Response] = []
        service.client.event_hooks = {"response": [self.replies.append]}

    def tokens(self) -> set[str]:
        """Those in replies and those in mails."""
        pairs = [reply.json() for reply in self.replies if reply.is_success and "access_token" in reply.text]
        mailed = {token_in(mail) for mail in self._service.mails() if "#token=" in str(mail.get_content())}
        return mailed | {pair[name] for pair in pairs for name in ("access_token", "refresh_token")}

    def in_texts(self, *texts: str) -> set[str]:
        """What of it all is in some text."""
        whole = "\n".join(texts)
        return {token for token in self.tokens() if token[-PROOF:] in whole} | set(re.findall(WORD, whole.lower()))

    def in_bytes(self, seen: bytes) -> set[str]:
        """What of it all is in stored bytes, as text or as what a token's text stands for."""
        raw = {token for token in self.tokens() if urlsafe_b64decode(token[-PROOF:]) in seen}
        return raw | self.in_texts(seen.decode("latin-1"))

    def in_refusals(self) -> set[str]:
        refusals = [reply for reply in self.replies if reply.status_code >= 400]
        assert refusals
        return self.in_texts(*(f"{reply.headers} {reply.text}" for reply in refusals))


def live(service: Service) -> Person:
    """A member does all that members do; what they chose and were given last is still in use at the end."""
    consent = {"purpose": "health_data", "granted": True, "version": "1"}
    sent = {"email": ADDRESS, "password": PASSWORD, "display_name": NAME, "consents": [consent]}
    assert post(service.client, "/v1/auth/register", sent).status_code == 202
    me = Person(service.client, ADDRESS, PASSWORD)
    assert me.sign_in(device_name=DEVICE).status_code == 200
    good(me, "POST", "/v1/auth/verify-email", {"token": newest_token(service, ADDRESS)})
    assert me.renew().status_code == 200
    good(me, "PATCH", "/v1/me", {"display_name": f"{NAME} II"})
    good(me, "PUT", "/v1/me/email", {"email": NEW_ADDRESS, "current_password": PASSWORD})
    good(me, "POST", "/v1/auth/verify-email", {"token": newest_token(service, NEW_ADDRESS)})
    assert post(service.client, "/v1/auth/password/forgot", {"email": NEW_ADDRESS}).status_code == 202
    reset = {"token": newest_token(service, NEW_ADDRESS), "password": NEW_PASSWORD}
    assert post(service.client, "/v1/auth/password/reset", reset).status_code == 204
    me.address, me.password = NEW_ADDRESS, NEW_PASSWORD
    assert me.sign_in().status_code == 200
    me.keep(good(me, "PUT", "/v1/me/password", {"current_password": NEW_PASSWORD, "new_password": PASSWORD}))
    me.password = PASSWORD
    me.on_another_device(device_name=f"{DEVICE} too")
    for path in ("/v1/me", "/v1/me/sessions", "/v1/me/consents/health_data", "/v1/me/export"):
        good(me, "GET", path)
    good(me, "DELETE", "/v1/me/health-data", {"password": PASSWORD})
    good(me, "PUT", "/v1/me/email", {"email": ADDRESS, "current_password": PASSWORD})
    assert post(service.client, "/v1/auth/password/forgot", {"email": NEW_ADDRESS}).status_code == 202
    return me


def good(me: Person, method: str, path: str, body: Any = None) -> Response:
    reply = me.ask(method, path, body, headers={"User-Agent": f"Mozilla/5.0 (Linux) {WORD}/1.0"})
    assert reply.is_success, (path, reply.text)
    return reply


def newest_token(service: Service, address: str) -> str:
    return token_in(service.mails(to=address)[-1])


def misplace(operation: Operation, somebody: Person, secrets: Sequence[str]) -> None:
    """Send what is another's to an operation in its address and its headers, where nobody expects it."""
    method, path, client = operation.method, operation.address(), somebody.client
    quoted = [quote(secret, safe="") for secret in secrets]
    places = [f"{path}/{'/'.join(quoted)}", f"{path}?{'&'.join(quoted)}", f"{path}?a={'&b='.join(quoted)}"]
    for parameter in operation.parameters:
        name = parameter["name"]
        places += [
            operation.address(**{name: each}) if parameter["in"] == "path" else f"{path}?{name}={each}"
            for each in quoted
        ]
    for place in places:
        client.request(method, place, headers=somebody.headers)
    tokens = [f"Bearer {each}" for each in secrets] if operation.asks_for_a_token else []
    for authorization in (*tokens, f"Basic {secrets[0]}"):
        client.request(method, path, headers=dict(zip(HEADERS, cycle(secrets))) | {"Authorization": authorization})


def misplace_in_bodies(operation: Operation, somebody: Person, secret: str) -> None:
    """Send bodies that hold what is another's, in each field and instead of them all."""
    path, example = operation.address(), operation.body_example
    bodies = [secret, [secret], {name: [secret] for name in example}]
    bodies += [placed(example, at, secret) for at, _ in fields(operation.body, example) if at]
    for content in (secret, f'{{"password": "{secret}"', *map(json.dumps, bodies)):
        somebody.client.request(operation.method, path, content=content, headers=somebody.headers | JSON)
    plain = {"Content-Type": "text/plain"}
    somebody.client.request(operation.method, path, content=secret, headers=somebody.headers | plain)


def lines_of_the_app(capsys: pytest.CaptureFixture[str]) -> str:
    lines = "\n".join(capsys.readouterr()).splitlines()
    kept = [line for line in lines if not any(f'"logger": "{client}' in line for client in CLIENTS)]
    assert len(kept) > 30
    return "\n".join(kept)


def test_what_is_secret_is_found_nowhere_but_where_it_belongs(
    service: Service, capsys: pytest.CaptureFixture[str]
) -> None:
    seen = Sightings(service)
    me = live(service)
    at_rest = stored(service.database)
    somebody = Person(service.client, "bystander@example.org", "otters doze beside a green door")
    theirs = {"email": somebody.address, "password": somebody.password}
    assert post(service.client, "/v1/auth/register", theirs).status_code == 202
    assert somebody.sign_in().status_code == 200
    secrets = [PASSWORD, NEW_ADDRESS, NAME, me.access, me.refresh, newest_token(service, NEW_ADDRESS)]

    for operation in OPERATIONS:
        misplace(operation, somebody, secrets)
        assert somebody.ask("GET", "/v1/me").is_success, str(operation)
    for operation in WITH_BODY:
        for secret in secrets:
            misplace_in_bodies(operation, somebody, secret)
        assert somebody.ask("GET", "/v1/me").is_success, str(operation)

    assert len(seen.tokens()) > 10
    assert len(seen.replies) > 800
    assert seen.in_texts(*(reply.text for reply in seen.replies)) >= {WORD, me.access, me.refresh}
    assert seen.in_refusals() == set()
    assert seen.in_texts(service.client.get("/metrics").text) == set()
    assert seen.in_texts(lines_of_the_app(capsys)) == set()
    assert all_rows(service.database)["audit_events"]
    assert b"password_reset_asked" in at_rest
    assert seen.in_bytes(at_rest + stored(service.database)) == set()


def test_what_is_sent_in_place_of_a_fields_name_is_not_repeated(service: Service) -> None:
    me = service.register()
    repeated = [
        (str(operation), secret)
        for operation, secret in product(WITH_BODY, (PASSWORD, ADDRESS, f"{WORD}-" * 20))
        for body in ({secret: 1}, operation.body_example | {secret: {secret: secret}})
        if WORD in refused(me, operation, body).text
    ]

    assert repeated == []


def refused(me: Person, operation: Operation, body: Any) -> Response:
    reply = me.ask(operation.method, operation.address(), body)
    assert reply.status_code == 422
    return reply


def test_what_waits_to_be_mailed_is_sealed(service: Service) -> None:
    seen = Sightings(service)
    service.register(ADDRESS, display_name=NAME)
    waiting = stored(service.database)

    assert all_rows(service.database)["outbox"]
    assert len(seen.tokens()) == 3
    assert seen.in_bytes(waiting) == set()


def test_a_fault_of_the_database_tells_nothing(service: Service, capsys: pytest.CaptureFixture[str]) -> None:
    seen = Sightings(service)
    me = live(service)
    with service.database.transaction() as session:
        session.execute(text("ALTER TABLE members RENAME TO somewhere_else"))

    for path in ("/v1/auth/register", "/v1/auth/login", "/v1/auth/password/forgot"):
        body = {"email": ADDRESS} | ({} if "forgot" in path else {"password": PASSWORD})
        assert post(service.client, path, body).status_code in {500, 503}
    assert me.ask("PATCH", "/v1/me", {"display_name": NAME}).status_code in {500, 503}

    assert seen.in_refusals() == set()
    assert seen.in_texts(lines_of_the_app(capsys)) == set()
