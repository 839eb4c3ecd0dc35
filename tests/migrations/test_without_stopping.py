"""A column gets another name while requests go on: those of the version before, which knows the old name, and those of
the app as it is, which knows the new one (docs/decisions/migrations.md).
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
from app.content.commands import load_folder
from app.core.db.columns import UtcDateTime
from app.core.db.database import Database
from app.core.timestamps import utc_now
from tests.factories.content import write_article, write_folder
from tests.factories.migrations import config_for, take_up
from tests.factories.services import Person, Service

STEPS = Path(__file__).parent / "without_stopping"
MANY = 30
ROUNDS = 5  # that each version gets to make, at least, while another step has been taken
PATIENCE = 20.0

KEEP = text("INSERT INTO bookmarks (member_id, article_id, kept_at) VALUES (:member, :article, :moment)").bindparams(
    bindparam("moment", type_=UtcDateTime())
)
LOOK = text("SELECT kept_at FROM bookmarks WHERE member_id = :member AND article_id = :article")
LET_GO = text("DELETE FROM bookmarks WHERE member_id = :member AND article_id = :article")


@dataclass(slots=True)
class Requests:
    """The same again and again, until it is over."""

    once: Callable[[], None]
    rounds: int = 0
    failures: list[str] = field(default_factory=list)
    over: threading.Event = field(default_factory=threading.Event)

    def run(self) -> None:
        while not self.over.wait(0.005):
            try:
                self.once()
            except Exception as error:  # noqa: BLE001 - each is a request that somebody would have seen fail
                self.failures.append(repr(error))
            self.rounds += 1

    def go_on(self) -> None:
        """Return once some more have been made."""
        aim, give_up = self.rounds + ROUNDS, time.monotonic() + PATIENCE
        while self.rounds < aim:
            assert time.monotonic() < give_up, self.failures
            time.sleep(0.005)


@contextmanager
def going_on(once: Callable[[], None]) -> Iterator[Requests]:
    requests = Requests(once)
    thread = threading.Thread(target=requests.run)
    thread.start()
    try:
        yield requests
    finally:
        requests.over.set()
        thread.join()


def version_before(database: Database, member: str, article: UUID) -> Callable[[], None]:
    """What it writes and reads, on one bookmark."""
    ids = {"member": UUID(member), "article": article}
    if database.url.get_backend_name() == "sqlite":
        ids = {name: value.hex for name, value in ids.items()}  # type: ignore[misc] # as it stores them

    def once() -> None:
        with database.transaction() as session:
            session.execute(KEEP, {**ids, "moment": utc_now()})
        with database.reads.connect() as connection:
            assert connection.scalar(LOOK, ids)
        with database.transaction() as session:
            assert session.execute(LET_GO, ids).rowcount == 1

    return once


def version_now(me: Person, kept: int) -> Callable[[], None]:
    def once() -> None:
        assert me.ask("PUT", "/v1/me/bookmarks/article-0").is_success
        assert me.ask("GET", "/v1/me/bookmarks").json()["total"] == kept + 1
        assert me.ask("DELETE", "/v1/me/bookmarks/article-0").status_code == 204

    return once


def saved(database: Database) -> dict[UUID, datetime]:
    with database.reads.connect() as connection:
        return {row.article_id: row.saved_at for row in connection.execute(select(Bookmark.__table__))}  # type: ignore[attr-defined]


def test_requests_go_on_while_a_column_is_replaced(service: Service, tmp_path: Path) -> None:
    folder = write_folder(tmp_path / "content")
    for n in range(MANY + 1):
        write_article(folder, f"article-{n}")
    load_folder(service.database, folder)
    ana, ben = service.register(), service.register()
    url, database = service.settings.database, service.database
    for n in range(1, MANY + 1):
        assert ana.ask("PUT", f"/v1/me/bookmarks/article-{n}").is_success
    before = saved(database)
    with database.reads.connect() as connection:
        article = connection.scalar(select(col(Article.id)).where(col(Article.slug) == "article-0"))
    assert article
    take_up(url, "before", STEPS)

    with going_on(version_before(database, ben.ask("GET", "/v1/me").json()["id"], article)) as old:
        for step in ("expand", "index", "backfill"):
            old.go_on()
            take_up(url, step, STEPS)
        with going_on(version_now(ana, kept=MANY)) as new:
            old.go_on()
            new.go_on()
            old.over.set()
            new.go_on()
            take_up(url, "contract", STEPS)
            new.go_on()

    assert (old.failures, new.failures) == ([], [])
    assert saved(database) == before
    command.check(config_for(url, STEPS))
