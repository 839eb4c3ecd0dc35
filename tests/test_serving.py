"""The real server, started as an operator starts it."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from sqlalchemy import URL

from app.core.database import Database
from app.seed.commands import load_folder
from tests.conftest import Backend
from tests.factories.content import write_article, write_folder

ROOT = Path(__file__).parents[1]
PATHS = (
    "/v1/articles",
    "/v1/articles?topic=habits",
    "/v1/articles?q=soon",
    "/v1/feeds/articles.json",
    "/v1/feeds/articles.atom",
    "/v1/feeds/articles.rss",
    "/v1/sitemap.xml",
)


class Server:
    """`twentyone serve` in a process of its own, on a port that was free."""

    def __init__(self, folder: Path, database: URL) -> None:
        environment = os.environ | {
            "TWENTYONE_DATABASE_URL": database.render_as_string(hide_password=False),
            "TWENTYONE_VAR_DIR": str(folder.parent / "var"),
            "PORT": "0",
        }
        command = [sys.executable, "-m", "app.cli", "serve", "--seed", str(folder)]
        self._process = subprocess.Popen(command, cwd=ROOT, env=environment, stderr=subprocess.PIPE, text=True)
        self.database = database
        self.client = httpx.Client(base_url=f"http://127.0.0.1:{self._port()}")

    def _port(self) -> int:
        """The port that was chosen, from the line that uvicorn logs when it listens."""
        assert self._process.stderr
        for line in self._process.stderr:
            if found := re.search(r"running on http://127\.0\.0\.1:(\d+)", line):
                return int(found[1])
        raise AssertionError("the server ended before it listened")

    def stop(self) -> None:
        """Ask it to end, and see that it ends well."""
        self.client.close()
        self._process.send_signal(signal.SIGTERM)
        _, rest = self._process.communicate(timeout=30)
        assert "Traceback" not in rest
        assert self._process.returncode in {0, -signal.SIGTERM}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = write_folder(tmp_path / "content")
    write_article(folder, "here-now")
    return folder


@pytest.fixture
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
