"""What only its owner may read is sent everywhere, in the right places and in wrong ones, and is found nowhere."""

import json
import logging
import re
from collections.abc import Iterator, Sequence
from itertools import cycle, product
from typing import Any
from urllib.parse import quote

import pytest
from httpx2 import Response
from sqlalchemy import text

from tests.conftest import MakeService
from tests.factories.operations import BY_NAME, OPERATIONS, WITH_BODY, Operation, fields, placed
from tests.factories.rows import all_rows, stored
from tests.factories.services import Person, Service, post
from tests.security.belongings import run
from tests.security.canaries import (
    ADDRESS,
    NAME,
    NEW_ADDRESS,
    PASSWORD,
    REFLECTION,
    RUN,
    WORD,
    Sightings,
    good,
    live,
    newest_token,
    secret_of,
    walk,
)
from tests.security.conftest import ROOMY

CLIENTS = ("httpx2", "httpcore")  # the test's own client, which logs what it asks for
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
    run(service, somebody)
    secrets = [PASSWORD, NEW_ADDRESS, NAME, REFLECTION, me.access, me.refresh, newest_token(service, NEW_ADDRESS)]
    secrets.append(secret_of(good(me, "PUT", f"{RUN}/calendar")))

    for operation in OPERATIONS:
        misplace(operation, somebody, secrets)
        assert somebody.ask("GET", "/v1/me").is_success, str(operation)
    for operation in WITH_BODY:
        for secret in secrets:
            misplace_in_bodies(operation, somebody, secret)
        assert somebody.ask("GET", "/v1/me").is_success, str(operation)

    assert len(seen.tokens()) > 10
    assert len(seen.replies) > 800
    assert seen.in_texts(*(reply.text for reply in seen.replies)) >= {WORD, me.access, *secrets[-2:]}
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


def test_what_is_noted_on_a_day_is_sealed(service: Service) -> None:
    seen = Sightings(service)
    me = service.register_verified()
    walk(service, me)
    rows = all_rows(service.database)

    kept = bytes.fromhex("".join(re.findall(r"[0-9a-f]{100,}", "".join(rows["day_notes"] + rows["calendars"]))))
    assert [len(rows[name]) for name in ("day_notes", "calendars", "applied_changes")] == [1, 1, 1]
    assert len(kept) > 512
    assert not [word for word in (b"first-1", b"tasks", b"mood", b"reflection", b"true") if word in kept]
    assert seen.in_bytes(stored(service.database)) == set()


def test_which_tasks_were_ticked_is_in_no_log(service: Service, capsys: pytest.CaptureFixture[str]) -> None:
    me = service.register_verified()
    walk(service, me)
    for _ in range(10):
        good(me, "PATCH", f"{RUN}/days/1", {"tasks": {"second-1": True}})
        good(me, "GET", f"{RUN}/days/1")
    for body in ({"tasks": {"first-1": 1}}, {"tasks": {"first-1": True}, "mood_after": 9}, {"first-1": True}):
        assert refused(me, BY_NAME["change_day"], body).status_code == 422
    assert me.ask("PATCH", f"{RUN}/days/2", {"tasks": {"first-2": True}}).status_code == 403

    assert re.findall("(?:first|second)-[12]", lines_of_the_app(capsys)) == []
