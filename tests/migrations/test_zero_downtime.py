"""Test of renaming a column without downtime, while two versions of the app serve requests.

The previous version uses the old name, the current version the new one (docs/decisions/migrations.md).
"""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from uuid import UUID

from alembic import command
from sqlalchemy import bindparam, text
from sqlmodel import col, select

from app.articles.models import Article
from app.bookmarks.models import Bookmark
from app.content.commands import load_directory
from app.core.db.columns import UtcDateTime
from app.core.db.database import Database
from app.core.timestamps import utc_now
from tests.factories.content import write_article, write_content_directory
from tests.factories.migrations import alembic_config, upgrade
from tests.factories.services import MemberClient, Service

STEPS = Path(__file__).parent / "zero_downtime"
BOOKMARK_COUNT = 12  # more than one batch of the backfill
MIN_ROUNDS = 3  # rounds of requests that each version completes between two steps
TIMEOUT_SECONDS = 20.0

INSERT_BOOKMARK = text(
    "INSERT INTO bookmarks (member_id, article_id, kept_at) VALUES (:member, :article, :now)"
).bindparams(bindparam("now", type_=UtcDateTime()))
SELECT_BOOKMARK = text("SELECT kept_at FROM bookmarks WHERE member_id = :member AND article_id = :article")
DELETE_BOOKMARK = text("DELETE FROM bookmarks WHERE member_id = :member AND article_id = :article")


@dataclass(slots=True)
class RepeatedRequests:
    """Repeats requests in a thread until `stopped` is set."""

    send: Callable[[], None]
    rounds: int = 0
    failures: list[str] = field(default_factory=list)
    stopped: threading.Event = field(default_factory=threading.Event)

    def run(self) -> None:
        while not self.stopped.wait(0.005):
            try:
                self.send()
            except Exception as error:  # noqa: BLE001 - each is a failed request
                self.failures.append(repr(error))
            self.rounds += 1

    def wait_for_rounds(self) -> None:
        """Wait until MIN_ROUNDS more rounds of requests are complete."""
        target, deadline = self.rounds + MIN_ROUNDS, time.monotonic() + TIMEOUT_SECONDS
        while self.rounds < target:
            assert time.monotonic() < deadline, self.failures
            time.sleep(0.005)


@contextmanager
def repeating(send: Callable[[], None]) -> Iterator[RepeatedRequests]:
    requests = RepeatedRequests(send)
    thread = threading.Thread(target=requests.run)
    thread.start()
    try:
        yield requests
    finally:
        requests.stopped.set()
        thread.join()


def previous_version(database: Database, member: str, article: UUID) -> Callable[[], None]:
    """Return a function that saves, reads and deletes a bookmark as the previous version did."""
    ids = {"member": UUID(member), "article": article}
    if database.url.get_backend_name() == "sqlite":
        ids = {name: value.hex for name, value in ids.items()}  # type: ignore[misc] # SQLite stores hexadecimal text

    def send() -> None:
        with database.transaction() as session:
            session.execute(INSERT_BOOKMARK, {**ids, "now": utc_now()})
        with database.reads.connect() as connection:
            assert connection.scalar(SELECT_BOOKMARK, ids)
        with database.transaction() as session:
            assert session.execute(DELETE_BOOKMARK, ids).rowcount == 1

    return send


def current_version(member: MemberClient, bookmark_count: int) -> Callable[[], None]:
    def send() -> None:
        assert member.request("PUT", "/v1/me/bookmarks/article-0").is_success
        assert member.request("GET", "/v1/me/bookmarks").json()["total"] == bookmark_count + 1
        assert member.request("DELETE", "/v1/me/bookmarks/article-0").status_code == 204

    return send


def saved_timestamps(database: Database) -> dict[UUID, datetime]:
    with database.reads.connect() as connection:
        return {row.article_id: row.saved_at for row in connection.execute(select(Bookmark.__table__))}  # type: ignore[attr-defined]


def test_requests_succeed_while_a_column_is_renamed(service: Service, tmp_path: Path) -> None:
    directory = write_content_directory(tmp_path / "content")
    for number in range(BOOKMARK_COUNT + 1):
        write_article(directory, f"article-{number}")
    load_directory(service.database, directory)
    ana, ben = service.register(), service.register()
    url, database = service.settings.database, service.database
    for number in range(1, BOOKMARK_COUNT + 1):
        assert ana.request("PUT", f"/v1/me/bookmarks/article-{number}").is_success
    before = saved_timestamps(database)
    with database.reads.connect() as connection:
        article = connection.scalar(select(col(Article.id)).where(col(Article.slug) == "article-0"))
    assert article
    upgrade(url, "before", STEPS)

    with repeating(previous_version(database, ben.request("GET", "/v1/me").json()["id"], article)) as previous:
        for step in ("expand", "index", "backfill"):
            previous.wait_for_rounds()
            upgrade(url, step, STEPS)
        with repeating(current_version(ana, bookmark_count=BOOKMARK_COUNT)) as current:
            previous.wait_for_rounds()
            current.wait_for_rounds()
            previous.stopped.set()
            current.wait_for_rounds()
            upgrade(url, "contract", STEPS)
            current.wait_for_rounds()

    assert (previous.failures, current.failures) == ([], [])
    assert saved_timestamps(database) == before
    command.check(alembic_config(url, STEPS))
