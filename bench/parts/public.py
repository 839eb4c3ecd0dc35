"""Benchmark of public responses, compared with a minimal application that sends the same bytes."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

from bench.client.comparison import API, BARE, Candidate, measure_latencies, measure_rates, throughput_ratios
from bench.client.members import NO_LIMITS
from bench.client.request_queue import RequestQueue, bare_settings
from bench.client.requests import Headers, Request
from bench.effort import Effort
from bench.results import Measure
from bench.servers.database_content import load_content
from bench.servers.processes import Sandbox
from bench.servers.recorded_response import RecordedResponse

PART, LATENCY_PART = "public", "public, waiting"
MIN_CACHED_RATIO = 0.70
NO_CACHE: dict[str, str] = {"cache_bytes": "1024"}  # smaller than any response
ARTICLE = "/v1/articles/overcoming-loneliness-the-science-of-social-connection"
LIST = "/v1/articles"
SEARCHES = ("lonely", "small steps", "atachment")  # the last one has a typo
BROWSER_HEADERS = {"accept-encoding": "gzip, deflate, br"}


@dataclass(frozen=True, slots=True)
class Scenario:
    name: str
    paths: tuple[str, ...]
    headers: Headers = field(default_factory=lambda: BROWSER_HEADERS)
    is_cached: bool = True
    is_conditional: bool = False
    measures_latency: bool = True


CACHED = (
    Scenario("cached article", (ARTICLE,)),
    Scenario("304", (ARTICLE,), is_conditional=True, measures_latency=False),
    Scenario("cached list", (LIST,), measures_latency=False),
    Scenario(
        "cached article, other origin",
        (ARTICLE,),
        {**BROWSER_HEADERS, "origin": "http://localhost:3000"},
        measures_latency=False,
    ),
    Scenario("search", tuple(f"{LIST}?q={query.replace(' ', '+')}" for query in SEARCHES), is_cached=False),
)
UNCACHED = (
    Scenario("uncached article", (ARTICLE,), is_cached=False, measures_latency=False),
    Scenario("uncached list", (LIST,), is_cached=False, measures_latency=False),
)
MIN_RATIOS = {
    (scenario.name, BARE): MIN_CACHED_RATIO
    for scenario in CACHED
    if scenario.is_cached and "origin" not in scenario.headers
}


def measure_public(folder: Path, effort: Effort) -> Iterator[Measure]:
    """Serve the shipped content from SQLite, and measure every scenario, cached and uncached."""
    sandbox = Sandbox(folder)
    database_url = load_content(f"sqlite:///{folder / 'shipped.db'}")
    for scenarios, settings in ((CACHED, {}), (UNCACHED, NO_CACHE)):
        with sandbox.serving(database_url=database_url, **settings, **NO_LIMITS) as server:
            for scenario in scenarios:
                yield from _measure(sandbox, scenario, server.url, effort)


def _measure(sandbox: Sandbox, scenario: Scenario, url: str, effort: Effort) -> Iterator[Measure]:
    headers = dict(scenario.headers)
    response = RecordedResponse.fetch(url + scenario.paths[0], headers)
    if scenario.is_conditional:
        headers["if-none-match"] = next(value.decode() for name, value in response.headers if name == b"etag")
        response = RecordedResponse.fetch(url + scenario.paths[0], headers)
    queue = RequestQueue(Request("GET", path, headers) for path in scenario.paths)
    with sandbox.serving("bench.servers.bare", **bare_settings(sandbox.folder, response)) as bare:
        if RecordedResponse.fetch(bare.url + scenario.paths[0], headers) != response:
            raise RuntimeError(f"{scenario.name}: the bare server sends a different response.")
        candidates = {API: Candidate(url, queue), BARE: Candidate(bare.url, queue.single)}
        rounds = effort.rounds if scenario.is_cached else effort.fewer_rounds
        rates = measure_rates(candidates, rounds=rounds, seconds=effort.seconds)
    for measure in throughput_ratios(PART, scenario.name, rates, MIN_RATIOS):
        yield measure.with_raw({"status": response.status, "body bytes": len(response.body)})
    if scenario.measures_latency:
        yield from measure_latencies(LATENCY_PART, scenario.name, candidates[API], median(rates[API]), effort)
