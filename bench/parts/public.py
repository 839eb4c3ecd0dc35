"""Benchmark of cached public responses, compared with a minimal application that sends the same bytes."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from bench.client.comparison import API, BARE, Candidate, measure_rates, throughput_ratios
from bench.client.members import NO_LIMITS
from bench.client.recorded_response import RecordedResponse
from bench.client.request_queue import RequestQueue
from bench.client.requests import Request
from bench.effort import Effort
from bench.results import Measure
from bench.servers.database_content import load_content
from bench.servers.processes import Sandbox

PART = "public"
MIN_CACHED_RATIO = 0.70
ARTICLE = "/v1/articles/overcoming-loneliness-the-science-of-social-connection"
LIST = "/v1/articles"
HEADERS = {"accept-encoding": "gzip, deflate, br"}
CACHED_ARTICLE, CACHED_LIST = (Request("GET", path, HEADERS) for path in (ARTICLE, LIST))


def cached_requests(url: str) -> Mapping[str, Request]:
    """Return the requests by name. One is conditional, so that its response is 304 (Not Modified)."""
    etag = RecordedResponse.fetch(url, CACHED_ARTICLE).headers["etag"]
    conditional = replace(CACHED_ARTICLE, headers={**HEADERS, "if-none-match": etag})
    return {"cached article": CACHED_ARTICLE, "304": conditional, "cached list": CACHED_LIST}


def measure_public(folder: Path, effort: Effort) -> Iterator[Measure]:
    """Serve the shipped content from SQLite, and measure cached responses."""
    sandbox = Sandbox(folder)
    database_url = load_content(f"sqlite:///{folder / 'shipped.db'}")
    with sandbox.serving(database_url=database_url, **NO_LIMITS) as server:
        for name, request in cached_requests(server.url).items():
            response, queue = RecordedResponse.fetch(server.url, request), RequestQueue([request])
            with sandbox.serving("bench.servers.bare", **response.settings) as bare:
                if RecordedResponse.fetch(bare.url, request) != response:
                    raise RuntimeError(f"{name}: the bare server sends a different response.")
                candidates = {API: Candidate(server.url, queue), BARE: Candidate(bare.url, queue)}
                rates = measure_rates(candidates, rounds=effort.rounds, seconds=effort.seconds)
            yield from throughput_ratios(PART, name, rates, {(name, BARE): MIN_CACHED_RATIO})
