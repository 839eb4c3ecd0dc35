"""Many clients at once, over HTTP, and another process that keeps all of them from writing."""

import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest
from httpx2 import Response
from sqlalchemy import URL

from app.cli import migrate_database
from app.core.db.database import Database
from tests.conftest import Backend, settings_for
from tests.factories.processes.servers import served
from tests.factories.services import Person, Service
from tests.factories.writes import held

CLIENTS, TURNS = 64, 4
WRITERS = 12
PATIENT, HASTY = 8.0, 0.8  # seconds that a request waits for the database
SOON = 2.0  # seconds in which a busy machine notices that these are over

Ask = Callable[[], Response]


@pytest.fixture
def crowded(backend: Backend, furnished: URL) -> Iterator[Service]:
    url = backend.create(furnished)
    with served(settings_for(url)) as service:
        yield service
    backend.drop(url)


@contextmanager
def lake(folder: Path, seconds: float) -> Iterator[Service]:
    """On SQLite."""
    database = Database(URL.create("sqlite", database=str(folder / "lake.db")), seconds=10)
    migrate_database(database)
    database.close()
    with served(settings_for(database.url, database_seconds=seconds)) as service:
        yield service


def rename(person: Person, name: str) -> Response:
    return person.ask("PATCH", "/v1/me", {"display_name": name})


def name_of(person: Person) -> str | None:
    reply = person.ask("GET", "/v1/me")
    assert reply.status_code == 200
    name: str | None = reply.json()["display_name"]
    return name


def test_sixty_four_clients_who_read_and_write_are_all_answered(crowded: Service) -> None:
    people = [crowded.register() for _ in range(8)]

    def ask_in_turn(n: int) -> list[int]:
        person = people[n % 8]
        asks: list[Ask] = [
            lambda: rename(person, f"Bo {n}"),
            lambda: person.ask("GET", "/v1/me"),
            lambda: crowded.client.get("/v1/assessments", params={"limit": 1 + n}),
            lambda: person.ask("PUT", "/v1/me/bookmarks/here-now"),
        ]
        return [asks[(n + turn) % 4]().status_code for turn in range(TURNS)]

    with ThreadPoolExecutor(CLIENTS) as pool:
        statuses = Counter(status for each in pool.map(ask_in_turn, range(CLIENTS)) for status in each)

    bookmarked = len(people)
    assert statuses == {200: CLIENTS * TURNS - bookmarked, 201: bookmarked}


def test_a_lock_that_another_process_holds_for_half_a_second_only_delays_writers(tmp_path: Path) -> None:
    with lake(tmp_path, PATIENT) as service, ThreadPoolExecutor(WRITERS) as pool:
        people = [service.register() for _ in range(WRITERS)]
        with held(service.database) as other:
            began = time.monotonic()
            replies = [pool.submit(rename, person, "Bo") for person in people]
            time.sleep(0.5)
            are_answered = any(each.done() for each in replies)
            other.execute("ROLLBACK")
        statuses = [each.result().status_code for each in replies]

        assert not are_answered
        assert statuses == [200] * WRITERS
        assert [name_of(person) for person in people] == ["Bo"] * WRITERS
        assert time.monotonic() - began < PATIENT


def test_a_lock_that_stays_held_answers_writers_503_in_time_and_leaves_readers_alone(tmp_path: Path) -> None:
    with lake(tmp_path, HASTY) as service, ThreadPoolExecutor(WRITERS) as pool:
        people = [service.register() for _ in range(WRITERS)]
        with held(service.database):
            began = time.monotonic()
            replies = [pool.submit(rename, person, "Bo") for person in people]
            names = [name_of(person) for person in people]
            problems = [each.result() for each in replies]
            answered_at = time.monotonic() - began

        assert names == [None] * WRITERS
        assert [(each.status_code, each.json()["code"]) for each in problems] == [(503, "unavailable")] * WRITERS
        assert HASTY * 0.5 < answered_at < HASTY + SOON


def test_what_was_answered_503_for_a_lock_is_not_written_later(tmp_path: Path) -> None:
    with lake(tmp_path, HASTY) as service:
        person, other = service.register(), service.register()
        with held(service.database):
            refused = rename(person, "Too late")

        written = rename(other, "Bo")

        assert (refused.status_code, written.status_code) == (503, 200)
        assert (name_of(person), name_of(other)) == (None, "Bo")
