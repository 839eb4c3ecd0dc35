"""Databases that stop, freeze and are locked while members and readers go on asking: a few seconds of each."""

from functools import partial
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import URL

from bench.client.walkers import add_walkers
from tests.conftest import Backend
from trials.faults import Fault, expect_nothing_left, file_locked, serving, try_fault, walkers
from trials.hangups import running, try_hang_ups
from trials.postgresql import PostgreSql
from trials.verdict import Verdict

LONG = 3.3  # seconds of a fault: longer than anybody may wait


@pytest.fixture
def address(backend: Backend, shipped: URL) -> str:
    url = backend.create(shipped).set(drivername=shipped.get_backend_name())
    address = url.render_as_string(hide_password=False)
    if url.get_backend_name() == "postgresql":  # the suite's server promises less than it does as it comes
        with psycopg.connect(address, autocommit=True) as connection:
            connection.execute(f'ALTER DATABASE "{url.database}" SET synchronous_commit = on'.encode())
    return address


def test_members_are_told_to_come_again_and_nothing_is_lost(address: str, tmp_path: Path) -> None:
    faults: dict[str, tuple[Fault, float]] = {"file locked": (partial(file_locked, address), LONG)}
    if address.startswith("postgresql"):
        database = PostgreSql(address)
        faults = {"stopped": (partial(database.stopped, "immediate"), 0.5), "frozen": (database.frozen, LONG)}
    verdict = Verdict()
    groups = walkers(address, each=2)
    with serving(tmp_path, address) as server:
        for name, (fault, seconds) in faults.items():
            traffic = try_fault(verdict, name, server.url, groups, fault, seconds=seconds, before=0.5, after=1.0)
            assert any(each.is_refused for each in traffic.members), name
            if address.startswith("postgresql"):
                expect_nothing_left(verdict, name, PostgreSql(address))

    assert verdict.broken == []


def test_clients_who_hang_up_leave_nothing(address: str, tmp_path: Path) -> None:
    verdict = Verdict()
    people = add_walkers(address, 10, completed=0)
    with running(address, tmp_path) as (app, port):
        try_hang_ups(verdict, app, port, people)

    assert verdict.broken == []
