"""A member's day: the dashboard, and completing a day, with everything that is real: token, session, transaction, disk.

On SQLite against a bare ASGI callable that sends the same bytes; on PostgreSQL against the same SQL by the plain
driver, and against the reference stack. One process of each, on one core; all of a row are asked in turns.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from statistics import median

from bench.databases import DATABASES
from bench.members import NO_LIMITS
from bench.planned import Header, Plan
from bench.processes import ROOT, Place, content, migrated
from bench.replayed import REPLY
from bench.results import Measure, Target
from bench.walkers import KEYS, Walker, add_walkers

ROUNDS, SECONDS = 5, 2
MEMBERS = 1500  # who complete a day each, and another, and so on
READERS, DONE = 100, 10  # who look at their dashboards, with so many days completed
CURRENT = "/v1/me/journeys/current"
DASHBOARD, COMPLETING = "dashboard", "completing a day"
BARE, PLAIN, REFERENCE = "bare", "plain driver", "reference stack"
TARGETS = {
    (DASHBOARD, BARE): 0.04,
    (COMPLETING, BARE): 0.02,
    (DASHBOARD, PLAIN): 0.5,
    (COMPLETING, PLAIN): 0.5,
    (DASHBOARD, REFERENCE): 2.5,
    (COMPLETING, REFERENCE): 2.5,
}
SERVED = {"keys": KEYS, "access_minutes": "60", **NO_LIMITS}

Side = tuple[str, Plan]  # the address of a server, and what it is asked


def measure_journey(folder: Path) -> Iterator[Measure]:
    place = Place(folder)
    with DATABASES["SQLite"](folder) as create, ExitStack() as servers:
        yield from _on_sqlite(place, create("journey"), servers)
    with DATABASES["PostgreSQL"](folder) as create, ExitStack() as servers:
        yield from _on_postgresql(place, create("journey"), create("reference"), servers)


def _on_sqlite(place: Place, address: str, servers: ExitStack) -> Iterator[Measure]:
    url, readers, members = _ours(place, address, servers)
    plans = _plans(_tokens(readers), _tokens(members))
    for name, plan in plans.items():
        path = place.folder / "reply.json"
        plan.reply(url).write(path)
        with place.serving("bench.bare", **{REPLY: str(path)}) as bare:
            sides = {"ours": (url, plan), BARE: (bare.url, plan.single)}
            yield from _measures("SQLite", name, _rounds(place, sides))


def _on_postgresql(place: Place, address: str, other: str, servers: ExitStack) -> Iterator[Measure]:
    url, readers, members = _ours(place, address, servers)
    plain = servers.enter_context(place.serving("bench.plain", database_url=address))
    tokens = _reference_tokens(place, other)
    reference = servers.enter_context(place.serving("bench.reference", database_url=other))
    ours = _plans(_tokens(readers), _tokens(members))
    whos = _plans(*([("who", f"{each.member_id} {each.session_id}") for each in some] for some in (readers, members)))
    theirs = _plans(*([("authorization", f"Bearer {each}") for each in some] for some in tokens))
    for name in ours:
        sides = {"ours": (url, ours[name]), PLAIN: (plain.url, whos[name]), REFERENCE: (reference.url, theirs[name])}
        yield from _measures("PostgreSQL", name, _rounds(place, sides))


def _ours(place: Place, address: str, servers: ExitStack) -> tuple[str, list[Walker], list[Walker]]:
    """The address of a server with members, those who read and those who complete days."""
    content(place, "load", ROOT / "seed_content", migrated(place, address))
    readers, members = add_walkers(address, READERS, completed=DONE), add_walkers(address, 2 * MEMBERS, completed=0)
    return servers.enter_context(place.serving(database_url=address, **SERVED)).url, readers, members


def _tokens(walkers: Sequence[Walker]) -> list[Header]:
    return [("authorization", f"Bearer {each.token}") for each in walkers]


def _reference_tokens(place: Place, address: str) -> tuple[list[str], list[str]]:
    """Those of the reference stack's members, likewise."""
    said = place.ask("bench.reference", str(READERS), str(DONE), str(MEMBERS), database_url=address).split("\n\n")
    readers, members = (part.split() for part in said)
    return readers, members


def _plans(readers: Sequence[Header], members: Sequence[Header]) -> dict[str, Plan]:
    days = [f"{CURRENT}/days/{day}" for day in range(1, 22)]
    return {DASHBOARD: Plan(readers, [CURRENT]), COMPLETING: completing(members, days)}


def completing(members: Sequence[Header], days: Sequence[str]) -> Plan:
    return Plan(members, days, "PATCH", '{"completed":true}', once=True)


def _rounds(place: Place, sides: Mapping[str, Side]) -> dict[str, list[float]]:
    """Requests a second of each, round by round; who goes first takes turns, so that a drift favours none."""
    for url, plan in sides.values():
        plan.rate(url, place.folder, seconds=1)
    rates: dict[str, list[float]] = {name: [] for name in sides}
    for n in range(ROUNDS):
        for name, (url, plan) in list(sides.items())[:: -1 if n % 2 else 1]:
            rates[name].append(plan.rate(url, place.folder, seconds=SECONDS))
    return rates


def _measures(part: str, name: str, rates: Mapping[str, list[float]]) -> Iterator[Measure]:
    ours = rates["ours"]
    for other in (each for each in rates if each != "ours"):
        ratios = [mine / theirs for mine, theirs in zip(ours, rates[other], strict=True)]
        raw = {"requests/s": median(ours), other: median(rates[other]), "lowest": min(ratios), "highest": max(ratios)}
        target = Target(TARGETS[name, other], at_least=True)
        yield Measure(part, f"{name} against {other}", median(ratios), "times", raw, target)
