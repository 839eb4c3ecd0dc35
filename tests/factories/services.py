"""Test helpers: the application under test, and HTTP clients for its members."""

import json
from dataclasses import dataclass, field
from datetime import datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from itertools import count
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from httpx2 import Response
from starlette.testclient import TestClient

from app.core.db.database import Database
from app.core.settings import Settings
from app.main import create_app
from app.privacy.retention import clean_up
from tests.factories.processes.outbox import deliver_due

PASSWORD = "a kettle sings in the rain"
MEMBER_NUMBERS = count(1)


def make_client(app: FastAPI) -> TestClient:
    return TestClient(app, base_url="http://api.test", raise_server_exceptions=False, follow_redirects=False)


@dataclass(slots=True)
class MemberClient:
    """A test client with a member's session on one device."""

    client: TestClient
    email: str
    password: str = PASSWORD
    access_token: str = ""
    refresh_token: str = ""

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.access_token}"}

    def request(self, method: str, path: str, body: Any = None, **options: Any) -> Response:
        """Send an authenticated request. Any method can have a JSON body."""
        headers = self.headers | options.pop("headers", {})
        return request(self.client, method, path, body, headers=headers, **options)

    def sign_in(self, **fields: Any) -> Response:
        """Start a new session, and store its access token and refresh token."""
        response = post(self.client, "/v1/auth/login", {"email": self.email, "password": self.password} | fields)
        if response.status_code == 200:
            self.store_tokens(response)
        return response

    def refresh_session(self) -> Response:
        response = post(self.client, "/v1/auth/refresh", {"refresh_token": self.refresh_token})
        if response.status_code == 200:
            self.store_tokens(response)
        return response

    def store_tokens(self, response: Response) -> None:
        self.access_token, self.refresh_token = response.json()["access_token"], response.json()["refresh_token"]

    def erase(self, password: str | None = None) -> int:
        """Erase the account, and return the HTTP status of the response."""
        return self.request("DELETE", "/v1/me", {"password": password or self.password}).status_code

    def sign_in_on_new_device(self, **fields: Any) -> "MemberClient":
        device = MemberClient(self.client, self.email, self.password)
        assert device.sign_in(**fields).status_code == 200
        return device


@dataclass(slots=True)
class Service:
    """The application under test, without background tasks: tests run these explicitly."""

    app: FastAPI
    client: TestClient
    settings: Settings
    database: Database
    members: list[MemberClient] = field(default_factory=list)

    @classmethod
    def create(cls, settings: Settings) -> "Service":
        app = create_app(settings)
        app.state.services.background_tasks.clear()
        return cls(app, make_client(app), settings, Database(settings.database, request_timeout=10))

    def register(self, email: str | None = None, **fields: Any) -> MemberClient:
        """Register a member, and sign them in."""
        member = MemberClient(self.client, email or f"person-{next(MEMBER_NUMBERS)}@example.org")
        assert post(self.client, "/v1/auth/register", {"email": member.email, "password": PASSWORD} | fields).is_success
        assert member.sign_in().status_code == 200
        self.members.append(member)
        return member

    def register_verified(self, email: str | None = None, **fields: Any) -> MemberClient:
        member = self.register(email, **fields)
        token = token_from_email(self.sent_emails(to=member.email)[-1])
        assert member.request("POST", "/v1/auth/verify-email", {"token": token}).status_code == 204
        return member

    def clean_up(self, *, now: datetime) -> None:
        """Delete expired data, as a background task does every hour."""
        services = self.app.state.services
        clean_up(self.database, services.accounts, services.privacy.erasure_log, now=now)

    def erasure_log_lines(self) -> list[str]:
        path = self.settings.erasures
        return path.read_text().splitlines() if path.exists() else []

    def sent_emails(self, *, to: str | None = None) -> list[EmailMessage]:
        """Deliver the pending emails, and return all emails, oldest first."""
        deliver_due(self.app.state.services.outbox_worker)
        files = sorted((self.settings.var_dir / "mail").glob("*.eml"), key=lambda path: path.stat().st_mtime_ns)
        messages = [parse_email(path) for path in files]
        return [message for message in messages if to is None or message["To"] == to]


def parse_email(path: Path) -> EmailMessage:
    message = message_from_bytes(path.read_bytes(), policy=default)
    assert isinstance(message, EmailMessage)
    return message


def token_from_email(message: EmailMessage) -> str:
    """Return the token from the link in an email."""
    return str(message.get_content()).partition("#token=")[2].split()[0]


def post(client: TestClient, path: str, body: Any, **options: Any) -> Response:
    return request(client, "POST", path, body, **options)


def request(client: TestClient, method: str, path: str, body: Any = None, **options: Any) -> Response:
    content = None if body is None else json.dumps(body)
    headers = options.pop("headers", {}) | ({"Content-Type": "application/json"} if content else {})
    return client.request(method, path, content=content, headers=headers, **options)
