"""Trial (long-running reliability check) of backups and restores during concurrent writes.

`python -m trials.backup [N]` runs N rounds (default 5) on each database. In each round, members write while one backup
completes and another is killed at a random moment. Then a member erases their account, a restore into an empty database
is killed and repeated, and the restored data is checked.
"""

import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

import httpx

from bench.client.journey_members import Walker
from bench.client.members import PASSWORD
from bench.servers.processes import CommandFailed
from trials.clients import open_client
from trials.environment import Environment, run_on_databases
from trials.processes import Commands
from trials.traffic import Traffic
from trials.writers import Writer, create_writers

WRITERS, MIN_WRITES = 3, 10  # writes of each member before the backup
WRITE_PAUSE_SECONDS = 0.05  # leaves CPU time to the server and the backup


def run_round(environment: Environment, name: str = "backup") -> None:
    """Back up a database while members write, and restore the backup into a new database."""
    commands, random, backup = environment.commands, environment.random, environment.sandbox.folder / name
    *writers, erased = create_writers(environment.database_url, WRITERS + 1, random)
    with environment.serving() as server:
        traffic = Traffic(server.url, writers, pause=WRITE_PAUSE_SECONDS)
        with traffic.running():
            while min(writer.acknowledged for writer in writers) < MIN_WRITES and not traffic.failures:
                time.sleep(0.05)
            before = [writer.acknowledged for writer in writers]
            seconds = commands.run("backup", str(backup))
            after = [writer.acknowledged for writer in writers]
            killed_backup = backup.with_name(f"{name}-killed")
            commands.kill(random.random() * seconds / 2, "backup", str(killed_backup))
            if killed_backup.exists():  # the file appears only once a backup is complete
                backup, after = killed_backup, [writer.acknowledged for writer in writers]
            with open_client(server.url, erased.walker) as client:
                client.request("DELETE", "/v1/me", json={"password": PASSWORD}).raise_for_status()
    slowest = max(exchange.seconds for exchange in traffic.member_exchanges)
    environment.expect_none("all requests succeed during a backup", traffic.failures, f"slowest {slowest:.2f} s")
    restored = replace(environment, database_url=environment.create_database(f"restored_{name}"))
    was_killed = restored.commands.kill(random.random() * seconds / 2, "restore", str(backup))
    errors = _restore_again(restored.commands, backup)
    environment.expect_none("a killed restore can be repeated", errors, "killed" if was_killed else "completed")
    _check_restored(restored, writers, before, after, erased.walker)


def _restore_again(commands: Commands, backup: Path) -> list[str]:
    """Repeat a killed restore, and return its errors. A completed one can't be repeated."""
    try:
        commands.run("restore", str(backup))
    except CommandFailed as error:
        return [] if "isn't empty" in str(error) else [str(error)]
    return []


def _check_restored(
    environment: Environment, writers: Sequence[Writer], before: Sequence[int], after: Sequence[int], erased: Walker
) -> None:
    with environment.serving() as server:
        states = [writer.read_state(server.url) for writer in writers]
        with open_client(server.url, erased) as client:
            status, ready = client.get("/v1/me").status_code, client.get("/health/ready")
    moments = [
        [number for number, state in enumerate(writer.states) if state == restored]
        for writer, restored in zip(writers, states, strict=True)
    ]
    mixed = [writer.walker.address for writer, numbers in zip(writers, moments, strict=True) if not numbers]
    environment.expect_none("the data of each member match one moment", mixed)
    outside = [
        f"restored {numbers}"
        for first, last, numbers in zip(before, after, moments, strict=True)
        if not any(first <= number <= last + 1 for number in numbers)  # one more can be unanswered at the end
    ]
    environment.expect_none(
        "the backup contains all writes acknowledged before its start, and none sent after its end",
        outside,
        f"{before} before, {after} after",
    )
    environment.expect("the restored database is ready", ready.is_success, str(ready.status_code))
    is_erased = status == httpx.codes.UNAUTHORIZED
    environment.expect("a member erased after the backup stays erased", is_erased, str(status))


def run_rounds(environment: Environment, *, rounds: int) -> None:
    for number in range(1, rounds + 1):
        run_round(environment, f"backup_{number}")


def main(rounds: int = 5) -> int:
    return run_on_databases(partial(run_rounds, rounds=rounds))


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:])))
