"""Test helpers: requests about a member's credentials, and recorded SQL statements."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from threading import current_thread
from typing import Any

from httpx2 import Response
from sqlalchemy import event
from starlette.testclient import TestClient

from app.core.db.database import Database
from tests.factories.services import PASSWORD, MemberClient, Service, post, token_from_email

NEW_PASSWORD = "two birds on a wire"
NEW_ADDRESS = "ana.new@example.org"
NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
FORGOT_PATH, RESET_PATH = "/v1/auth/password/forgot", "/v1/auth/password/reset"


def from_network(service: Service, host: str) -> TestClient:
    """Return a client whose requests come from the given IP address."""
    return TestClient(service.app, base_url="http://api.test", client=(host, 50000), raise_server_exceptions=False)


def sign_in_status(service: Service, address: str, password: str = PASSWORD) -> int:
    return MemberClient(service.client, address, password).sign_in().status_code


def newest_email_token(service: Service, address: str) -> str:
    """Return the token from the latest email to an address."""
    return token_from_email(service.sent_emails(to=address)[-1])


def change_address(member: MemberClient, address: str = NEW_ADDRESS, password: str = PASSWORD) -> Response:
    return member.request("PUT", "/v1/me/email", {"email": address, "current_password": password})


def request_change_token(service: Service, member: MemberClient, address: str = NEW_ADDRESS) -> str:
    """Request a change of address. Return the token from the email."""
    response = change_address(member, address)
    assert (response.status_code, response.json()) == (202, {})
    return newest_email_token(service, address)


def verify_email(member: MemberClient, token: str) -> Response:
    return member.request("POST", "/v1/auth/verify-email", {"token": token})


def change_password(member: MemberClient, current: str = PASSWORD, new: str = NEW_PASSWORD) -> Response:
    return member.request("PUT", "/v1/me/password", {"current_password": current, "new_password": new})


def request_reset_token(service: Service, address: str) -> str:
    """Request a password reset and return the token from the emailed link."""
    assert post(service.client, FORGOT_PATH, {"email": address}).status_code == 202
    return newest_email_token(service, address)


def reset_password(client: TestClient, token: str, password: str = NEW_PASSWORD) -> Response:
    return post(client, RESET_PATH, {"token": token, "password": password})


@contextmanager
def recorded_statements(database: Database) -> Iterator[list[str]]:
    """Record the SQL statements of requests, without those of background threads."""
    statements: list[str] = []

    def record(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if current_thread().name.startswith("requests"):  # named after the thread pool
            statements.append(statement)

    event.listen(database.reads, "before_cursor_execute", record)
    yield statements
    event.remove(database.reads, "before_cursor_execute", record)
