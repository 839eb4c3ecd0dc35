"""Where crashes are tried: a database with the shipped content, its server, and commands that are killed."""

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
from app.assessments.results.save_result import keep_result
from app.assessments.services import AssessmentServices
from app.cli import app
from app.core.timestamps import utc_now
from bench.client.requests import ANSWERS, CHECK_IN
from bench.client.walkers import KEYS, RING, Walker, add_walkers, opened
from bench.parts.kinds import SERVED
from bench.servers.processes import ROOT, Failed, Place, Server
from trials.crash.postgresql import PostgreSql
from trials.verdict import Verdict

LONGEST = 120  # seconds that a command may take
processes = get_context("forkserver")  # imports the application once, and begins each command in a moment
processes.set_forkserver_preload(["app.cli"])


@dataclass(frozen=True, slots=True)
class Ground:
    name: str
    place: Place
    address: str
    verdict: Verdict
    random: Random
    postgresql: PostgreSql | None = None  # that may be killed as well

    @contextmanager
    def serving(self) -> Iterator[Server]:
        with self.place.serving(database_url=self.address, **SERVED) as server:
            yield server

    def expect(self, promise: str, broken: Sequence[str], tried: str) -> None:
        self.verdict.expect(f"{self.name}: {promise}", not broken, f"{tried}; against it: {list(broken[:5])}")

    def load(self) -> "Ground":
        """With the shipped content."""
        self.run("migrate")
        self.run("content", "load", str(ROOT / "seed_content"))
        return self

    def members(self, count: int) -> list[Walker]:
        """New ones, with days completed and a result each."""
        walkers, services = add_walkers(self.address, count, completed=3), AssessmentServices.of(RING)
        body = NewResult(assessment=CHECK_IN, version=1, answers=ANSWERS)
        with opened(self.address) as database, database.transaction() as session:
            for each in walkers:
                keep_result(session, services, each.member_id, each.run_id, body, now=utc_now())
        return walkers

    def run(self, *command: str, keys: str = KEYS) -> float:
        """Seconds that a command took. Raises Failed."""
        began = time.perf_counter()
        process = self._started(command, keys)
        process.join(LONGEST)
        if process.exitcode != 0:
            raise Failed(command, self._said.read_text())
        return time.perf_counter() - began

    def moments(self, kills: int, *command: str, keys: str = KEYS) -> Iterator[float]:
        """Seconds after its start at which to kill such a command, all over the time that it takes."""
        whole = self.run(*command, keys=keys)
        for n in range(kills):
            yield 1.1 * whole * (n + self.random.random()) / kills

    def kill(self, after: float, *command: str, keys: str = KEYS, meanwhile: Callable[[], None] = lambda: None) -> bool:
        """Start a command, and kill it after so many seconds; whether it was still at work."""
        until = time.monotonic() + after
        process = self._started(command, keys)
        meanwhile()
        process.join(max(0.0, until - time.monotonic()))
        was_at_work = process.exitcode is None
        process.kill()
        process.join()
        return was_at_work

    def _started(self, command: Sequence[str], keys: str) -> ForkServerProcess:
        environment = self.place.environment({"database_url": self.address, "keys": keys})
        process = processes.Process(target=_run, args=(command, environment, self._said))
        process.start()
        return process

    @property
    def _said(self) -> Path:
        return self.place.folder / "command.log"


def _run(command: Sequence[str], environment: dict[str, str], said: Path) -> None:
    """As `twentyone` does, in a process of its own."""
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(said.parent)
    with said.open("w") as log:
        for stream in (sys.stdout, sys.stderr):
            os.dup2(log.fileno(), stream.fileno())
    app(list(command))
