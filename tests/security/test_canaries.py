"""Tests that secrets in any part of a request never appear in errors, logs, metrics or the database."""

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
from tests.factories.accounts import newest_code, newest_email_token
from tests.factories.operations import (
    OPERATIONS,
    OPERATIONS_BY_ID,
    OPERATIONS_WITH_BODY,
    Operation,
    iterate_fields,
    replace_at,
)
from tests.factories.rows import all_rows, stored_bytes
from tests.factories.services import MemberClient, Service, post
from tests.security.canaries import (
    CANARY,
    EMAIL,
    NAME,
    NEW_EMAIL,
    PASSWORD,
    REFLECTION,
    REQUEST_ID,
    RUN_PATH,
    LeakDetector,
    calendar_secret,
    request_successfully,
    use_all_features,
    use_journey,
)
from tests.security.conftest import ON_SQLITE_ONLY, WITHOUT_LIMITS
from tests.security.member_requests import create_run

CLIENT_LOGGERS = ("httpx2", "httpcore")  # loggers of the HTTP client that the tests use
HEADERS = ("User-Agent", "Referer", "Origin", "Cookie", "X-Forwarded-For", "If-None-Match", "Host", "Content-Type")


@pytest.fixture
def service(make_service: MakeService) -> Iterator[Service]:
    """Run a service with debug logging and without rate limits."""
    level = logging.getLogger().level
    yield make_service(log_level="debug", **WITHOUT_LIMITS)
    logging.getLogger().setLevel(level)


def send_secrets_in_url_and_headers(
    operation: Operation, other_member: MemberClient, secrets: Sequence[str], next_secrets: Iterator[str]
) -> None:
    """Send secrets in unexpected parts of the URL, and in headers."""
    method, path, client = operation.method, operation.example_path(), other_member.client
    quoted_secrets = [quote(secret, safe="") for secret in secrets]
    urls = [
        f"{path}/{'/'.join(quoted_secrets)}",
        f"{path}?{'&'.join(quoted_secrets)}",
        f"{path}?a={'&b='.join(quoted_secrets)}",
    ]
    for parameter in operation.parameters:
        name, secret = parameter["name"], quote(next(next_secrets), safe="")
        is_in_path = parameter["in"] == "path"
        urls.append(operation.example_path(**{name: secret}) if is_in_path else f"{path}?{name}={secret}")
    for url in urls:
        client.request(method, url, headers=other_member.headers)
    for authorization in (f"Bearer {next(next_secrets)}", f"Basic {next(next_secrets)}"):
        client.request(
            method, path, headers={name: next(next_secrets) for name in HEADERS} | {"Authorization": authorization}
        )


def send_secrets_in_bodies(operation: Operation, other_member: MemberClient, next_secrets: Iterator[str]) -> None:
    """Send a secret in each field of the request body, and as the whole body."""
    path, example = operation.example_path(), operation.body_example
    bodies = [next(next_secrets), [next(next_secrets)], {name: [next(next_secrets)] for name in example}]
    fields = [at for at, _ in iterate_fields(operation.body_schema, example) if at]
    bodies += [replace_at(example, at, next(next_secrets)) for at in fields]
    raw_bodies = [next(next_secrets), f'{{"password": "{next(next_secrets)}"', *map(json.dumps, bodies)]
    for content, content_type in [(body, "application/json") for body in raw_bodies] + [(raw_bodies[0], "text/plain")]:
        headers = other_member.headers | {"Content-Type": content_type}
        other_member.client.request(operation.method, path, content=content, headers=headers)


def app_log_lines(capsys: pytest.CaptureFixture[str]) -> str:
    lines = "\n".join(capsys.readouterr()).splitlines()
    app_lines = [line for line in lines if not any(f'"logger": "{client}' in line for client in CLIENT_LOGGERS)]
    assert len(app_lines) > 30
    return "\n".join(app_lines)


