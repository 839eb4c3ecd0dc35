"""The application under test with what belongs to it, and the people who use it."""

import json
from dataclasses import dataclass, field
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
from tests.factories.processes.outbox import deliver_due

PASSWORD = "a kettle sings in the rain"
NUMBERS = count(1)


def client_of(app: FastAPI) -> TestClient:
    return TestClient(app, base_url="http://api.test", raise_server_exceptions=False, follow_redirects=False)


@dataclass(slots=True)
class Person:
    """Somebody with an account, on one device."""

    client: TestClient
    address: str
    password: str = PASSWORD
    access: str = ""
    refresh: str = ""

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.access}"}

    def ask(self, method: str, path: str, body: Any = None, **options: Any) -> Response:
        """A request of theirs; a body goes as JSON, whatever the method."""
        headers = self.headers | options.pop("headers", {})
        return request(self.client, method, path, body, headers=headers, **options)

    def sign_in(self, **more: Any) -> Response:
        """Sign in anew, and keep the tokens."""
        reply = post(self.client, "/v1/auth/login", {"email": self.address, "password": self.password} | more)
        if reply.status_code == 200:
            self.keep(reply)
        return reply

    def renew(self) -> Response:
        reply = post(self.client, "/v1/auth/refresh", {"refresh_token": self.refresh})
        if reply.status_code == 200:
            self.keep(reply)
        return reply

    def keep(self, reply: Response) -> None:
        self.access, self.refresh = reply.json()["access_token"], reply.json()["refresh_token"]

    def erase(self, password: str | None = None) -> int:
        """The status of the answer."""
        return self.ask("DELETE", "/v1/me", {"password": password or self.password}).status_code

    def on_another_device(self, **more: Any) -> "Person":
        other = Person(self.client, self.address, self.password)
        assert other.sign_in(**more).status_code == 200
        return other


@dataclass(slots=True)
class Service:
    """An application whose background work is done when a test says so."""

    app: FastAPI
    client: TestClient
    settings: Settings
    database: Database
    people: list[Person] = field(default_factory=list)

    @classmethod
    def of(cls, settings: Settings) -> "Service":
        app = create_app(settings)
        app.state.services.background.clear()
        return cls(app, client_of(app), settings, Database(settings.database, seconds=10))

    def register(self, address: str | None = None, **more: Any) -> Person:
        """Somebody who signed up, and in."""
        person = Person(self.client, address or f"person-{next(NUMBERS)}@example.org")
        assert post(self.client, "/v1/auth/register", {"email": person.address, "password": PASSWORD} | more).is_success
        assert person.sign_in().status_code == 200
        self.people.append(person)
        return person

    def register_verified(self, address: str | None = None, **more: Any) -> Person:
        person = self.register(address, **more)
        token = token_in(self.mails(to=person.address)[-1])
        assert person.ask("POST", "/v1/auth/verify-email", {"token": token}).status_code == 204
        return person

    def erasures(self) -> list[str]:
        """The lines of the file."""
        path = self.settings.erasures
        return path.read_text().splitlines() if path.exists() else []

    def mails(self, *, to: str | None = None) -> list[EmailMessage]:
        """Everything that was sent so far, the oldest first; what waits is sent before."""
        deliver_due(self.app.state.services.postman)
        files = sorted((self.settings.var_dir / "mail").glob("*.eml"), key=lambda path: path.stat().st_mtime_ns)
        read = [message_of(path) for path in files]
        return [mail for mail in read if to is None or mail["To"] == to]


def message_of(path: Path) -> EmailMessage:
    message = message_from_bytes(path.read_bytes(), policy=default)
    assert isinstance(message, EmailMessage)
    return message


def token_in(mail: EmailMessage) -> str:
    """The token of the link in a mail."""
    return str(mail.get_content()).partition("#token=")[2].split()[0]


def post(client: TestClient, path: str, body: Any, **options: Any) -> Response:
    return request(client, "POST", path, body, **options)


def request(client: TestClient, method: str, path: str, body: Any = None, **options: Any) -> Response:
    content = None if body is None else json.dumps(body)
    headers = options.pop("headers", {}) | ({"Content-Type": "application/json"} if content else {})
    return client.request(method, path, content=content, headers=headers, **options)
