"""`python -m trials.crash.full_disk [PART]`: the disk that a database is on is full, and has room again.

The disk is a small file system in memory, in a mount namespace of its own: whoever may not make one as they are makes
one as root of a namespace of users, which most Linux systems let anybody do.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from random import Random
from threading import Thread

import httpx

from bench.client.members import PASSWORD, REGISTER, SIGN_IN
from bench.client.requests import CURRENT
from bench.servers.processes import ROOT, Place
from trials.crash.checks import faults_in
from trials.crash.ground import Ground
from trials.crash.postgresql import durable_postgresql
from trials.crash.servers import Group, group_of_writers
from trials.crash.writes import Writer
from trials.verdict import Verdict

MEGABYTES = 64  # of the disk
FULL = re.compile("disk is full|No space left on device")
SECONDS = 5.0  # of writing
FILLING = 20.0  # seconds more in which something has to be refused
RECOVERED = 2.0  # seconds from there being room until everybody's writes are taken again
APART = (["unshare", "--mount"], ["unshare", "--user", "--map-current-user", "--keep-caps", "--mount"])
MOUNTING = ("mount", "-t", "tmpfs", "none", "/mnt")
NO_DISK = "BROKEN  a small disk can't be had: nobody may make a mount namespace here (unshare --mount)"
ON_SMALL_DISK = 'mount -t tmpfs -o size="$1"m,mode=755 none "$2" && shift 2 && exec "$@"'


def fill_disk(ground: Ground, disk: Path, *, seconds: float) -> None:
    """Everybody writes for so long before, while and after it is full."""
    with ground.serving() as server:
        group = group_of_writers(ground, server.url)
        [leaving] = ground.members(1)
        before = _write(group, server.url, seconds)
        fill(disk)
        refusals, give_up = _write(group, server.url, seconds), time.monotonic() + FILLING
        while not refusals and time.monotonic() < give_up:  # there is room left in pages that are there
            refusals = _write(group, server.url, seconds)
        with httpx.Client(base_url=server.url, timeout=10) as client:
            reads = [
                client.get("/v1/articles"),
                client.get("/v1/support"),
                client.get(CURRENT, headers=leaving.headers),
            ]
            credentials = {"email": leaving.address, "password": PASSWORD}
            others = [
                client.post(SIGN_IN, json=credentials),
                client.post(REGISTER, json=credentials | {"email": "new@example.org"}),
                client.request("DELETE", "/v1/me", json={"password": PASSWORD}, headers=leaving.headers),
            ]
        empty(disk)
        waited = _time_to_recover(group.writers[0], server.url)
        after = _write(group, server.url, seconds)
        differing = [each.walker.address for each in group.writers if _read(each, server.url) != each.state]
    refused = [*(f"{each.request.url.path}: {each.status_code}" for each in (*before, *after))]
    refused += [said for writer in group.writers for said in writer.refused]
    _tell(ground, refusals, [*reads, *others], refused, waited)
    acknowledged = sum(writer.acknowledged for writer in group.writers)
    ground.expect("what was acknowledged is there, what was refused isn't", differing, f"{acknowledged} writes")
    ground.expect("the database is whole", faults_in(ground.address), f"{acknowledged} writes")


def _tell(
    ground: Ground,
    refusals: Sequence[httpx.Response],
    asked: Sequence[httpx.Response],
    refused: Sequence[str],
    waited: float,
) -> None:
    unclean = [
        f"{each.request.url.path}: {each.status_code} {each.text[:200]}"
        for each in (*refusals, *asked)
        if not (each.is_success or (each.status_code == 503 and "retry-after" in each.headers))
    ]
    reasons = _reasons(ground.place)
    unclean += [] if refusals else ["nothing was refused"]
    said = [each.status_code for each in asked]
    ground.expect("a full disk is a clean 503", unclean, f"{len(refusals)} writes; {said}; {reasons}")
    unread = [each.request.url.path for each in asked if each.request.method == "GET" and not each.is_success]
    ground.expect("reading goes on meanwhile", unread, f"{said[:3]}")
    slow = [] if waited <= RECOVERED else ["later"]
    ground.expect(f"it recovers within {RECOVERED:.0f} s by itself", slow, f"{waited:.2f} s")
    ground.expect("nothing is refused before, after or otherwise", refused, "")


def _reasons(place: Place) -> set[str]:
    """Why the database couldn't be used, as far as there was room for the server to log it."""
    return {reason for log in place.folder.glob("*.log") for reason in FULL.findall(log.read_text())}


