"""`kill -9` of a server under concurrent writes, on PostgreSQL now and then of that as well."""

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
from bench.client.walkers import add_walkers, opened
from trials.crash.checks import faults_in
from trials.crash.ground import Ground
from trials.crash.postgresql import PostgreSql, kill_all
from trials.crash.writes import PATIENCE, Registrar, State, Writer

WRITERS = 6  # at once, beside those who register
SHORTEST, LONGEST = 0.1, 1.5  # seconds of writing before a kill


@dataclass(slots=True)
class Group:
    """Those who write at the same time, until a kill."""

    writers: Sequence[Writer]
    registrar: Registrar

    def write(self, url: str, kill: Callable[[], None]) -> None:
        threads = [
            Thread(target=write, args=(url,))
            for write in (self.registrar.write, *(each.write for each in self.writers))
        ]
        for thread in threads:
            thread.start()
        kill()
        for thread in threads:
            thread.join()


@dataclass(slots=True)
class Found:
    unanswered: int = 0
    done: int = 0  # of these
    lost: list[str] = field(default_factory=list)
    half: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)


def kill_servers(ground: Ground, *, kills: int) -> None:
    """A round begins with the restart after the one before. Every third kill takes PostgreSQL along."""
    found, groups = Found(), list[Group]()
    for n in range(kills):
        with_it = ground.postgresql if n % 3 == 0 else None
        with ground.serving() as server:
            for group in groups[-1:]:
                _look(server.url, group, found)
            group = group_of_writers(ground, server.url)
            group.write(server.url, partial(_kill, server.pid, with_it, ground.random))
            groups.append(group)
        if with_it:
            with_it.start()
        found.faults += faults_in(ground.address)
    with ground.serving() as server:
        for group in (groups[-1], *groups):
            _look(server.url, group, found)
    _tell(ground, found, groups)


def group_of_writers(ground: Ground, url: str) -> Group:
    """New members, verified, so that they may export; the first one agrees and withdraws again and again."""
    walkers = add_walkers(ground.address, WRITERS, completed=0)
    with opened(ground.address) as database, database.transaction() as session:
        mine = col(Member.id).in_([each.member_id for each in walkers])
        session.execute(update(Member).where(mine).values(verified_at=col(Member.registered_at)))
    articles = [each["slug"] for each in httpx.get(f"{url}/v1/articles").raise_for_status().json()["items"]]
    writers = [
        Writer(each, articles, Random(ground.random.random()), decides=each is walkers[0])  # noqa: S311 - no secret
        for each in walkers
    ]
    return Group(writers, Registrar(f"new-{ground.random.getrandbits(64):x}"))


def _kill(pid: int, postgresql: PostgreSql | None, random: Random) -> None:
    time.sleep(random.uniform(SHORTEST, LONGEST))
    if postgresql:
        postgresql.kill()
    kill_all(pid)


def _look(url: str, group: Group, found: Found) -> None:
    """Compare what is there with what was acknowledged; then what had no answer is sent again."""
    for writer in group.writers:
        with writer.client(url) as client:
            there, write, before = writer.read(client), writer.unanswered, writer.state
            if write is None:
                found.lost += _differing(there, before)
                continue
            after = write.done_to(before)
            found.unanswered += 1
            found.done += there == after
            if there not in (before, after):
                lost = [name for name in _differing(there, before) if name not in write.changes]
                found.lost += lost
                found.half += [] if lost else [f"{write.method} {write.path}"]
            writer.attempt(client, write)
            if writer.unanswered or writer.read(client) != after:
                found.refused.append(f"again: {write.method} {write.path}")
    with httpx.Client(base_url=url, timeout=PATIENCE) as client:
        found.lost += group.registrar.missing(client)
        if not group.registrar.send_again(client):
            found.half.append("a registration")


def _differing(there: State, expected: Mapping[str, object]) -> list[str]:
    return [name for name in there.keys() | expected.keys() if there.get(name) != expected.get(name)]


def _tell(ground: Ground, found: Found, groups: Sequence[Group]) -> None:
    writers = [writer for group in groups for writer in group.writers]
    acknowledged = sum(each.acknowledged for each in writers)
    registered = sum(len(group.registrar.registered) for group in groups)
    tried = f"{acknowledged} writes and {registered} registrations, {len(groups)} kills"
    ground.expect(
        "what was acknowledged is there after kill -9 of the server",
        found.lost if acknowledged else ["nothing was written"],
        tried,
    )
    ground.expect(
        "what had no answer is there in whole or not at all",
        found.half,
        f"{found.unanswered} writes, {found.done} of them there",
    )
    refused = [*found.refused, *(each for writer in writers for each in writer.refused)]
    ground.expect("it can be sent again, and nothing else is refused", refused, tried)
    ground.expect("the database is whole", found.faults, tried)
