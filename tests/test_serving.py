"""Tests for the server process that the `serve` command starts."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from shutil import copy, copytree

import pytest

from app.content.commands import load_directory
from app.core.db.database import Database
from tests.conftest import ROOT, Backend
from tests.factories.content import write_article, write_content_directory
from tests.factories.processes.servers import ServerProcess

PATHS = (
    "/v1/articles",
    "/v1/articles?topic=habits",
    "/v1/articles?q=soon",
    "/v1/feeds/articles.json",
    "/v1/feeds/articles.atom",
    "/v1/feeds/articles.rss",
    "/v1/sitemap.xml",
)


def write_content(directory: Path) -> Path:
    content_directory = write_content_directory(directory / "content")
    write_article(content_directory, "here-now")
    return content_directory


@pytest.fixture(scope="module")
def code_directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Create a copy of the code that differs in one response."""
    code_directory = tmp_path_factory.mktemp("code")
    for name in ("app", "migrations"):
        copytree(ROOT / name, code_directory / name)
    copy(ROOT / "alembic.ini", code_directory)
    health = code_directory / "app" / "web" / "health.py"
    health.write_text(health.read_text().replace('status="ok"', 'status="copied"'))
    return code_directory


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, code_directory: Path, backend: Backend) -> Iterator[ServerProcess]:
    url = backend.create()
    content_directory = write_content(tmp_path_factory.mktemp("serving"))
    server = ServerProcess(content_directory, url, working_directory=code_directory)
    yield server
    server.stop()
    backend.drop(url)


def test_serve_command_migrates_loads_and_serves(server: ServerProcess) -> None:
    assert server.client.get("/v1/articles/here-now").json()["title"] == "Here Now"
    assert server.client.get("/health/ready").status_code == 200
    assert "server" not in server.client.get("/v1/site").headers


def test_server_runs_code_of_its_working_directory(server: ServerProcess) -> None:
    """The container image runs the code from its directory, without an installed package."""
    assert server.client.get("/health/live").json() == {"status": "copied"}


def test_due_article_appears_everywhere_within_five_seconds(server: ServerProcess, tmp_path: Path) -> None:
    content_directory = write_content(tmp_path)
    due_at = datetime.now(UTC) + timedelta(seconds=5)
    write_article(content_directory, "loaded")
    write_article(content_directory, "soon", topics=["habits"], publish_at=due_at.isoformat())
    database = Database(server.database)
    load_directory(database, content_directory)
    database.close()
    wait_until_listed(server, "/v1/articles", "loaded", deadline=due_at)

    early_paths = {path for path in PATHS if "soon" in response_without_query(server, path)}
    assert datetime.now(UTC) < due_at

    assert early_paths == set()
    for path in PATHS:
        wait_until_listed(server, path, "soon", deadline=due_at + timedelta(seconds=5))


def wait_until_listed(server: ServerProcess, path: str, slug: str, *, deadline: datetime) -> None:
    while slug not in response_without_query(server, path):
        assert datetime.now(UTC) < deadline, path
        time.sleep(0.1)


def response_without_query(server: ServerProcess, path: str) -> str:
    """Return the text of a response, without the search query that it repeats."""
    response = server.client.get(path)
    assert response.status_code == 200
    return response.text.replace("q=soon", "")
