"""Requests a second of the real server, as a ratio to a bare ASGI callable that sends the same bytes."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

from bench.processes import ROOT, Place, content, migrated
from bench.replayed import REPLY, Replayed
from bench.results import Measure, Target
from bench.wrk import Headers, requests_per_second

PART = "speed"
ROUNDS = 5  # of one second for each of the two servers
KEPT = Target(0.70, at_least=True)
NOTHING_KEPT: dict[str, str] = {"cache_bytes": "1024", "requests_a_minute": "1000000"}  # less than any reply takes

ARTICLE = "/v1/articles/overcoming-loneliness-the-science-of-social-connection"
LIST = "/v1/articles"
BROWSER = {"Accept-Encoding": "gzip, deflate, br"}


@dataclass(frozen=True, slots=True)
class Scenario:
    name: str
    path: str
    headers: Headers = field(default_factory=lambda: BROWSER)
    target: Target | None = KEPT
    is_conditional: bool = False


CACHED = (
    Scenario("cached article", ARTICLE),
    Scenario("304", ARTICLE, is_conditional=True),
    Scenario("cached list", LIST),
    Scenario("cached article, other origin", ARTICLE, {**BROWSER, "Origin": "http://localhost:3000"}, target=None),
)
UNCACHED = (Scenario("uncached article", ARTICLE, target=None),)


def measure_throughput(folder: Path) -> Iterator[Measure]:
    """Serve seed_content from SQLite, and measure every scenario in turn."""
    place = Place(folder)
    database_url = migrated(place, f"sqlite:///{folder / 'shipped.db'}")
    content(place, "load", ROOT / "seed_content", database_url)
    for scenarios, settings in ((CACHED, {}), (UNCACHED, NOTHING_KEPT)):
        with place.serving(database_url=database_url, **settings) as served:
            for scenario in scenarios:
                yield _measure(place, scenario, served.url)


def _measure(place: Place, scenario: Scenario, served: str) -> Measure:
    headers = dict(scenario.headers)
    reply = Replayed.fetch(served + scenario.path, headers)
    if scenario.is_conditional:
        headers["If-None-Match"] = next(value.decode() for name, value in reply.headers if name == b"etag")
        reply = Replayed.fetch(served + scenario.path, headers)
    path = place.folder / "reply.json"
    reply.write(path)
    with place.serving("bench.bare", **{REPLY: str(path)}) as bare:
        if Replayed.fetch(bare.url + scenario.path, headers) != reply:
            raise RuntimeError(f"{scenario.name}: the two servers don't send the same")
        pairs = list(_rounds(served + scenario.path, bare.url + scenario.path, headers))
    ratios = [ours / theirs for ours, theirs in pairs]
    raw = {
        "requests/s": median(ours for ours, _ in pairs),
        "bare": median(theirs for _, theirs in pairs),
        "lowest": min(ratios),
        "highest": max(ratios),
        "status": reply.status,
        "body bytes": len(reply.body),
    }
    return Measure(PART, scenario.name, median(ratios), "of bare", raw, scenario.target)


def _rounds(ours: str, theirs: str, headers: Headers) -> Iterator[tuple[float, float]]:
    """Pairs of requests a second, ours first; who goes first takes turns, so that a drift favours none."""
    for url in (ours, theirs):
        requests_per_second(url, headers)
    for n in range(ROUNDS):
        rates = {url: requests_per_second(url, headers) for url in ((ours, theirs) if n % 2 else (theirs, ours))}
        yield rates[ours], rates[theirs]