def test_secrets_do_not_leak_into_errors_logs_metrics_or_database(
    service: Service, capsys: pytest.CaptureFixture[str]
) -> None:
    detector = LeakDetector(service)
    member = use_all_features(service)
    stored_before = stored_bytes(service.database)
    other_member = MemberClient(service.client, "bystander@example.org", "otters doze beside a green door")
    registration = {"email": other_member.email, "password": other_member.password}
    assert post(service.client, "/v1/auth/register", registration).status_code == 202
    assert other_member.sign_in().status_code == 200
    create_run(service, other_member)
    secrets = [PASSWORD, NEW_EMAIL, NAME, REFLECTION, member.access_token, member.refresh_token]
    secrets.append(newest_email_token(service, NEW_EMAIL))
    secrets.append(calendar_secret(request_successfully(member, "PUT", f"{RUN_PATH}/calendar")))

    # Codes and request ids are sent as values only, because errors repeat short names of unknown fields.
    next_secrets = cycle([*secrets, REQUEST_ID, newest_code(service, NEW_EMAIL)])
    for operation in OPERATIONS:
        send_secrets_in_url_and_headers(operation, other_member, secrets, next_secrets)
        assert other_member.request("GET", "/v1/me").is_success, str(operation)
    for operation in OPERATIONS_WITH_BODY * 2:  # so that each field contains two different secrets
        send_secrets_in_bodies(operation, other_member, next_secrets)
        assert other_member.request("GET", "/v1/me").is_success, str(operation)

    assert len(detector.tokens()) > 10
    assert len(detector.codes()) > 5
    assert len(detector.responses) > 800
    response_texts = [response.text for response in detector.responses]
    assert detector.find_in_texts(*response_texts) >= {CANARY, member.access_token, secrets[-1]}
    assert detector.find_in_error_responses() == set()
    assert detector.find_in_texts(service.client.get("/metrics").text) == set()
    assert detector.find_in_texts(app_log_lines(capsys)) == set()
    assert all_rows(service.database)["audit_events"]
    assert b"password_reset_asked" in stored_before
    assert detector.find_in_bytes(stored_before + stored_bytes(service.database)) == set()


@ON_SQLITE_ONLY
def test_unknown_field_names_are_not_echoed(service: Service) -> None:
    member = service.register()
    repeated = [
        (str(operation), secret)
        for operation, secret in product(OPERATIONS_WITH_BODY, (PASSWORD, EMAIL, f"{CANARY}-" * 20))
        for body in ({secret: 1}, operation.body_example | {secret: {secret: secret}})
        if CANARY in rejected_response(member, operation, body).text
    ]

    assert repeated == []


def rejected_response(member: MemberClient, operation: Operation, body: Any) -> Response:
    response = member.request(operation.method, operation.example_path(), body)
    assert response.status_code == 422
    return response


def test_database_error_leaks_no_secrets(service: Service, capsys: pytest.CaptureFixture[str]) -> None:
    detector = LeakDetector(service)
    member = use_all_features(service)
    with service.database.transaction() as session:
        session.execute(text("ALTER TABLE members RENAME TO somewhere_else"))

    for path in ("/v1/auth/register", "/v1/auth/login", "/v1/auth/password/forgot"):
        body = {"email": EMAIL} | ({} if "forgot" in path else {"password": PASSWORD})
        assert post(service.client, path, body).status_code in {500, 503}
    assert member.request("PATCH", "/v1/me", {"display_name": NAME}).status_code in {500, 503}

    assert detector.find_in_error_responses() == set()
    assert detector.find_in_texts(app_log_lines(capsys)) == set()


def test_day_notes_are_encrypted_and_not_logged(service: Service, capsys: pytest.CaptureFixture[str]) -> None:
    detector = LeakDetector(service)
    member = service.register_verified()
    use_journey(service, member)
    rows = all_rows(service.database)

    encrypted = bytes.fromhex("".join(re.findall(r"[0-9a-f]{100,}", "".join(rows["day_notes"] + rows["calendars"]))))
    assert [len(rows[name]) for name in ("day_notes", "calendars", "applied_changes")] == [1, 1, 1]
    assert len(encrypted) > 512
    assert not [word for word in (b"first-1", b"tasks", b"mood", b"reflection", b"true") if word in encrypted]
    assert detector.find_in_bytes(stored_bytes(service.database)) == set()

    for _ in range(10):
        request_successfully(member, "PATCH", f"{RUN_PATH}/days/1", {"tasks": {"second-1": True}})
        request_successfully(member, "GET", f"{RUN_PATH}/days/1")
    for body in ({"tasks": {"first-1": 1}}, {"tasks": {"first-1": True}, "mood_after": 9}, {"first-1": True}):
        rejected_response(member, OPERATIONS_BY_ID["change_day"], body)
    assert member.request("PATCH", f"{RUN_PATH}/days/2", {"tasks": {"first-2": True}}).status_code == 403

    assert re.findall("(?:first|second)-[12]", app_log_lines(capsys)) == []
