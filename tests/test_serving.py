"""Tests for the server process that the `serve` command starts."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from shutil import copy, copytree

import pytest
from sqlalchemy import make_url

from app.content.commands import load_directory
from app.core.db.database import Database
from tests.conftest import Backend
from tests.factories.content import write_article, write_content_directory
from tests.factories.processes.servers import ROOT, ServerProcess

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
def content_directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    content_directory = write_content_directory(tmp_path_factory.mktemp("serving") / "content")
    write_article(content_directory, "here-now")
    return content_directory


@pytest.fixture(scope="module")
def server(content_directory: Path, backend: Backend) -> Iterator[ServerProcess]:
    url = backend.create()
    server = ServerProcess(content_directory, url)
    yield server
    server.stop()
    backend.drop(url)


def test_serve_command_migrates_loads_and_serves(server: ServerProcess) -> None:
    assert server.client.get("/v1/articles/here-now").json()["title"] == "Here Now"
    assert server.client.get("/health/ready").status_code == 200
    assert "server" not in server.client.get("/v1/site").headers


def test_server_runs_code_of_starting_process(content_directory: Path, tmp_path: Path) -> None:
    """The container image runs the code from its directory, without an installed package."""
    code_directory = tmp_path / "code"
    for name in ("app", "migrations"):
        copytree(ROOT / name, code_directory / name)
    copy(ROOT / "alembic.ini", code_directory)
    health = code_directory / "app" / "web" / "health.py"
    health.write_text(health.read_text().replace('status="ok"', 'status="copied"'))

    server = ServerProcess(
        content_directory, make_url(f"sqlite:///{tmp_path / 'copied.db'}"), working_directory=code_directory
    )

    assert server.client.get("/health/live").json() == {"status": "copied"}
    server.stop()


def test_due_article_appears_everywhere_within_five_seconds(server: ServerProcess, content_directory: Path) -> None:
    due_at = datetime.now(UTC) + timedelta(seconds=4)
    write_article(content_directory, "soon", topics=["habits"], publish_at=due_at.isoformat())
    database = Database(server.database)
    load_directory(database, content_directory)
    database.close()

    time.sleep(2)  # wait until the new content is loaded and its responses are cached
    early_paths = {path for path in PATHS if "soon" in response_without_query(server, path)}
    assert datetime.now(UTC) < due_at
    time.sleep((due_at - datetime.now(UTC)).total_seconds() + 5)

    assert early_paths == set()
    assert {path for path in PATHS if "soon" not in response_without_query(server, path)} == set()


def response_without_query(server: ServerProcess, path: str) -> str:
    """Return the text of a response, without the search query that it repeats."""
    response = server.client.get(path)
    assert response.status_code == 200
    return response.text.replace("q=soon", "")
