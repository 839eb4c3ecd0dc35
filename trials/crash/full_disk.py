"""Trial (long-running reliability check) of a full disk that later has free space again.

`python -m trials.crash.full_disk [DATABASE]` mounts a small file system in memory, in a separate mount namespace.
Without root permissions, it needs a user namespace, which most Linux systems allow.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from bench.client.members import PASSWORD, REGISTER, SIGN_IN
from bench.client.requests import CURRENT_RUN_PATH
from bench.servers.database_content import load_content
from bench.servers.databases import DATABASES
from bench.servers.processes import ROOT, Sandbox
from trials.clients import TimedExchange, open_client
from trials.crash.integrity import expect_intact
from trials.environment import Environment
from trials.traffic import Traffic
from trials.verdict import Verdict
from trials.writers import Writer, create_members, create_writers

DISK_MEGABYTES, WRITERS = 64, 7
WRITING_SECONDS = 5.0
FILL_TIMEOUT_SECONDS = 20.0  # maximum wait for the first rejected write on the full disk
MAX_RECOVERY_SECONDS = 2.0  # from the release of space to the first successful write
NAMESPACE_COMMANDS = (["unshare", "--mount"], ["unshare", "--user", "--map-current-user", "--keep-caps", "--mount"])
MOUNT_PROBE = ("mount", "-t", "tmpfs", "none", "/mnt")
NO_NAMESPACE_MESSAGE = "FAILED  no small disk: this system does not allow a mount namespace (unshare --mount)"
MOUNT_AND_RUN = 'mount -t tmpfs -o size="$1"m,mode=755 none "$2" && shift 2 && exec "$@"'


def run_full_disk(environment: Environment, disk: Path, *, seconds: float) -> None:
    """Send writes before, during and after a full disk, and check the responses.

    Each of the three periods lasts at least `seconds`. A rejected write must have no effect, so it is not repeated.
    """
    writers = create_writers(environment.database_url, WRITERS, environment.random, repeat_unavailable=False)
    [member] = create_members(environment.database_url, 1)
    other_exchanges = list[TimedExchange]()
    with environment.serving() as server:
        undisturbed = _write(server.url, writers, seconds)
        fill_up(disk)
        on_full_disk, deadline = _write(server.url, writers, seconds), time.monotonic() + FILL_TIMEOUT_SECONDS
        while not _failed(on_full_disk) and time.monotonic() < deadline:  # pages still have space for some writes
            on_full_disk = _write(server.url, writers, seconds)
        with open_client(server.url, member, other_exchanges) as client:
            credentials = {"email": member.address, "password": PASSWORD}
            for path in ("/v1/articles", "/v1/support", CURRENT_RUN_PATH):
                client.get(path)
            client.post(SIGN_IN, json=credentials)
            client.post(REGISTER, json=credentials | {"email": "new@example.org"})
            client.request("DELETE", "/v1/me", json={"password": PASSWORD})
        (disk / "filler").unlink()
        recovery_seconds = _time_to_recover(server.url, writers[0])
        undisturbed += _write(server.url, writers, seconds)
        differing = [writer.walker.address for writer in writers if writer.read_state(server.url) != writer.state]
    rejections = [exchange for exchange in _failed([*on_full_disk, *other_exchanges]) if not exchange.is_unavailable]
    reads = [exchange for exchange in other_exchanges if exchange.request.method == "GET"]
    failed_writes = _failed(on_full_disk)
    environment.expect_none(
        "writes on a full disk return 503 with Retry-After",
        rejections if failed_writes else ["no write was rejected"],
        f"{len(failed_writes)} writes",
    )
    environment.expect_none("reads succeed on a full disk", _failed(reads), f"{len(reads)} reads")
    recovery = f"recovery within {MAX_RECOVERY_SECONDS:.0f} s of free space"
    environment.expect(recovery, recovery_seconds <= MAX_RECOVERY_SECONDS, f"{recovery_seconds:.2f} s")
    unexpected = [*_failed(undisturbed), *(error for writer in writers for error in writer.rejected)]
    environment.expect_none("no other request is rejected", unexpected, f"{len(undisturbed)} requests")
    acknowledged = sum(writer.acknowledged for writer in writers)
    environment.expect_none("exactly the acknowledged writes are stored", differing, f"{acknowledged} writes")
    expect_intact(environment, "a full disk")


def _write(url: str, writers: Sequence[Writer], seconds: float) -> list[TimedExchange]:
    """Let all writers send writes for `seconds`, and return the requests with their responses."""
    with Traffic(url, writers, pause=0, only_writes=True).running() as traffic:
        time.sleep(seconds)
    return traffic.member_exchanges


def _failed(exchanges: Sequence[TimedExchange]) -> list[TimedExchange]:
    return [exchange for exchange in exchanges if not exchange.is_success]


def _time_to_recover(url: str, writer: Writer) -> float:
    """Return the seconds until a write succeeds, or the maximum wait if none does."""
    with open_client(url, writer.walker) as client:
        started_at = time.monotonic()
        while (seconds := time.monotonic() - started_at) < 10 * MAX_RECOVERY_SECONDS:
            response = writer.write(client)
            if response and response.is_success:
                break
            time.sleep(0.05)
    return seconds


def fill_up(disk: Path) -> None:
    """Write a file that fills the disk to its last byte."""
    with (disk / "filler").open("wb", buffering=0) as file:
        for size in (1 << 20, 1 << 12, 1):
            with suppress(OSError):
                while file.write(bytes(size)):
                    pass


@contextmanager
def environment_on(disk: Path, database_name: str) -> Iterator[Environment]:
    """Create a database and a directory for logs and emails on the small disk.

    PostgreSQL has only its tables there, because it stops if it can't write its write-ahead log.
    """
    with (
        tempfile.TemporaryDirectory(prefix="twentyone-full-") as directory,
        DATABASES[database_name](disk) as create_database,
    ):
        url = create_database("full")
        sandbox = Sandbox(disk if database_name == "SQLite" else Path(directory))
        environment = Environment(database_name, sandbox, url, Verdict(), create_database)
        if postgresql := environment.postgresql:
            tablespace = disk / "space"
            tablespace.mkdir(mode=0o700)
            if os.geteuid() == 0:
                shutil.chown(tablespace, "pgserver")  # if started by root, the wheel runs the server as this user
            postgresql.move_to_tablespace(tablespace)
        load_content(url)
        yield environment


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
        return max(run_on_small_disk(database_name) for database_name in arguments or DATABASES)
    database_name, seconds, disk = arguments
    with environment_on(Path(disk), database_name) as environment:
        run_full_disk(environment, Path(disk), seconds=float(seconds))
        return environment.verdict.finish()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