def _write(group: Group, url: str, seconds: float) -> list[httpx.Response]:
    """Everybody writes for a while, whatever they are told; the refusals. What is refused isn't done."""
    refusals, until = list[httpx.Response](), time.monotonic() + seconds

    def write(writer: Writer) -> None:
        with writer.client(url) as client:
            while time.monotonic() < until:
                reply = writer.attempt(client, writer.next())
                if reply is None:
                    writer.refused.append("no answer")
                elif writer.unanswered:
                    refusals.append(reply)
                writer.unanswered = None

    threads = [Thread(target=write, args=(each,)) for each in group.writers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return refusals


def _time_to_recover(writer: Writer, url: str) -> float:
    """Seconds until a write was taken; at most ten times as many as promised."""
    with writer.client(url) as client:
        began = time.monotonic()
        while (passed := time.monotonic() - began) < 10 * RECOVERED:
            reply = writer.attempt(client, writer.next())
            writer.unanswered = None
            if reply and reply.is_success:
                break
            time.sleep(0.05)
    return passed


def _read(writer: Writer, url: str) -> object:
    with writer.client(url) as client:
        return writer.read(client)


def fill(disk: Path) -> None:
    """To the last byte."""
    with (disk / "filler").open("wb", buffering=0) as file:
        for size in (1 << 20, 1 << 12, 1):
            with suppress(OSError):
                while file.write(bytes(size)):
                    pass


def empty(disk: Path) -> None:
    (disk / "filler").unlink()


@contextmanager
def _sqlite(disk: Path) -> Iterator[tuple[str, Path]]:
    """Everything on the disk, logs and mails too."""
    yield f"sqlite:///{disk / 'full.db'}", disk


@contextmanager
def _postgresql(disk: Path) -> Iterator[tuple[str, Path]]:
    """Its tables on the disk. What it needs to start with is elsewhere: without room for its log it ends."""
    space = disk / "space"
    space.mkdir(mode=0o700)
    with durable_postgresql() as server, tempfile.TemporaryDirectory(prefix="twentyone-full-") as folder:
        if os.geteuid() == 0:
            shutil.chown(space, "pgserver")  # as whom the wheel runs it then
        yield server.create("full", space=space), Path(folder)


PARTS = {"SQLite": _sqlite, "PostgreSQL": _postgresql}


def on_small_disk(part: str, seconds: float = SECONDS) -> int:
    """Try a part in a process that has such a disk; its exit code."""
    apart = way_apart()
    if apart is None:
        print(NO_DISK)
        return 1
    with tempfile.TemporaryDirectory(prefix="twentyone-disk-") as folder:
        Path(folder).chmod(0o755)
        command = ["sh", "-c", ON_SMALL_DISK, "sh", str(MEGABYTES), folder, sys.executable, "-m", __spec__.name]
        return subprocess.run([*apart, *command, part, str(seconds), folder], cwd=ROOT, check=False).returncode


def way_apart() -> Sequence[str] | None:
    """How a process gets a mount namespace of its own here, if it can."""
    for command in APART:
        with suppress(FileNotFoundError):
            if subprocess.run([*command, *MOUNTING], check=False, capture_output=True).returncode == 0:
                return command
    return None


def main(arguments: Sequence[str]) -> int:
    if len(arguments) < 3:
        return max(on_small_disk(part) for part in arguments or PARTS)
    part, seconds, disk = arguments
    verdict = Verdict()
    with PARTS[part](Path(disk)) as (address, folder):
        ground = Ground(part, Place(folder), address, verdict, Random(0)).load()  # noqa: S311 - no secret
        fill_disk(ground, Path(disk), seconds=float(seconds))
    return verdict.told()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
