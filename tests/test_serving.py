"""The real server, started as an operator starts it."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from shutil import copy, copytree

import pytest
from sqlalchemy import make_url

from app.content.commands import load_folder
from app.core.db.database import Database
from tests.conftest import Backend
from tests.factories.content import write_article, write_folder
from tests.factories.processes.servers import ROOT, Server

PATHS = (
    "/v1/articles",
    "/v1/articles?topic=habits",
    "/v1/articles?q=soon",
    "/v1/feeds/articles.json",
    "/v1/feeds/articles.atom",
    "/v1/feeds/articles.rss",
    "/v1/sitemap.xml",
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = write_folder(tmp_path_factory.mktemp("serving") / "content")
    write_article(folder, "here-now")
    return folder


@pytest.fixture(scope="module")
def server(folder: Path, backend: Backend) -> Iterator[Server]:
    url = backend.create()
    server = Server(folder, url)
    yield server
    server.stop()
    backend.drop(url)


def test_one_command_migrates_loads_and_serves(server: Server) -> None:
    assert server.client.get("/v1/articles/here-now").json()["title"] == "Here Now"
    assert server.client.get("/health/ready").status_code == 200
    assert "server" not in server.client.get("/v1/site").headers


def test_the_server_is_the_code_that_was_started(folder: Path, tmp_path: Path) -> None:
    """As in the image, where nothing is installed."""
    code = tmp_path / "code"
    for name in ("app", "migrations"):
        copytree(ROOT / name, code / name)
    copy(ROOT / "alembic.ini", code)
    health = code / "app" / "web" / "health.py"
    health.write_text(health.read_text().replace('status="ok"', 'status="copied"'))

    server = Server(folder, make_url(f"sqlite:///{tmp_path / 'copied.db'}"), code=code)

    assert server.client.get("/health/live").json() == {"status": "copied"}
    server.stop()


def test_what_falls_due_appears_everywhere_within_five_seconds(server: Server, folder: Path) -> None:
    due = datetime.now(UTC) + timedelta(seconds=4)
    write_article(folder, "soon", topics=["habits"], publish_at=due.isoformat())
    database = Database(server.database)
    load_folder(database, folder)
    database.close()

    time.sleep(2)  # the release has been noticed, and what it holds is kept
    before = {path for path in PATHS if "soon" in mentions(server, path)}
    assert datetime.now(UTC) < due
    time.sleep((due - datetime.now(UTC)).total_seconds() + 5)

    assert before == set()
    assert {path for path in PATHS if "soon" not in mentions(server, path)} == set()


def mentions(server: Server, path: str) -> str:
    """What a reply says, without the words that were looked for."""
    reply = server.client.get(path)
    assert reply.status_code == 200
    return reply.text.replace("q=soon", "")
