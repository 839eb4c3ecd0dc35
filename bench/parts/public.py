"""What everybody may read, from the cache and not. Against a bare ASGI callable that sends the same bytes."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

from bench.client.members import NO_LIMITS
from bench.client.requests import Headers, Request
from bench.client.sides import BARE, OURS, Side, against, rates, waited
from bench.client.stock import Stock, prepared
from bench.effort import Effort
from bench.results import Measure
from bench.servers.filled import loaded
from bench.servers.processes import Place
from bench.servers.replayed import Replayed

PART, WAITING = "public", "public, waiting"
KEPT = 0.70
NOTHING_KEPT: dict[str, str] = {"cache_bytes": "1024"}  # less than any reply takes
ARTICLE = "/v1/articles/overcoming-loneliness-the-science-of-social-connection"
LIST = "/v1/articles"
SEARCHES = ("lonely", "small steps", "atachment")  # the last one with a slip
BROWSER = {"accept-encoding": "gzip, deflate, br"}


@dataclass(frozen=True, slots=True)
class Scenario:
    name: str
    paths: tuple[str, ...]
    headers: Headers = field(default_factory=lambda: BROWSER)
    is_kept: bool = True
    is_conditional: bool = False
    is_waited_for: bool = True


CACHED = (
    Scenario("cached article", (ARTICLE,)),
    Scenario("304", (ARTICLE,), is_conditional=True, is_waited_for=False),
    Scenario("cached list", (LIST,), is_waited_for=False),
    Scenario(
        "cached article, other origin", (ARTICLE,), {**BROWSER, "origin": "http://localhost:3000"}, is_waited_for=False
    ),
    Scenario("search", tuple(f"{LIST}?q={each.replace(' ', '+')}" for each in SEARCHES), is_kept=False),
)
UNCACHED = (
    Scenario("uncached article", (ARTICLE,), is_kept=False, is_waited_for=False),
    Scenario("uncached list", (LIST,), is_kept=False, is_waited_for=False),
)
TARGETS = {(each.name, BARE): KEPT for each in CACHED if each.is_kept and "origin" not in each.headers}


def measure_public(folder: Path, effort: Effort) -> Iterator[Measure]:
    """Serve seed_content from SQLite, and measure every scenario in turn."""
    place = Place(folder)
    database_url = loaded(f"sqlite:///{folder / 'shipped.db'}")
    for scenarios, settings in ((CACHED, {}), (UNCACHED, NOTHING_KEPT)):
        with place.serving(database_url=database_url, **settings, **NO_LIMITS) as served:
            for scenario in scenarios:
                yield from _measure(place, scenario, served.url, effort)


def _measure(place: Place, scenario: Scenario, served: str, effort: Effort) -> Iterator[Measure]:
    headers = dict(scenario.headers)
    reply = Replayed.fetch(served + scenario.paths[0], headers)
    if scenario.is_conditional:
        headers["if-none-match"] = next(value.decode() for name, value in reply.headers if name == b"etag")
        reply = Replayed.fetch(served + scenario.paths[0], headers)
    stock = Stock(Request("GET", path, headers) for path in scenario.paths)
    with place.serving("bench.servers.bare", **prepared(place.folder, reply)) as bare:
        if Replayed.fetch(bare.url + scenario.paths[0], headers) != reply:
            raise RuntimeError(f"{scenario.name}: the two servers don't send the same")
        sides = {OURS: Side(served, stock), BARE: Side(bare.url, stock.single)}
        rounds = effort.rounds if scenario.is_kept else effort.fewer_rounds
        found = rates(sides, rounds=rounds, seconds=effort.seconds)
    for each in against(PART, scenario.name, found, TARGETS):
        yield each.with_raw({"status": reply.status, "body bytes": len(reply.body)})
    if scenario.is_waited_for:
        yield from waited(WAITING, scenario.name, sides[OURS], median(found[OURS]), effort)
