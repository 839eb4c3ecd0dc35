"""Tests that rows written by an older version are still readable, including encrypted ones.

The directory `older_data` contains the rows of one member from commit 64ce1d1, and that version's responses to GET
requests. The responses depend on the content of `tests/factories`.
"""

import json
from base64 import b64decode
from collections.abc import Callable, Iterator
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
from tests.factories.accounts import reauthenticate
from tests.factories.results import running_service
from tests.factories.services import PASSWORD, MemberClient, Service

DIRECTORY = Path(__file__).parent / "older_data"
ROWS, RESPONSES, CREDENTIALS = (
    json.loads((DIRECTORY / f"{name}.json").read_text(encoding="utf-8"))
    for name in ("rows", "responses", "credentials")
)
EXPORT = RESPONSES["/v1/me/export"]
for account in (RESPONSES["/v1/me"], EXPORT["account"]):
    account |= {"address_lost": False, "has_password": True, "country": None}  # these fields are newer
EXPORT["security_events"].append(EXPORT["security_events"][-1] | {"event": "reauthenticated"})
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


@pytest.fixture
def service(backend: Backend, sample_template: URL) -> Iterator[Service]:
    """Run a service with the older data, at the time of the older responses."""
    with time_machine.travel(NOW, tick=False), running_service(backend, sample_template) as service:
        restore(service.database)
        yield service


@pytest.fixture
def member(service: Service) -> MemberClient:
    tokens = {name: CREDENTIALS[name] for name in ("access_token", "refresh_token")}
    return MemberClient(service.client, ADDRESS, **tokens)


def with_sorted_events(response: Any) -> Any:
    """Sort the security events, because events with equal timestamps have no fixed order."""
    events = response.get("security_events", [])
    return response | {"security_events": sorted(events, key=lambda event: (event["happened_at"], event["event"]))}


def test_responses_equal_responses_of_older_version(member: MemberClient) -> None:
    assert reauthenticate(member, password=PASSWORD).status_code == 204  # the export requires it
    for path, expected in RESPONSES.items():
        response = member.request("GET", path)

        assert (path, response.status_code) == (path, 200)
        assert with_sorted_events(response.json()) == with_sorted_events(expected), path


def test_older_credentials_still_work(member: MemberClient) -> None:
    """The credentials are a session, a password and a calendar address."""
    assert member.refresh_session().status_code == 200
    assert member.request("GET", "/v1/me").json() == RESPONSES["/v1/me"]
    assert member.sign_in().status_code == 200
    response = member.request("PUT", "/v1/me/journeys/current/calendar")
    assert (response.status_code, response.json()["path"]) == (200, CREDENTIALS["calendar"])
    assert member.client.get(CREDENTIALS["calendar"]).status_code == 200


def test_change_of_an_older_encrypted_day_is_merged(member: MemberClient) -> None:
    response = member.request("PATCH", DAY, {"mood_after": 5})

    assert response.status_code == 200
    assert member.request("GET", DAY).json() == RESPONSES[DAY] | {
        "progress": RESPONSES[DAY]["progress"] | {"mood_after": 5}
    }


def test_older_waiting_message_is_sent(service: Service) -> None:
    [mail] = service.sent_emails(to="ana.new@example.org")

    assert "#token=" in mail.get_content()
