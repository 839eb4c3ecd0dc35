"""Environment of the crash tests: a database, its server, and commands that can be killed."""

import os
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from random import Random

from app.assessments.requests import NewResult
from app.assessments.results.save_result import create_result
from app.assessments.services import AssessmentServices
from app.cli import app
from app.core.timestamps import utc_now
from bench.client.journey_members import KEYS, RING, Walker, add_walkers, open_database
from bench.client.requests import ANSWERS, ASSESSMENT
from bench.parts.kinds import SERVER_SETTINGS
from bench.servers.processes import ROOT, CommandFailed, Sandbox, Server
from trials.crash.postgresql import DurablePostgresql
from trials.verdict import Verdict

COMMAND_TIMEOUT_SECONDS = 120
forkserver = get_context("forkserver")  # imports the application once, so that commands start fast
forkserver.set_forkserver_preload(["app.cli"])


@dataclass(frozen=True, slots=True)
class CrashEnvironment:
    """A database for crash tests, with a server and commands that can be killed."""

    name: str
    sandbox: Sandbox
    database_url: str
    verdict: Verdict
    random: Random
    postgresql: DurablePostgresql | None = None  # the database server, if the crash test may kill it as well

    @contextmanager
    def serving(self) -> Iterator[Server]:
        with self.sandbox.serving(database_url=self.database_url, **SERVER_SETTINGS) as server:
            yield server

    def expect(self, description: str, errors: Sequence[str], scope: str) -> None:
        self.verdict.expect(f"{self.name}: {description}", not errors, f"{scope}; errors: {list(errors[:5])}")

    def load_content(self) -> "CrashEnvironment":
        """Create the tables, load the shipped content, and return this environment."""
        self.run_command("migrate")
        self.run_command("content", "load", str(ROOT / "seed_content"))
        return self

    def create_members(self, count: int) -> list[Walker]:
        """Create members with three completed journey days and one assessment result each."""
        walkers, services = add_walkers(self.database_url, count, completed=3), AssessmentServices.of(RING)
        body = NewResult(assessment=ASSESSMENT, version=1, answers=ANSWERS)
        with open_database(self.database_url) as database, database.transaction() as session:
            for walker in walkers:
                create_result(session, services, walker.member_id, walker.run_id, body, now=utc_now())
        return walkers

    def run_command(self, *command: str, keys: str = KEYS) -> float:
        """Run a command, and return its duration in seconds. Raise CommandFailed if it fails."""
        started_at = time.perf_counter()
        process = self._start(command, keys)
        process.join(COMMAND_TIMEOUT_SECONDS)
        if process.exitcode != 0:
            raise CommandFailed(command, self._log.read_text())
        return time.perf_counter() - started_at

    def kill_delays(self, kills: int, *command: str, keys: str = KEYS) -> Iterator[float]:
        """Yield the delays, in seconds after the start, at which to kill a command.

        The command runs once without a kill, and the delays are spread over its duration.
        """
        duration = self.run_command(*command, keys=keys)
        for index in range(kills):
            yield 1.1 * duration * (index + self.random.random()) / kills

    def kill_command(
        self, delay: float, *command: str, keys: str = KEYS, during: Callable[[], None] = lambda: None
    ) -> bool:
        """Kill a command `delay` seconds after its start, and return whether it was still running."""
        deadline = time.monotonic() + delay
        process = self._start(command, keys)
        during()
        process.join(max(0.0, deadline - time.monotonic()))
        was_running = process.exitcode is None
        process.kill()
        process.join()
        return was_running

    def _start(self, command: Sequence[str], keys: str) -> ForkServerProcess:
        environment = self.sandbox.environment({"database_url": self.database_url, "keys": keys})
        process = forkserver.Process(target=_run_cli, args=(command, environment, self._log))
        process.start()
        return process

    @property
    def _log(self) -> Path:
        return self.sandbox.folder / "command.log"


def _run_cli(command: Sequence[str], environment: dict[str, str], log_path: Path) -> None:
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(log_path.parent)
    with log_path.open("w") as log:
        for stream in (sys.stdout, sys.stderr):
            os.dup2(log.fileno(), stream.fileno())
    app(list(command))
