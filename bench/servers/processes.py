"""Commands of the project as processes of their own, away from this machine's settings."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from socket import AF_INET, SOCK_STREAM, socket

import httpx

from app.serving import MALLOC
from bench.servers.machine import SERVER, on_cores
from bench.servers.proc import megabytes

ROOT = Path(__file__).parents[2]
STARTING = 60  # seconds that a server may take until it answers


class Failed(Exception):
    """A command went wrong; the message ends with the last of what it said."""

    def __init__(self, command: Sequence[str], said: str) -> None:
        super().__init__(f"{' '.join(command)}\n{said[-2000:]}")


@dataclass(frozen=True, slots=True)
class Usage:
    """What a command took: seconds by the clock, and the most memory in MB (10^6 bytes) that it held, where that is
    told.
    """

    seconds: float
    megabytes: float


@dataclass(frozen=True, slots=True)
class Server:
    url: str
    pid: int
    process: subprocess.Popen[bytes]

    def ended(self, *, within: float) -> float:
        """When it had ended by itself, on the clock of `time.monotonic`."""
        self.process.wait(within)
        return time.monotonic()

    def megabytes(self, name: str = "VmRSS") -> float | None:
        """The memory that it holds, or held at most (`VmHWM`), where /proc tells it."""
        return megabytes(self.pid, name)


@dataclass(frozen=True, slots=True)
class Place:
    """A folder to run in: no file `.env` there, and no `TWENTYONE_` setting but those that are given. Servers have a
    core, or the cores that are given.
    """

    folder: Path
    cores: Sequence[int] = (SERVER,)
    workers: int = 1
    root: Path = ROOT  # of the checkout whose code runs
    python: str = sys.executable

    def environment(self, settings: Mapping[str, str]) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("TWENTYONE_")}
        named = {f"TWENTYONE_{name.upper()}": value for name, value in settings.items()}
        stopping = {"TWENTYONE_LEAVING_SECONDS": "0"}  # nobody has to hear of it first
        return kept | MALLOC | stopping | named | {"PYTHONPATH": str(self.root), "TWENTYONE_VAR_DIR": str(self.folder)}

    def run(self, *arguments: str, **settings: str) -> Usage:
        """Run `python -m ...` to its end. Raises Failed when it ends with an error."""
        command = [self.python, "-m", *arguments]
        with (self.folder / "run.log").open("w+") as log:
            started, most = time.perf_counter(), 0.0
            process = subprocess.Popen(
                command, cwd=self.folder, env=self.environment(settings), stdout=log, stderr=subprocess.STDOUT
            )
            while process.poll() is None:  # what wait4() tells would count this process's memory, too
                most = max(most, megabytes(process.pid, "VmHWM") or 0.0)
                time.sleep(0.01)
            seconds = time.perf_counter() - started
            if process.returncode:
                log.seek(0)
                raise Failed(command, log.read())
        return Usage(seconds, most)

    def ask(self, *arguments: str, before: Sequence[str] = (), **settings: str) -> str:
        """What `python -m ...` prints; its logs go to a file, as a server's do."""
        command = [*before, self.python, "-m", *arguments]
        with (self.folder / "ask.log").open("w+") as log:
            try:
                return subprocess.check_output(
                    command, cwd=self.folder, env=self.environment(settings), stderr=log, text=True
                )
            except subprocess.CalledProcessError:
                log.seek(0)
                raise Failed(command, log.read()) from None

    @contextmanager
    def serving(self, module: str = "app.serving", **settings: str) -> Iterator[Server]:
        """A server, by the program that `twentyone serve` becomes or one that is called like it."""
        port = free_port()
        url = f"http://127.0.0.1:{port}"
        command = [*on_cores(*self.cores), self.python, "-m", module, "127.0.0.1", str(port), str(self.workers)]
        with (self.folder / f"{port}.log").open("w") as log:
            process = subprocess.Popen(
                command, cwd=self.folder, env=self.environment(settings), stdout=log, stderr=subprocess.STDOUT
            )
            try:
                _wait_for(url, process)
                yield Server(url, process.pid, process)
            finally:
                process.terminate()
                process.wait()


def _wait_for(url: str, process: subprocess.Popen[bytes]) -> None:
    give_up = time.monotonic() + STARTING
    while time.monotonic() < give_up and process.poll() is None:
        try:
            httpx.get(f"{url}/health/live", timeout=2)
        except httpx.TransportError:
            time.sleep(0.05)
        else:
            return
    raise RuntimeError(f"{process.args!r} doesn't answer")


def free_port() -> int:
    with socket(AF_INET, SOCK_STREAM) as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def content(place: Place, command: str, folder: Path, database_url: str) -> Usage:
    return place.run("app.cli", "content", command, str(folder), database_url=database_url)
