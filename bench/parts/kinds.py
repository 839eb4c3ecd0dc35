"""The requests of members and of those who become one, with everything that is real: token, session, transaction, disk.

Against the same SQL by the plain driver, on SQLite against a bare ASGI callable that sends the same bytes, and on
PostgreSQL against the reference stack. One process of each, on one core; all of a row are asked in turns.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from bench.client import requests
from bench.client.members import NO_LIMITS
from bench.client.requests import Person, Request
from bench.client.sides import BARE, OURS, PLAIN, REFERENCE, Side, against, rates, waited
from bench.client.stock import Stock, prepared
from bench.client.walkers import KEYS, add_walkers
from bench.effort import Effort
from bench.parts.storage import measure_storage
from bench.reference_stack.reference import visitors
from bench.results import Measure, Target
from bench.servers.databases import DATABASES, Databases
from bench.servers.filled import loaded
from bench.servers.plain import Caller
from bench.servers.proc import IS_TOLD, worked
from bench.servers.processes import Place, Server

DONE = 10  # days that those have completed who look at their dashboards
MILLISECONDS = Target(20)  # that a member's request may take at the 99th percentile, at half of the capacity
MEGABYTES = Target(180)
SERVED = {"keys": KEYS, "access_minutes": "60", **NO_LIMITS}


@dataclass(frozen=True, slots=True)
class Kind:
    name: str
    requests: Callable[[Sequence[Person]], Iterator[Request]]
    most: int = 0  # that any server answers in a second, where each is asked once
    group: str = "others"
    is_a_members: bool = True  # and not of somebody who isn't signed in yet


DASHBOARD = Kind("dashboard", requests.dashboards, group="readers")
COMPLETING = Kind("completing a day", requests.completions, most=5_000, group="walkers")
KINDS = (
    DASHBOARD,
    COMPLETING,
    Kind("login", requests.sign_ins, is_a_members=False),
    Kind("refresh", requests.refreshes, most=5_000),
    Kind("score, anonymous", requests.scores, is_a_members=False),
    Kind("sync of 50 changes", requests.syncs, most=1_500),
    Kind("result stored", requests.results, most=5_000),
)
TARGETS = {
    "SQLite": {(DASHBOARD.name, BARE): 0.04, (COMPLETING.name, BARE): 0.02},
    "PostgreSQL": {
        (kind.name, other): least
        for kind in (DASHBOARD, COMPLETING)
        for other, least in ((PLAIN, 0.5), (REFERENCE, 2.5))
    },
}


@dataclass(frozen=True, slots=True)
class People:
    """Members as one server knows them."""

    readers: Sequence[Person]  # of their dashboards
    walkers: Sequence[Person]  # who complete days
    others: Sequence[Person]

    def stock(self, kind: Kind) -> Stock:
        return Stock(kind.requests(getattr(self, kind.group)), most=kind.most)


@dataclass(frozen=True, slots=True)
class Ours:
    """Our server with its members."""

    part: str
    server: Server
    people: People
    databases: Databases


def measure_kinds(folder: Path, effort: Effort) -> Iterator[Measure]:
    place = Place(folder)
    for part, database in DATABASES.items():
        with database(folder) as databases, ExitStack() as servers:
            address = loaded(databases(f"kinds_{part}"))
            ours = Ours(
                part,
                servers.enter_context(place.serving(database_url=address, **SERVED)),
                people(address, effort),
                databases,
            )
            others = {PLAIN: _plain(place, address, servers, effort)}
            if part == "PostgreSQL":
                others[REFERENCE] = _reference(place, databases("reference"), servers, effort)
            for kind in KINDS[: effort.kinds]:
                yield from _of_kind(place, ours, kind, others, effort)
            yield from _memory(ours)
            if part == "PostgreSQL":
                yield from measure_storage(address)


def people(address: str, effort: Effort) -> People:
    return People(*(add_walkers(address, many, completed=done) for many, done in _groups(effort)))


def _groups(effort: Effort) -> tuple[tuple[int, int], ...]:
    """How many readers, walkers and others there are, and how many days they have completed."""
    return (effort.readers, DONE), (effort.walkers, 0), (effort.others, 0)


def _plain(place: Place, address: str, servers: ExitStack, effort: Effort) -> tuple[str, People]:
    """It has members of its own in our database, for it can't seal what it writes."""
    groups = (add_walkers(address, many, completed=done) for many, done in _groups(effort))
    theirs = People(*([Caller(each) for each in group] for group in groups))
    return servers.enter_context(place.serving("bench.servers.plain", database_url=address)).url, theirs


def _reference(place: Place, address: str, servers: ExitStack, effort: Effort) -> tuple[str, People]:
    numbers = map(str, (effort.readers, DONE, effort.walkers + effort.others))
    readers, rest = visitors(place.ask("bench.reference_stack.reference", "fill", *numbers, database_url=address))
    theirs = People(readers, rest[: effort.walkers], rest[effort.walkers :])
    return servers.enter_context(place.serving("bench.reference_stack.reference", database_url=address)).url, theirs


def _of_kind(
    place: Place, ours: Ours, kind: Kind, others: Mapping[str, tuple[str, People]], effort: Effort
) -> Iterator[Measure]:
    stock = ours.people.stock(kind)
    sides = {OURS: Side(ours.server.url, stock)}
    sides |= {name: Side(url, people.stock(kind)) for name, (url, people) in others.items()}
    rounds = effort.rounds if kind in (DASHBOARD, COMPLETING) else effort.fewer_rounds
    with ExitStack() as servers:
        if ours.part == "SQLite":  # it asks no database
            reply = prepared(place.folder, stock.reply(ours.server.url))
            bare = servers.enter_context(place.serving("bench.servers.bare", **reply))
            sides[BARE] = Side(bare.url, stock.single)
        found = rates(sides, rounds=rounds, seconds=effort.seconds)
    yield from against(ours.part, kind.name, found, TARGETS[ours.part])
    yield from _cost(ours, kind, stock, effort)
    target = MILLISECONDS if kind.is_a_members else None
    yield from waited(f"{ours.part}, waiting", kind.name, sides[OURS], median(found[OURS]), effort, target)


def _cost(ours: Ours, kind: Kind, stock: Stock, effort: Effort) -> Iterator[Measure]:
    """The processor time of a request, of our process and of the database's; no ratio, but what sums are made of."""
    if not IS_TOLD:
        return
    pids = {"server": ours.server.pid} | ({"database": ours.databases.pid} if ours.databases.pid else {})
    before = {name: worked(pid) for name, pid in pids.items()}
    answers = stock.as_answered(ours.server.url, seconds=2 * effort.seconds)
    took = {f"us {name}": 1e6 * (worked(pid) - before[name]) / answers.sent for name, pid in pids.items()}
    raw = took | {"requests/s": answers.rate, "busy at the sender": answers.busy}
    yield Measure(f"{ours.part}, cost", kind.name, sum(took.values()), "us of processors", raw)


def _memory(ours: Ours) -> Iterator[Measure]:
    now, most = ours.server.megabytes(), ours.server.megabytes("VmHWM")
    if now and most:
        yield Measure("running", f"memory after all that, {ours.part}", now, "MB", {"MB at most": most}, MEGABYTES)
