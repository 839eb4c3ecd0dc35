"""Tests that rows written by an older version are still readable, including encrypted ones.

The directory `older_data` contains the rows of one member from commit 64ce1d1, and that version's responses to GET
requests. The responses depend on the content of `tests/factories`.
"""

import json
from base64 import b64decode
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, datetime, time
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import time_machine
from sqlalchemy import URL, Column, select
from sqlmodel import col

from app.articles.models import Article
from app.core.db.database import Database
from app.tables import metadata
from tests.conftest import Backend
from tests.factories.results import running_service
from tests.factories.services import MemberClient, Service

DIRECTORY = Path(__file__).parent / "older_data"
ROWS, RESPONSES, CREDENTIALS = (
    json.loads((DIRECTORY / f"{name}.json").read_text(encoding="utf-8"))
    for name in ("rows", "responses", "credentials")
)
NOW = datetime.fromisoformat(CREDENTIALS["now"])
ADDRESS = "ana@example.org"
DAY = "/v1/me/journeys/current/days/1"
PARSERS: dict[type, Callable[[Any], Any]] = {
    UUID: UUID,
    bytes: b64decode,
    datetime: datetime.fromisoformat,
    date: date.fromisoformat,
    time: time.fromisoformat,
}


def restore(database: Database) -> None:
    """Insert the rows of the older version. The bookmark gets the id of this database's article."""
    assert ROWS.keys() <= metadata.tables.keys()
    with database.transaction() as session:
        article_id = session.scalar(select(col(Article.id)))
        for table in metadata.sorted_tables:
            rows = [{name: stored_value(table.c[name], row[name]) for name in row} for row in ROWS.get(table.name, [])]
            if table.name == "bookmarks":
                rows = [row | {"article_id": article_id} for row in rows]
            for row in rows:
                session.execute(table.insert(), row)


def stored_value(column: Column[Any], value: Any) -> Any:
    return value if value is None else PARSERS.get(column.type.python_type, lambda unchanged: unchanged)(value)


@contextmanager
def restored(backend: Backend, sample_template: URL) -> Iterator[tuple[Service, MemberClient]]:
    """Run a service with the older data. Yield the service and a client of the signed-in member."""
    tokens = {name: CREDENTIALS[name] for name in ("access_token", "refresh_token")}
    with running_service(backend, sample_template) as service:
        restore(service.database)
        yield service, MemberClient(service.client, ADDRESS, **tokens)


@pytest.fixture(autouse=True)
def frozen() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture(scope="module")
def reader(backend: Backend, sample_template: URL) -> Iterator[MemberClient]:
    with restored(backend, sample_template) as (_, member):
        yield member


@pytest.fixture
def writer(backend: Backend, sample_template: URL) -> Iterator[tuple[Service, MemberClient]]:
    with restored(backend, sample_template) as restored_service:
        yield restored_service


def with_sorted_events(response: Any) -> Any:
    """Sort the security events, because events with equal timestamps have no fixed order."""
    events = response.get("security_events", [])
    return response | {"security_events": sorted(events, key=lambda event: (event["happened_at"], event["event"]))}


@pytest.mark.parametrize("path", RESPONSES)
def test_response_equals_response_of_older_version(reader: MemberClient, path: str) -> None:
    response = reader.request("GET", path)

    assert response.status_code == 200
    assert with_sorted_events(response.json()) == with_sorted_events(RESPONSES[path])


def test_older_session_and_password_still_work(writer: tuple[Service, MemberClient]) -> None:
    _, member = writer

    assert member.refresh_session().status_code == 200
    assert member.request("GET", "/v1/me").json() == RESPONSES["/v1/me"]
    assert member.sign_in().status_code == 200


def test_change_of_an_older_encrypted_day_is_merged(writer: tuple[Service, MemberClient]) -> None:
    _, member = writer

    response = member.request("PATCH", DAY, {"mood_after": 5})

    assert response.status_code == 200
    assert member.request("GET", DAY).json() == RESPONSES[DAY] | {
        "progress": RESPONSES[DAY]["progress"] | {"mood_after": 5}
    }


def test_older_waiting_message_is_sent(writer: tuple[Service, MemberClient]) -> None:
    service, _ = writer

    [mail] = service.sent_emails(to="ana.new@example.org")

    assert "#token=" in mail.get_content()


def test_calendar_address_is_unchanged(writer: tuple[Service, MemberClient]) -> None:
    _, member = writer

    response = member.request("PUT", "/v1/me/journeys/current/calendar")

    assert (response.status_code, response.json()["path"]) == (200, CREDENTIALS["calendar"])
    assert member.client.get(CREDENTIALS["calendar"]).status_code == 200
