"""Short version of the crash trial, a long-running reliability check.

It kills a server, erasures of accounts and a key rotation. tests/content/test_interruption.py kills content loads.
"""

from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest

from bench.servers.processes import Sandbox
from tests.conftest import Backend, SqliteBackend
from trials.crash.commands import kill_key_rotations
from trials.crash.environment import CrashEnvironment
from trials.crash.erasures import check_erasure_log, kill_erasures
from trials.crash.postgresql import durable_postgresql
from trials.crash.servers import kill_servers
from trials.verdict import Verdict

SEED = 21


@pytest.fixture
def environment(backend: Backend, tmp_path: Path) -> Iterator[CrashEnvironment]:
    sandbox, verdict, random = Sandbox(tmp_path), Verdict(), Random(SEED)
    if isinstance(backend, SqliteBackend):
        yield CrashEnvironment("SQLite", sandbox, f"sqlite:///{tmp_path / 'crash.db'}", verdict, random).load_content()
        return
    with durable_postgresql() as server:
        yield CrashEnvironment(
            "PostgreSQL", sandbox, server.create_database("crash"), verdict, random, server
        ).load_content()


def test_crash_of_server_erasure_and_rotation_passes_all_checks(environment: CrashEnvironment) -> None:
    erased_ids = kill_erasures(environment, kills=1, server_kills=1)
    kill_servers(environment, kills=2)
    check_erasure_log(environment, erased_ids)
    kill_key_rotations(environment, kills=1, members=60)

    assert environment.verdict.failed == []
    assert len(environment.verdict.checks) == 7
