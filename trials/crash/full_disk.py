"""Trial (long-running reliability check) of a full disk that later has free space again.

`python -m trials.crash.full_disk [DATABASE]` mounts a small file system in memory, in a separate mount namespace.
Without root permissions, it needs a user namespace, which most Linux systems allow.
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
from bench.client.requests import CURRENT_RUN_PATH
from bench.servers.processes import ROOT, Sandbox
from trials.crash.checks import integrity_errors
from trials.crash.environment import CrashEnvironment
from trials.crash.postgresql import durable_postgresql
from trials.crash.servers import WriterGroup, create_writer_group
from trials.crash.writes import RandomWriter
from trials.verdict import Verdict

DISK_MEGABYTES = 64
DISK_FULL_MESSAGE = re.compile("disk is full|No space left on device")
WRITING_SECONDS = 5.0
FILL_TIMEOUT_SECONDS = 20.0  # maximum wait for the first rejected write on the full disk
MAX_RECOVERY_SECONDS = 2.0  # from the release of space to the first successful write
NAMESPACE_COMMANDS = (["unshare", "--mount"], ["unshare", "--user", "--map-current-user", "--keep-caps", "--mount"])
MOUNT_PROBE = ("mount", "-t", "tmpfs", "none", "/mnt")
NO_NAMESPACE_MESSAGE = "FAILED  no small disk: this system does not allow a mount namespace (unshare --mount)"
MOUNT_AND_RUN = 'mount -t tmpfs -o size="$1"m,mode=755 none "$2" && shift 2 && exec "$@"'


def run_full_disk(environment: CrashEnvironment, disk: Path, *, seconds: float) -> None:
    """Send writes before, during and after a full disk, and check the responses.

    Each of the three periods lasts at least `seconds`.
    """
    with environment.serving() as server:
        group = create_writer_group(environment, server.url)
        [member] = environment.create_members(1)
        before = _write_concurrently(group, server.url, seconds)
        fill_up(disk)
        rejections, deadline = _write_concurrently(group, server.url, seconds), time.monotonic() + FILL_TIMEOUT_SECONDS
        while not rejections and time.monotonic() < deadline:  # existing pages still have space for some writes
            rejections = _write_concurrently(group, server.url, seconds)
        with httpx.Client(base_url=server.url, timeout=10) as client:
            read_responses = [
                client.get("/v1/articles"),
                client.get("/v1/support"),
                client.get(CURRENT_RUN_PATH, headers=member.headers),
            ]
            credentials = {"email": member.address, "password": PASSWORD}
            write_responses = [
                client.post(SIGN_IN, json=credentials),
                client.post(REGISTER, json=credentials | {"email": "new@example.org"}),
                client.request("DELETE", "/v1/me", json={"password": PASSWORD}, headers=member.headers),
            ]
        free_space(disk)
        recovery_seconds = _time_to_recover(group.writers[0], server.url)
        after = _write_concurrently(group, server.url, seconds)
        differing = [
            writer.walker.address for writer in group.writers if _read_state(writer, server.url) != writer.state
        ]
    unexpected = [*(f"{response.request.url.path}: {response.status_code}" for response in (*before, *after))]
    unexpected += [path for writer in group.writers for path in writer.rejected]
    _check_responses(environment, rejections, [*read_responses, *write_responses], unexpected, recovery_seconds)
    acknowledged = sum(writer.acknowledged for writer in group.writers)
    environment.expect("exactly the acknowledged writes are stored", differing, f"{acknowledged} writes")
    environment.expect("the database is intact", integrity_errors(environment.database_url), f"{acknowledged} writes")


def _check_responses(
    environment: CrashEnvironment,
    rejections: Sequence[httpx.Response],
    responses: Sequence[httpx.Response],
    unexpected: Sequence[str],
    recovery_seconds: float,
) -> None:
    malformed = [
        f"{response.request.url.path}: {response.status_code} {response.text[:200]}"
        for response in (*rejections, *responses)
        if not (response.is_success or (response.status_code == 503 and "retry-after" in response.headers))
    ]
    reasons = _logged_reasons(environment.sandbox)
    malformed += [] if rejections else ["no write was rejected"]
    statuses = [response.status_code for response in responses]
    environment.expect(
        "writes on a full disk return 503 with Retry-After",
        malformed,
        f"{len(rejections)} writes; {statuses}; {reasons}",
    )
    failed_reads = [
        response.request.url.path
        for response in responses
        if response.request.method == "GET" and not response.is_success
    ]
    environment.expect("reads succeed on a full disk", failed_reads, f"{statuses[:3]}")
    slow = [] if recovery_seconds <= MAX_RECOVERY_SECONDS else ["too late"]
    environment.expect(f"recovery within {MAX_RECOVERY_SECONDS:.0f} s of free space", slow, f"{recovery_seconds:.2f} s")
    environment.expect("no other request is rejected", unexpected, "")


def _logged_reasons(sandbox: Sandbox) -> set[str]:
    """Return the "disk full" messages in the server's logs, which may be incomplete on a full disk."""
    return {reason for log in sandbox.folder.glob("*.log") for reason in DISK_FULL_MESSAGE.findall(log.read_text())}


