"""Kill a server with SIGKILL under concurrent writes, sometimes together with PostgreSQL."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from trials.clients import open_client
from trials.crash.erasures import Erasures
from trials.crash.integrity import expect_intact
from trials.environment import Environment
from trials.processes import kill_process_tree
from trials.traffic import Traffic
from trials.writers import State, Writer, create_writers

WRITERS = 7
MIN_WRITING_SECONDS, MAX_WRITING_SECONDS = 0.1, 1.5  # of writing before a kill


@dataclass(slots=True)
class CrashFindings:
    """Differences between acknowledged writes and stored data, found after crashes."""

    unanswered: int = 0
    completed: int = 0  # unanswered writes that were stored nevertheless
    lost: list[str] = field(default_factory=list)
    partial: list[str] = field(default_factory=list)
    rejected: list[str] = field(default_factory=list)


def kill_servers(environment: Environment, erasures: Erasures, *, kills: int) -> None:
    """Kill a server repeatedly while members write and erase accounts, and compare the stored data after each restart.

    Every third kill includes the PostgreSQL server (on SQLite, there is none).
    """
    findings, groups, postgresql = CrashFindings(), list[list[Writer]](), environment.postgresql
    for index in range(kills):
        killed_postgresql = postgresql if index % 3 == 0 else None
        with environment.serving() as server:
            for writers in groups[-1:]:
                _compare(server.url, writers, findings)
            writers = create_writers(environment.database_url, WRITERS, environment.random)
            traffic = Traffic(server.url, writers, pause=0, only_writes=True)
            with erasures.over_http(server.url), traffic.running():
                time.sleep(environment.random.uniform(MIN_WRITING_SECONDS, MAX_WRITING_SECONDS))
                if killed_postgresql:
                    killed_postgresql.kill()
                kill_process_tree(server.pid)
            groups.append(writers)
        if killed_postgresql:
            killed_postgresql.start()
        erasures.check()
    expect_intact(environment, f"{kills} kills of the server")
    with environment.serving() as server:
        for writers in (groups[-1], *groups):
            _compare(server.url, writers, findings)
    _report(environment, findings, [writer for writers in groups for writer in writers], f"{kills} kills")


def _compare(url: str, writers: Sequence[Writer], findings: CrashFindings) -> None:
    """Compare the stored data with the acknowledged writes, then repeat the unanswered writes."""
    for writer in writers:
        stored, write, acknowledged = writer.read_state(url), writer.unanswered, writer.state
        if write is None:
            findings.lost += _different_names(stored, acknowledged)
            continue
        completed = write.applied_to(acknowledged)
        findings.unanswered += 1
        findings.completed += stored == completed
        if stored not in (acknowledged, completed):
            different = [name for name in _different_names(stored, acknowledged) if name not in write.changes]
            findings.lost += different
            findings.partial += [] if different else [f"{write.method} {write.path}"]
        with open_client(url, writer.walker) as client:
            writer.write(client)
        if writer.unanswered or writer.read_state(url) != completed:
            findings.rejected.append(f"repeated: {write.method} {write.path}")


def _different_names(stored: State, expected: State) -> list[str]:
    return [name for name in stored.keys() | expected.keys() if stored.get(name) != expected.get(name)]


def _report(environment: Environment, findings: CrashFindings, writers: Sequence[Writer], kills: str) -> None:
    acknowledged = sum(writer.acknowledged for writer in writers)
    scope = f"{acknowledged} writes, {kills}"
    environment.expect_none(
        "acknowledged writes are stored after a kill of the server",
        findings.lost if acknowledged else ["no write was acknowledged"],
        scope,
    )
    environment.expect_none(
        "unanswered writes are stored completely or not at all",
        findings.partial,
        f"{findings.unanswered} writes, {findings.completed} of them stored",
    )
    rejected = [*findings.rejected, *(request for writer in writers for request in writer.rejected)]
    environment.expect_none("repeated writes succeed, and no write is rejected", rejected, scope)
