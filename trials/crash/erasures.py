"""Kill commands and servers with SIGKILL while they erase accounts.

An erasure must remove all data of a member or none, and every erased member must be in the erasure log.
"""

import time
from collections.abc import Mapping, Sequence
from threading import Thread
from uuid import UUID

import httpx
from sqlalchemy import func, select

from app.core.db.database import Database
from app.privacy.erasure_log import ErasureLog
from app.tables import metadata
from bench.client.journey_members import RING, Walker, open_database
from bench.client.members import PASSWORD
from trials.crash.checks import integrity_errors
from trials.crash.environment import CrashEnvironment
from trials.crash.postgresql import kill_process_tree

CONCURRENT_ERASURES = 8
MAX_KILL_DELAY_SECONDS = 0.3  # from the first acknowledged erasure to the kill
ERASURE_TIMEOUT_SECONDS = 20  # maximum wait for the first acknowledged erasure

RowCounts = Mapping[str, int]


def kill_erasures(environment: CrashEnvironment, *, kills: int, server_kills: int) -> set[UUID]:
    """Kill commands and servers while they erase accounts, and return the ids of erased members."""
    erased_ids, errors = set[UUID](), list[str]()
    interrupted = _kill_commands(environment, kills, erased_ids, errors)
    remaining = _kill_servers(environment, server_kills, erased_ids, errors)
    errors += integrity_errors(environment.database_url)
    environment.expect(
        "a killed erasure removes all data of a member or none",
        errors,
        f"{kills} kills of the command, {interrupted} during the erasure; "
        f"{server_kills} of a server, {remaining} members not erased",
    )
    return erased_ids


def check_erasure_log(environment: CrashEnvironment, erased_ids: set[UUID]) -> None:
    """Check that the erasure log lists exactly the erased members.

    Servers complete the log at startup, so a server must have been started after the kills.
    """
    erasures = ErasureLog(environment.sandbox.folder / "erasures", RING)
    differences = {erasures.compute_mark(member_id) for member_id in erased_ids} ^ erasures.read_marks()
    environment.expect(
        "the erasure log contains exactly the erased members", sorted(differences), f"{len(erased_ids)} members"
    )


def _kill_commands(environment: CrashEnvironment, kills: int, erased_ids: set[UUID], errors: list[str]) -> int:
    """Kill commands that erase an account. Return how many kills hit a running command."""
    interrupted = 0
    first, *members = environment.create_members(kills + 1)
    erased_ids.add(first.member_id)
    with open_database(environment.database_url) as database:
        for member, delay in zip(members, environment.kill_delays(kills, *_erase_command(first)), strict=True):
            before = _row_counts(database, member)
            interrupted += environment.kill_command(delay, *_erase_command(member))
            errors += _partial_erasure(database, member, before)
            if any(_row_counts(database, member).values()):
                environment.run_command(*_erase_command(member))
            errors += [f"not erased: {name}" for name, count in _row_counts(database, member).items() if count]
            erased_ids.add(member.member_id)
    return interrupted


def _kill_servers(environment: CrashEnvironment, kills: int, erased_ids: set[UUID], errors: list[str]) -> int:
    """Kill servers while they erase accounts. Return how many members were not erased."""
    remaining = 0
    for _ in range(kills):
        members, acknowledged = environment.create_members(CONCURRENT_ERASURES), set[UUID]()
        with open_database(environment.database_url) as database:
            before = [_row_counts(database, member) for member in members]
            with environment.serving() as server:
                threads = [
                    Thread(target=_erase_over_http, args=(server.url, member, acknowledged)) for member in members
                ]
                for thread in threads:
                    thread.start()
                deadline = time.monotonic() + ERASURE_TIMEOUT_SECONDS
                while not acknowledged and time.monotonic() < deadline:
                    time.sleep(0.005)
                time.sleep(environment.random.uniform(0, MAX_KILL_DELAY_SECONDS))
                kill_process_tree(server.pid)
                errors += [] if acknowledged else ["no erasure succeeded"]
                for thread in threads:
                    thread.join()
            for member, counts_before in zip(members, before, strict=True):
                errors += _partial_erasure(database, member, counts_before)
                has_rows = any(_row_counts(database, member).values())
                if has_rows and member.member_id in acknowledged:
                    errors.append(f"{member.member_id}: an acknowledged erasure is missing")
                remaining += has_rows
                erased_ids.update(() if has_rows else (member.member_id,))
    return remaining


def _erase_over_http(url: str, member: Walker, acknowledged: set[UUID]) -> None:
    try:
        response = httpx.request(
            "DELETE",
            f"{url}/v1/me",
            json={"password": PASSWORD},
            headers=member.headers,
            timeout=ERASURE_TIMEOUT_SECONDS,
        )
    except httpx.TransportError:
        return
    if response.is_success:
        acknowledged.add(member.member_id)


def _partial_erasure(database: Database, member: Walker, before: RowCounts) -> Sequence[str]:
    after = _row_counts(database, member)
    return [f"{member.member_id}: {after}"] if any(after.values()) and after != before else []


def _row_counts(database: Database, member: Walker) -> RowCounts:
    """Return the number of rows that belong to the member, by table."""
    tables = [table for table in metadata.sorted_tables if "member_id" in table.c]
    with database.snapshot() as session:
        counts = {
            table.name: select(func.count()).select_from(table).where(table.c.member_id == member.member_id)
            for table in tables
        }
        members = metadata.tables["members"]
        counts["members"] = select(func.count()).where(members.c.id == member.member_id)
        return {name: session.scalar(count) or 0 for name, count in counts.items()}


def _erase_command(member: Walker) -> tuple[str, ...]:
    return "accounts", "erase", str(member.member_id), "--yes"
