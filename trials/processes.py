"""Processes that trials kill: commands of the application, and servers with their worker processes."""

import os
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from random import Random
from signal import SIGKILL

import psutil  # type: ignore[import-untyped]

from app.cli import app
from bench.servers.processes import CommandFailed, Sandbox

COMMAND_TIMEOUT_SECONDS = 120
forkserver = get_context("forkserver")  # imports the application once, so that commands start fast
forkserver.set_forkserver_preload(["app.cli"])


@dataclass(frozen=True, slots=True)
class Commands:
    """Runs commands of the application, such as `content load`, in processes that can be killed."""

    sandbox: Sandbox
    settings: Mapping[str, str]

    def run(self, *command: str, **settings: str) -> float:
        """Run a command, and return its duration in seconds. Raise CommandFailed if it fails."""
        warm_up = forkserver.Process(target=int)  # the first process also imports the application
        warm_up.start()
        warm_up.join()
        started_at = time.monotonic()
        process = self._start(command, settings)
        process.join(COMMAND_TIMEOUT_SECONDS)
        if process.exitcode != 0:
            raise CommandFailed(command, self._log.read_text())
        return time.monotonic() - started_at

    def kill(self, delay: float, *command: str, during: Callable[[], None] = lambda: None, **settings: str) -> bool:
        """Kill a command `delay` seconds after its start, and return whether it was still running."""
        deadline = time.monotonic() + delay
        process = self._start(command, settings)
        during()
        process.join(max(0.0, deadline - time.monotonic()))
        was_running = process.exitcode is None
        process.kill()
        process.join()
        return was_running

    def kill_delays(self, random: Random, kills: int, *command: str, **settings: str) -> Iterator[float]:
        """Yield the delays, in seconds after the start, at which to kill a command.

        The command runs once without a kill, and the delays are spread over its duration.
        """
        duration = self.run(*command, **settings)
        for index in range(kills):
            yield 1.1 * duration * (index + random.random()) / kills

    def _start(self, command: Sequence[str], settings: Mapping[str, str]) -> ForkServerProcess:
        environment = self.sandbox.environment({**self.settings, **settings})
        process = forkserver.Process(target=_run_command, args=(list(command), environment, self._log))
        process.start()
        return process

    @property
    def _log(self) -> Path:
        return self.sandbox.folder / "command.log"


def _run_command(command: list[str], environment: dict[str, str], log_path: Path) -> None:
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(log_path.parent)  # this directory has no .env file
    with log_path.open("w") as log:
        for stream in (sys.stdout, sys.stderr):
            os.dup2(log.fileno(), stream.fileno())
        app(command)


def signal_process_tree(pid: int, number: int) -> list[psutil.Process]:
    """Send a signal to a process and its descendants, and return them."""
    root = psutil.Process(pid)
    processes = [root, *root.children(recursive=True)]
    for process in processes:
        with suppress(ProcessLookupError):  # the process has already ended
            os.kill(process.pid, number)
    return processes


def kill_process_tree(pid: int) -> None:
    """Kill a process and its descendants without a shutdown, and wait until all have ended."""
    psutil.wait_procs(signal_process_tree(pid, SIGKILL), timeout=10)
