"""Test helpers: requests about a member's credentials, proofs of a mailbox, and recorded SQL statements."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from email.message import EmailMessage
from threading import current_thread
from typing import Any, NamedTuple

from httpx2 import Response
from sqlalchemy import event
from starlette.testclient import TestClient

from app.core.db.database import Database
from tests.factories.services import PASSWORD, MemberClient, Service, post, token_from_email

NEW_PASSWORD = "two birds on a wire"
NEW_ADDRESS = "ana.new@example.org"
NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
FORGOT_PATH, RESET_PATH = "/v1/auth/password/forgot", "/v1/auth/password/reset"
CODE_PATH, CODE_SIGN_IN_PATH = "/v1/auth/code", "/v1/auth/code/verify"
VERIFY_PATH, REAUTHENTICATE_PATH = "/v1/auth/verify-email", "/v1/auth/reauthenticate"


def from_network(service: Service, host: str) -> TestClient:
    """Return a client whose requests come from the given IP address."""
    return TestClient(service.app, base_url="http://api.test", client=(host, 50000), raise_server_exceptions=False)


def sign_in_status(service: Service, address: str, password: str = PASSWORD) -> int:
    return MemberClient(service.client, address, password).sign_in().status_code


def newest_email_token(service: Service, address: str) -> str:
    """Return the token from the latest email to an address."""
    return token_from_email(service.sent_emails(to=address)[-1])


def change_address(member: MemberClient, address: str = NEW_ADDRESS, password: str | None = PASSWORD) -> Response:
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


def code_from_email(message: EmailMessage) -> str:
    """Return the code in an email: the line of eight digits."""
    code = re.search(r"^[0-9]{8}(?=\r?$)", str(message.get_content()), re.MULTILINE)
    assert code, message["Subject"]
    return code[0]


def newest_code(service: Service, address: str) -> str:
    """Return the code from the latest email to an address."""
    return code_from_email(service.sent_emails(to=address)[-1])


def wrong_code(code: str) -> str:
    return f"{(int(code) + 1) % 10**8:08}"


def request_code(service: Service, address: str, **fields: Any) -> str:
    """Request a sign-in code and return it."""
    service.sent_emails()
    assert post(service.client, CODE_PATH, {"email": address} | fields).status_code == 202
    return newest_code(service, address)


def request_reset_code(service: Service, address: str, **fields: Any) -> str:
    """Request a password reset and return the code from the email."""
    service.sent_emails()
    assert post(service.client, FORGOT_PATH, {"email": address} | fields).status_code == 202
    return newest_code(service, address)


def sign_in_with_code(client: TestClient, address: str, code: str, **fields: Any) -> Response:
    return post(client, CODE_SIGN_IN_PATH, {"email": address, "code": code} | fields)


def reauthenticate(member: MemberClient, **proof: Any) -> Response:
    return member.request("POST", REAUTHENTICATE_PATH, proof)


class MailboxProof(NamedTuple):
    """A request that proves access to a mailbox, with a link or code from it."""

    path: str
    body: dict[str, str]

    def send(self, service: Service, *, bearer: str | None = None, **fields: str) -> Response:
        headers = {"Authorization": f"Bearer {bearer}"} if bearer else {}
        return post(service.client, self.path, self.body | fields, headers=headers)

    def open_account(self, service: Service, address: str) -> MemberClient:
        """Send the proof alone. Return the member who is signed in to the account that it opens."""
        member = MemberClient(service.client, address, NEW_PASSWORD)
        response = self.send(service)
        assert response.is_success, response.json()
        if self.path == RESET_PATH:
            assert member.sign_in().status_code == 200
        else:
            member.store_tokens(response)
        return member


def reset_by_link(service: Service, address: str) -> MailboxProof:
    return MailboxProof(RESET_PATH, {"token": request_reset_token(service, address), "password": NEW_PASSWORD})


def reset_by_code(service: Service, address: str) -> MailboxProof:
    code = request_reset_code(service, address)
    return MailboxProof(RESET_PATH, {"email": address, "code": code, "password": NEW_PASSWORD})


def sign_in_by_code(service: Service, address: str) -> MailboxProof:
    return MailboxProof(CODE_SIGN_IN_PATH, {"email": address, "code": request_code(service, address)})


Door = Callable[[Service, str], MailboxProof]
DOORS: tuple[Door, ...] = (reset_by_link, reset_by_code, sign_in_by_code)


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
