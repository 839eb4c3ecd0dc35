"""Crashes, in the short form: the server, an erasure and a rotation.

tests/content/test_interruption.py has the load.
"""

from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest

from bench.servers.processes import Place
from tests.conftest import Backend, Sqlite
from trials.crash.commands import kill_rotations
from trials.crash.erasures import expect_written_down, kill_erasures
from trials.crash.ground import Ground
from trials.crash.postgresql import durable_postgresql
from trials.crash.servers import kill_servers
from trials.verdict import Verdict

SEED = 21


@pytest.fixture
def ground(backend: Backend, tmp_path: Path) -> Iterator[Ground]:
    place, verdict, random = Place(tmp_path), Verdict(), Random(SEED)
    if isinstance(backend, Sqlite):
        yield Ground("SQLite", place, f"sqlite:///{tmp_path / 'crash.db'}", verdict, random).load()
        return
    with durable_postgresql() as server:
        yield Ground("PostgreSQL", place, server.create("crash"), verdict, random, server).load()


def test_what_is_killed_leaves_everything_or_nothing(ground: Ground) -> None:
    erased = kill_erasures(ground, kills=1, server_kills=1)
    kill_servers(ground, kills=2)
    expect_written_down(ground, erased)
    kill_rotations(ground, kills=1, members=60)

    assert ground.verdict.broken == []
    assert len(ground.verdict.promises) == 7
