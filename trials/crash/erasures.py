"""`kill -9` of an erasure, by the command and by a server: nothing of a member is left, or everything is, and whoever
was erased is written down.
"""

import time
from collections.abc import Mapping, Sequence
from threading import Thread
from uuid import UUID

import httpx
from sqlalchemy import func, select

from app.core.db.database import Database
from app.privacy.erasure_log import Erasures
from app.tables import metadata
from bench.client.members import PASSWORD
from bench.client.walkers import RING, Walker, opened
from trials.crash.checks import faults_in
from trials.crash.ground import Ground
from trials.crash.postgresql import kill_all

AT_ONCE = 8  # members who leave
LONGEST = 0.3  # seconds from the first who has left to the kill
PATIENCE = 20  # seconds in which there has to be one

Rows = Mapping[str, int]


def kill_erasures(ground: Ground, *, kills: int, server_kills: int) -> set[UUID]:
    """Who was erased."""
    erased, broken = set[UUID](), list[str]()
    cut = _kill_commands(ground, kills, erased, broken)
    left = _kill_servers(ground, server_kills, erased, broken)
    broken += faults_in(ground.address)
    ground.expect(
        "nothing of a member is left, or everything is, after kill -9 of an erasure",
        broken,
        f"{kills} kills of the command, {cut} hit; {server_kills} of a server, {left} members left",
    )
    return erased


def expect_written_down(ground: Ground, erased: set[UUID]) -> None:
    """Once a server has run since, which makes up for what a kill kept from the file."""
    erasures = Erasures(ground.place.folder / "erasures", RING)
    wrong = {erasures.mark(each) for each in erased} ^ erasures.marks()
    ground.expect("who was erased is written down, and nobody else", sorted(wrong), f"{len(erased)} members")


def _kill_commands(ground: Ground, kills: int, erased: set[UUID], broken: list[str]) -> int:
    """How many were still at work."""
    cut = 0
    first, *others = ground.members(kills + 1)
    erased.add(first.member_id)
    with opened(ground.address) as database:
        for each, after in zip(others, ground.moments(kills, *_erase(first)), strict=True):
            before = _rows(database, each)
            cut += ground.kill(after, *_erase(each))
            broken += _half(database, each, before)
            if any(_rows(database, each).values()):
                ground.run(*_erase(each))
            broken += [f"left: {name}" for name, many in _rows(database, each).items() if many]
            erased.add(each.member_id)
    return cut


def _kill_servers(ground: Ground, kills: int, erased: set[UUID], broken: list[str]) -> int:
    """How many members there are still."""
    left = 0
    for _ in range(kills):
        members, gone = ground.members(AT_ONCE), set[UUID]()
        with opened(ground.address) as database:
            before = [_rows(database, each) for each in members]
            with ground.serving() as server:
                threads = [Thread(target=_leave, args=(server.url, each, gone)) for each in members]
                for thread in threads:
                    thread.start()
                give_up = time.monotonic() + PATIENCE
                while not gone and time.monotonic() < give_up:
                    time.sleep(0.005)
                time.sleep(ground.random.uniform(0, LONGEST))
                kill_all(server.pid)
                broken += [] if gone else ["nobody could leave"]
                for thread in threads:
                    thread.join()
            for each, had in zip(members, before, strict=True):
                broken += _half(database, each, had)
                is_there = any(_rows(database, each).values())
                if is_there and each.member_id in gone:
                    broken.append(f"{each.member_id} was told that everything is erased")
                left += is_there
                erased.update(() if is_there else (each.member_id,))
    return left


def _leave(url: str, member: Walker, gone: set[UUID]) -> None:
    try:
        reply = httpx.request(
            "DELETE", f"{url}/v1/me", json={"password": PASSWORD}, headers=member.headers, timeout=PATIENCE
        )
    except httpx.TransportError:
        return
    if reply.is_success:
        gone.add(member.member_id)


def _half(database: Database, member: Walker, before: Rows) -> Sequence[str]:
    after = _rows(database, member)
    return [f"{member.member_id}: {after}"] if any(after.values()) and after != before else []


def _rows(database: Database, member: Walker) -> Rows:
    """How many rows each table has of theirs."""
    tables = [table for table in metadata.sorted_tables if "member_id" in table.c]
    with database.snapshot() as reads:
        found = {
            table.name: select(func.count()).select_from(table).where(table.c.member_id == member.member_id)
            for table in tables
        }
        members = metadata.tables["members"]
        found["members"] = select(func.count()).where(members.c.id == member.member_id)
        return {name: reads.scalar(count) or 0 for name, count in found.items()}


def _erase(member: Walker) -> tuple[str, ...]:
    return "accounts", "erase", str(member.member_id), "--yes"