def _write_concurrently(group: WriterGroup, url: str, seconds: float) -> list[httpx.Response]:
    """Let all writers send writes for `seconds`, and return the 503 responses.

    A rejected write must have no effect, so it is not sent again.
    """
    rejections, deadline = list[httpx.Response](), time.monotonic() + seconds

    def write(writer: RandomWriter) -> None:
        with writer.open_client(url) as client:
            while time.monotonic() < deadline:
                response = writer.attempt(client, writer.next_write())
                if response is None:
                    writer.rejected.append("no response")
                elif writer.unanswered:
                    rejections.append(response)
                writer.unanswered = None

    threads = [Thread(target=write, args=(writer,)) for writer in group.writers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return rejections


def _time_to_recover(writer: RandomWriter, url: str) -> float:
    """Return the seconds until a write succeeds, or the maximum wait if none does."""
    with writer.open_client(url) as client:
        started_at = time.monotonic()
        while (seconds := time.monotonic() - started_at) < 10 * MAX_RECOVERY_SECONDS:
            response = writer.attempt(client, writer.next_write())
            writer.unanswered = None
            if response and response.is_success:
                break
            time.sleep(0.05)
    return seconds


def _read_state(writer: RandomWriter, url: str) -> object:
    with writer.open_client(url) as client:
        return writer.read_state(client)


def fill_up(disk: Path) -> None:
    """Write a file that fills the disk to its last byte."""
    with (disk / "filler").open("wb", buffering=0) as file:
        for size in (1 << 20, 1 << 12, 1):
            with suppress(OSError):
                while file.write(bytes(size)):
                    pass


def free_space(disk: Path) -> None:
    (disk / "filler").unlink()


@contextmanager
def _sqlite_on_disk(disk: Path) -> Iterator[tuple[str, Path]]:
    """Yield a database URL and a directory for logs and emails, both on the small disk."""
    yield f"sqlite:///{disk / 'full.db'}", disk


@contextmanager
def _postgresql_on_disk(disk: Path) -> Iterator[tuple[str, Path]]:
    """Run a PostgreSQL server with its tables on the small disk.

    Its write-ahead log is on another disk, because the server stops if it can't write the log.
    """
    tablespace = disk / "space"
    tablespace.mkdir(mode=0o700)
    with durable_postgresql() as server, tempfile.TemporaryDirectory(prefix="twentyone-full-") as directory:
        if os.geteuid() == 0:
            shutil.chown(tablespace, "pgserver")  # if started by root, the wheel runs the server as this user
        yield server.create_database("full", tablespace=tablespace), Path(directory)


DATABASES_ON_DISK = {"SQLite": _sqlite_on_disk, "PostgreSQL": _postgresql_on_disk}


def run_on_small_disk(database_name: str, seconds: float = WRITING_SECONDS) -> int:
    """Run the full-disk check in a process with a small disk, and return its exit code."""
    prefix = namespace_command()
    if prefix is None:
        print(NO_NAMESPACE_MESSAGE)
        return 1
    with tempfile.TemporaryDirectory(prefix="twentyone-disk-") as directory:
        Path(directory).chmod(0o755)
        command = ["sh", "-c", MOUNT_AND_RUN, "sh", str(DISK_MEGABYTES), directory, sys.executable, "-m", __spec__.name]
        return subprocess.run(
            [*prefix, *command, database_name, str(seconds), directory], cwd=ROOT, check=False
        ).returncode


def namespace_command() -> Sequence[str] | None:
    """Return a command prefix that creates a mount namespace, or None if the system permits none."""
    for command in NAMESPACE_COMMANDS:
        with suppress(FileNotFoundError):
            if subprocess.run([*command, *MOUNT_PROBE], check=False, capture_output=True).returncode == 0:
                return command
    return None


def main(arguments: Sequence[str]) -> int:
    if len(arguments) < 3:
        return max(run_on_small_disk(database_name) for database_name in arguments or DATABASES_ON_DISK)
    database_name, seconds, disk = arguments
    verdict = Verdict()
    with DATABASES_ON_DISK[database_name](Path(disk)) as (database_url, directory):
        random = Random(0)  # noqa: S311 - no secret
        environment = CrashEnvironment(database_name, Sandbox(directory), database_url, verdict, random)
        run_full_disk(environment.load_content(), Path(disk), seconds=float(seconds))
    return verdict.finish()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
