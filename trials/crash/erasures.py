"""Kill commands and servers with SIGKILL while they erase accounts.

An erasure must remove all data of a member or none, and every erased member must be in the erasure log.
"""

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from uuid import UUID

import httpx
from sqlalchemy import func, select

from app.core.db.database import Database
from app.privacy.erasure_log import ErasureLog
from app.tables import metadata
from bench.client.journey_members import RING, Walker
from bench.client.members import PASSWORD
from trials.clients import concurrently, open_client
from trials.environment import Environment
from trials.writers import create_members

CONCURRENT_ERASURES = 8
ERASURE_TIMEOUT_SECONDS = 20  # maximum wait for the first acknowledged erasure

RowCounts = Mapping[str, int]


@dataclass(slots=True)
class Erasures:
    """Erases accounts during kills, and checks that none is erased partly."""

    environment: Environment
    database: Database
    erased_ids: set[UUID] = field(default_factory=set)
    acknowledged_ids: set[UUID] = field(default_factory=set)
    unchecked: list[tuple[Walker, RowCounts]] = field(default_factory=list)  # with the rows before the erasure
    errors: list[str] = field(default_factory=list)

    def kill_commands(self, kills: int) -> int:
        """Kill commands that erase an account. Return how many kills hit a running command."""
        interrupted, commands = 0, self.environment.commands
        first, *members = create_members(self.environment.database_url, kills + 1)
        delays = commands.kill_delays(self.environment.random, kills, *_erase_command(first))
        self.erased_ids.add(first.member_id)
        for member, delay in zip(members, delays, strict=True):
            before = self._row_counts(member)
            interrupted += commands.kill(delay, *_erase_command(member))
            if not self._is_erased(member, before):
                commands.run(*_erase_command(member))
            self.errors += [] if self._is_erased(member, before) else [f"{member.member_id}: a repeated erasure fails"]
        return interrupted

    @contextmanager
    def over_http(self, url: str) -> Iterator[None]:
        """Erase accounts in other threads, while the block kills the server. Call `check` afterwards.

        The block begins when the first erasure is acknowledged.
        """
        members = create_members(self.environment.database_url, CONCURRENT_ERASURES)
        self.unchecked = [(member, self._row_counts(member)) for member in members]
        with concurrently(*(partial(self._erase_over_http, url, member) for member in members)):
            deadline, acknowledged = time.monotonic() + ERASURE_TIMEOUT_SECONDS, len(self.acknowledged_ids)
            while len(self.acknowledged_ids) == acknowledged and time.monotonic() < deadline:
                time.sleep(0.005)
            yield

    def check(self) -> None:
        for member, before in self.unchecked:
            if not self._is_erased(member, before) and member.member_id in self.acknowledged_ids:
                self.errors.append(f"{member.member_id}: an acknowledged erasure is missing")

    def report(self, scope: str) -> None:
        """Check that the erasures were complete, and that the erasure log lists exactly the erased members.

        Servers complete the log at startup, so a server must have been started after the kills.
        """
        description = "a killed erasure removes all data of a member or none"
        self.environment.expect_none(
            description,
            self.errors,
            f"{scope}; {len(self.erased_ids)} erased members, {len(self.acknowledged_ids)} over HTTP",
        )
        log = ErasureLog(self.environment.sandbox.folder / "erasures", RING)
        differences = {log.compute_mark(member_id) for member_id in self.erased_ids} ^ log.read_marks()
        self.environment.expect_none("the erasure log contains exactly the erased members", differences)

    def _erase_over_http(self, url: str, member: Walker) -> None:
        with open_client(url, member) as client, suppress(httpx.TransportError):
            if client.request("DELETE", "/v1/me", json={"password": PASSWORD}).is_success:
                self.acknowledged_ids.add(member.member_id)

    def _is_erased(self, member: Walker, before: RowCounts) -> bool:
        """Return whether no data of the member is left, and record an error if only a part is left."""
        after = self._row_counts(member)
        if not any(after.values()):
            self.erased_ids.add(member.member_id)
        elif after != before:
            self.errors.append(f"{member.member_id}: partly erased: {after}")
        return not any(after.values())

    def _row_counts(self, member: Walker) -> RowCounts:
        """Return the number of rows that belong to the member, by table."""
        columns = {table.name: table.c.member_id for table in metadata.sorted_tables if "member_id" in table.c}
        columns["members"] = metadata.tables["members"].c.id
        with self.database.snapshot() as session:
            return {
                name: session.scalar(select(func.count()).where(column == member.member_id)) or 0
                for name, column in columns.items()
            }


def _erase_command(member: Walker) -> tuple[str, ...]:
    return "accounts", "erase", str(member.member_id), "--yes"
