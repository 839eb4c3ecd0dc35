"""What the version before this database layer wrote is read unchanged, sealed or not.

`older_data` holds rows of one member as commit 64ce1d1 wrote them, and what it answered to each GET at the end. The
replies quote the content of `tests/factories`: a change there changes them as well.
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
from tests.factories.results import serving
from tests.factories.services import Person, Service

FOLDER = Path(__file__).parent / "older_data"
ROWS, REPLIES, CREDENTIALS = (
    json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8")) for name in ("rows", "replies", "credentials")
)
NOW = datetime.fromisoformat(CREDENTIALS["now"])
ADDRESS = "ana@example.org"
DAY = "/v1/me/journeys/current/days/1"
READ: dict[type, Callable[[Any], Any]] = {
    UUID: UUID,
    bytes: b64decode,
    datetime: datetime.fromisoformat,
    date: date.fromisoformat,
    time: time.fromisoformat,
}


def restore(database: Database) -> None:
    """Insert the rows. The bookmarked article is the one that this database has."""
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
    return value if value is None else READ.get(column.type.python_type, lambda same: same)(value)


@contextmanager
def restored(backend: Backend, furnished: URL) -> Iterator[tuple[Service, Person]]:
    """A service on the older data, and its member, as they were signed in."""
    tokens = {"access": CREDENTIALS["access_token"], "refresh": CREDENTIALS["refresh_token"]}
    with serving(backend, furnished) as service:
        restore(service.database)
        yield service, Person(service.client, ADDRESS, **tokens)


@pytest.fixture(autouse=True)
def frozen() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture(scope="module")
def reader(backend: Backend, furnished: URL) -> Iterator[Person]:
    with restored(backend, furnished) as (_, person):
        yield person


@pytest.fixture
def writer(backend: Backend, furnished: URL) -> Iterator[tuple[Service, Person]]:
    with restored(backend, furnished) as restored_service:
        yield restored_service


def in_any_order(reply: Any) -> Any:
    """Events of one moment have no order."""
    events = reply.get("security_events", [])
    return reply | {"security_events": sorted(events, key=lambda event: (event["happened_at"], event["event"]))}


@pytest.mark.parametrize("path", REPLIES)
def test_what_was_written_before_is_read_unchanged(reader: Person, path: str) -> None:
    """By the access token that was issued then."""
    reply = reader.ask("GET", path)

    assert reply.status_code == 200
    assert in_any_order(reply.json()) == in_any_order(REPLIES[path])


def test_who_was_signed_in_stays_so_and_signs_in_by_the_same_password(writer: tuple[Service, Person]) -> None:
    _, person = writer

    assert person.renew().status_code == 200
    assert person.ask("GET", "/v1/me").json() == REPLIES["/v1/me"]
    assert person.sign_in().status_code == 200


def test_a_day_that_was_sealed_before_is_merged_with_what_is_written_now(writer: tuple[Service, Person]) -> None:
    _, person = writer

    reply = person.ask("PATCH", DAY, {"mood_after": 5})

    assert reply.status_code == 200
    assert person.ask("GET", DAY).json() == REPLIES[DAY] | {"progress": REPLIES[DAY]["progress"] | {"mood_after": 5}}


def test_a_mail_that_waited_is_sent(writer: tuple[Service, Person]) -> None:
    service, _ = writer

    [mail] = service.mails(to="ana.new@example.org")

    assert "#token=" in mail.get_content()


def test_the_calendar_has_the_address_that_it_had(writer: tuple[Service, Person]) -> None:
    _, person = writer

    reply = person.ask("PUT", "/v1/me/journeys/current/calendar")

    assert (reply.status_code, reply.json()["path"]) == (200, CREDENTIALS["calendar"])
    assert person.client.get(CREDENTIALS["calendar"]).status_code == 200
