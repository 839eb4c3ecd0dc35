"""Kill a server with SIGKILL under concurrent writes, sometimes together with PostgreSQL."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from random import Random
from threading import Thread

import httpx
from sqlalchemy import update
from sqlmodel import col

from app.accounts.models import Member
from bench.client.journey_members import add_walkers, open_database
from trials.crash.checks import integrity_errors
from trials.crash.environment import CrashEnvironment
from trials.crash.postgresql import DurablePostgresql, kill_process_tree
from trials.crash.writes import RESPONSE_TIMEOUT_SECONDS, RandomWriter, Registrar, State

WRITERS = 6  # concurrent clients, in addition to a client that registers accounts
MIN_WRITING_SECONDS, MAX_WRITING_SECONDS = 0.1, 1.5  # of writing before a kill


@dataclass(slots=True)
class WriterGroup:
    """Test clients that write concurrently until the server is killed."""

    writers: Sequence[RandomWriter]
    registrar: Registrar

    def write(self, url: str, kill: Callable[[], None]) -> None:
        threads = [
            Thread(target=write, args=(url,))
            for write in (
                self.registrar.register_until_failure,
                *(writer.write_until_failure for writer in self.writers),
            )
        ]
        for thread in threads:
            thread.start()
        kill()
        for thread in threads:
            thread.join()


@dataclass(slots=True)
class CrashFindings:
    """Differences between acknowledged writes and stored data, found after crashes."""

    unanswered: int = 0
    completed: int = 0  # unanswered writes that were stored nevertheless
    lost: list[str] = field(default_factory=list)
    partial: list[str] = field(default_factory=list)
    rejected: list[str] = field(default_factory=list)
    integrity_errors: list[str] = field(default_factory=list)


def kill_servers(environment: CrashEnvironment, *, kills: int) -> None:
    """Kill a server repeatedly under load, and compare the stored data after each restart.

    Every third kill includes the PostgreSQL server (on SQLite, there is none).
    """
    findings, groups = CrashFindings(), list[WriterGroup]()
    for index in range(kills):
        killed_postgresql = environment.postgresql if index % 3 == 0 else None
        with environment.serving() as server:
            for group in groups[-1:]:
                _compare(server.url, group, findings)
            group = create_writer_group(environment, server.url)
            group.write(server.url, partial(_kill_after_delay, server.pid, killed_postgresql, environment.random))
            groups.append(group)
        if killed_postgresql:
            killed_postgresql.start()
        findings.integrity_errors += integrity_errors(environment.database_url)
    with environment.serving() as server:
        for group in (groups[-1], *groups):
            _compare(server.url, group, findings)
    _report(environment, findings, groups)


def create_writer_group(environment: CrashEnvironment, url: str) -> WriterGroup:
    """Create members with verified email addresses, who may export their data.

    The first member repeatedly gives and withdraws consent.
    """
    walkers = add_walkers(environment.database_url, WRITERS, completed=0)
    with open_database(environment.database_url) as database, database.transaction() as session:
        is_new = col(Member.id).in_([walker.member_id for walker in walkers])
        session.execute(update(Member).where(is_new).values(verified_at=col(Member.registered_at)))
    articles = [article["slug"] for article in httpx.get(f"{url}/v1/articles").raise_for_status().json()["items"]]
    writers = [
        RandomWriter(walker, articles, Random(environment.random.random()), changes_consent=walker is walkers[0])  # noqa: S311 - no secret
        for walker in walkers
    ]
    return WriterGroup(writers, Registrar(f"new-{environment.random.getrandbits(64):x}"))


def _kill_after_delay(pid: int, postgresql: DurablePostgresql | None, random: Random) -> None:
    time.sleep(random.uniform(MIN_WRITING_SECONDS, MAX_WRITING_SECONDS))
    if postgresql:
        postgresql.kill()
    kill_process_tree(pid)


def _compare(url: str, group: WriterGroup, findings: CrashFindings) -> None:
    """Compare the stored data with the acknowledged writes, then retry the unanswered writes."""
    for writer in group.writers:
        with writer.open_client(url) as client:
            stored, write, acknowledged = writer.read_state(client), writer.unanswered, writer.state
            if write is None:
                findings.lost += _different_keys(stored, acknowledged)
                continue
            completed = write.applied_to(acknowledged)
            findings.unanswered += 1
            findings.completed += stored == completed
            if stored not in (acknowledged, completed):
                different = [name for name in _different_keys(stored, acknowledged) if name not in write.changes]
                findings.lost += different
                findings.partial += [] if different else [f"{write.method} {write.path}"]
            writer.attempt(client, write)
            if writer.unanswered or writer.read_state(client) != completed:
                findings.rejected.append(f"retry: {write.method} {write.path}")
    with httpx.Client(base_url=url, timeout=RESPONSE_TIMEOUT_SECONDS) as client:
        findings.lost += group.registrar.missing_accounts(client)
        if not group.registrar.retry(client):
            findings.partial.append("a registration")


def _different_keys(stored: State, expected: Mapping[str, object]) -> list[str]:
    return [name for name in stored.keys() | expected.keys() if stored.get(name) != expected.get(name)]


def _report(environment: CrashEnvironment, findings: CrashFindings, groups: Sequence[WriterGroup]) -> None:
    writers = [writer for group in groups for writer in group.writers]
    acknowledged = sum(writer.acknowledged for writer in writers)
    registered = sum(len(group.registrar.registered) for group in groups)
    scope = f"{acknowledged} writes and {registered} registrations, {len(groups)} kills"
    environment.expect(
        "acknowledged writes are stored after a kill of the server",
        findings.lost if acknowledged else ["no write was acknowledged"],
        scope,
    )
    environment.expect(
        "unanswered writes are stored completely or not at all",
        findings.partial,
        f"{findings.unanswered} writes, {findings.completed} of them stored",
    )
    rejected = [*findings.rejected, *(request for writer in writers for request in writer.rejected)]
    environment.expect("retries succeed, and no write is rejected", rejected, scope)
    environment.expect("the database is intact", findings.integrity_errors, scope)
