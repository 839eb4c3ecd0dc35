"""Run the project's commands and servers as processes, isolated from this machine's settings."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from socket import AF_INET, SOCK_STREAM, socket

import httpx

from app.serving import MALLOC_SETTINGS
from bench.servers.machine import SERVER, on_cores
from bench.servers.proc import megabytes

ROOT = Path(__file__).parents[2]
STARTUP_TIMEOUT_SECONDS = 60


class CommandFailed(Exception):
    """A command failed. The message contains the end of the command's output."""

    def __init__(self, command: Sequence[str], output: str) -> None:
        super().__init__(f"{' '.join(command)}\n{output[-2000:]}")


@dataclass(frozen=True, slots=True)
class Usage:
    """The duration of a command in seconds, and its peak memory in MB (10^6 bytes), if available."""

    seconds: float
    megabytes: float


@dataclass(frozen=True, slots=True)
class Server:
    url: str
    pid: int
    process: subprocess.Popen[bytes]

    def wait_for_exit(self, *, timeout: float) -> float:
        """Wait until the process ends, and return that time as a value of `time.monotonic`."""
        self.process.wait(timeout)
        return time.monotonic()

    def megabytes(self, name: str = "VmRSS") -> float | None:
        """Return the memory of the process in MB, or its peak memory with `VmHWM`, if /proc is available."""
        return megabytes(self.pid, name)


@dataclass(frozen=True, slots=True)
class Sandbox:
    """Runs commands in a directory without a `.env` file, with only the given settings.

    Servers run on the processor cores `cores`, if these are given.
    """

    folder: Path
    cores: Sequence[int] = (SERVER,)
    workers: int = 1

    def environment(self, settings: Mapping[str, str]) -> dict[str, str]:
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("TWENTYONE_")}
        shutdown = {"leaving_seconds": "0"}  # stop without waiting for load balancers
        values = {**shutdown, **settings, "var_dir": str(self.folder)}
        variables = {f"TWENTYONE_{name.upper()}": value for name, value in values.items()}
        return inherited | MALLOC_SETTINGS | variables | {"PYTHONPATH": str(ROOT)}

    def run(self, *arguments: str, **settings: str) -> Usage:
        """Run `python -m ...` until it ends. Raise CommandFailed if it fails."""
        command = [sys.executable, "-m", *arguments]
        with (self.folder / "run.log").open("w+") as log:
            started, peak = time.perf_counter(), 0.0
            process = subprocess.Popen(
                command, cwd=self.folder, env=self.environment(settings), stdout=log, stderr=subprocess.STDOUT
            )
            while process.poll() is None:  # wait4() would include the memory of this process
                peak = max(peak, megabytes(process.pid, "VmHWM") or 0.0)
                time.sleep(0.01)
            seconds = time.perf_counter() - started
            if process.returncode:
                log.seek(0)
                raise CommandFailed(command, log.read())
        return Usage(seconds, peak)

    @contextmanager
    def serving(self, module: str = "app.serving", **settings: str) -> Iterator[Server]:
        """Run the production server, or another module that accepts the same arguments."""
        port = free_port()
        url = f"http://127.0.0.1:{port}"
        command = [*on_cores(*self.cores), sys.executable, "-m", module, "127.0.0.1", str(port), str(self.workers)]
        with (self.folder / f"{port}.log").open("w") as log:
            process = subprocess.Popen(
                command, cwd=self.folder, env=self.environment(settings), stdout=log, stderr=subprocess.STDOUT
            )
            try:
                wait_for(f"{url}/health/live", process)
                yield Server(url, process.pid, process)
            finally:
                process.terminate()
                process.wait()


def wait_for(url: str, process: subprocess.Popen[bytes]) -> None:
    """Wait until a server responds. Raise RuntimeError if it ends or takes too long."""
    deadline = time.monotonic() + STARTUP_TIMEOUT_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        with suppress(httpx.TransportError):
            if not httpx.get(url, timeout=2).is_server_error:
                return
        time.sleep(0.01)
    raise RuntimeError(f"{process.args!r} ended or did not respond within {STARTUP_TIMEOUT_SECONDS} seconds.")


def free_port() -> int:
    with socket(AF_INET, SOCK_STREAM) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def run_content_command(sandbox: Sandbox, command: str, folder: Path, database_url: str) -> Usage:
    return sandbox.run("app.cli", "content", command, str(folder), database_url=database_url)
