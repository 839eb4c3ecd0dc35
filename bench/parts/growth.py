"""Benchmark of thousands of articles: loading them, serving them, and changing one article."""

import asyncio
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from itertools import cycle
from pathlib import Path
from random import Random
from statistics import median
from typing import Any
from urllib.parse import urlencode

import httpx

from bench.articles import CATEGORIES, SEED, TOPICS, slug_of, write_content
from bench.effort import Effort
from bench.results import Measure, Target
from bench.servers.database_content import migrate
from bench.servers.databases import DATABASES, Databases
from bench.servers.in_process import client_of_app
from bench.servers.processes import Sandbox, run_content_command

MAX_LOAD_SECONDS, MAX_LOAD_MEGABYTES = Target(120), Target(400)
MAX_SLOWDOWN, MAX_VISIBILITY_SECONDS = Target(2.0), Target(5)
CHANGE_TIMEOUT_SECONDS = 30
RESPONSES_PER_CONNECTION = 10  # PostgreSQL uses the values in its plans only for the first executions
PAGES = 50


def measure_growth(folder: Path, effort: Effort) -> Iterator[Measure]:
    """Compare the larger number of articles with the smaller one."""
    folders = {count: write_content(folder / f"articles-{count}", count) for count in effort.article_counts}
    for name in effort.databases:
        with DATABASES[name](folder) as databases:
            yield from _measure_database(f"{name}, articles", Sandbox(folder), databases, folders, effort)


def _measure_database(
    part: str, sandbox: Sandbox, databases: Databases, folders: Mapping[int, Path], effort: Effort
) -> Iterator[Measure]:
    database_urls = {count: migrate(databases(f"articles_{count}")) for count in folders}
    loads = {n: run_content_command(sandbox, "load", folders[n], url) for n, url in database_urls.items()}
    largest = max(folders)
    raw = {f"s for {n:,}": usage.seconds for n, usage in loads.items()}
    yield Measure(part, f"load {largest:,} articles", loads[largest].seconds, "s", raw, MAX_LOAD_SECONDS)
    raw = {f"MB for {n:,}": usage.megabytes for n, usage in loads.items()}
    yield Measure(part, "memory of that load", loads[largest].megabytes, "MB", raw, MAX_LOAD_MEGABYTES)
    for kind, milliseconds in _response_times(database_urls, effort.responses).items():
        raw = {f"ms at {n:,}": value for n, value in milliseconds.items()}
        yield Measure(part, kind, milliseconds[largest] / milliseconds[min(folders)], "times", raw, MAX_SLOWDOWN)
    yield _change_one(part, sandbox, folders[largest], largest, database_urls[largest])


def _response_times(database_urls: Mapping[int, str], repetitions: int) -> dict[str, dict[int, float]]:
    """Return the median milliseconds of each kind of uncached response, by the number of articles.

    There is one application per database. They take turns, so that disturbances affect all equally.
    """
    with ExitStack() as stack:
        apps = {
            count: stack.enter_context(client_of_app(database_url=url, cache_bytes=1024)).app
            for count, url in database_urls.items()
        }
        return asyncio.run(_compare(apps, repetitions))


async def _compare(apps: Mapping[int, Any], repetitions: int) -> dict[str, dict[int, float]]:
    clients = {
        count: httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://127.0.0.1")
        for count, app in apps.items()
    }
    paths = {count: await _paths(client, count) for count, client in clients.items()}
    medians: dict[str, dict[int, float]] = {}
    for kind in paths[min(apps)]:
        targets = {count: cycle(paths[count][kind]) for count in apps}
        samples: dict[int, list[float]] = {count: [] for count in apps}
        for n in range(repetitions):
            for count, client in clients.items():
                if n % RESPONSES_PER_CONNECTION == 0:
                    apps[count].state.services.web.database.close()
                response = (await client.get(next(targets[count]))).raise_for_status()
                samples[count].append(1000 * response.elapsed.total_seconds())
        medians[kind] = {count: median(values) for count, values in samples.items()}
    return medians


async def _paths(client: httpx.AsyncClient, articles: int) -> dict[str, list[str]]:
    """Return the paths to request, by kind of response, from all parts of the content."""
    numbers = Random(SEED).sample(range(articles), k=min(100, articles))  # noqa: S311 - must be repeatable
    topics, categories = range(TOPICS), range(CATEGORIES)
    return {
        "list": ["/v1/articles"],
        "list, all its pages": await _pages(client),
        "list by title": ["/v1/articles?sort=title"],
        "filter by topic": [f"/v1/articles?topic=topic-{n}" for n in topics],
        "filter by category": [f"/v1/articles?category=category-{n}" for n in categories],
        "filter by two topics": [f"/v1/articles?topic=topic-{n}&topic=topic-{n + 1}" for n in topics[:-1]],
        "filter by both": [
            f"/v1/articles?limit=5&topic=topic-{n}&category=category-{m}" for n in topics for m in categories
        ],
        "article": [f"/v1/articles/{slug_of(n)}" for n in numbers],
    }


async def _pages(client: httpx.AsyncClient) -> list[str]:
    """Return the paths of pages from all parts of the article list."""
    paths, page = ["/v1/articles"], (await client.get("/v1/articles?limit=1")).json()
    step = min(100, max(1, page["total"] // PAGES - 1))
    while page["next"] and len(paths) < PAGES:
        paths.append(f"/v1/articles?{urlencode({'cursor': page['next']})}")
        page = (await client.get(f"{paths[-1]}&limit={step}")).json()
    return paths


def _change_one(part: str, sandbox: Sandbox, content: Path, articles: int, database_url: str) -> Measure:
    """Change the title of one article while a server runs, and measure when its response changes."""
    word = f"changed{time.monotonic_ns()}"  # unique, because both databases use the same directory
    slug = slug_of(articles // 2)
    with sandbox.serving(database_url=database_url) as server, httpx.Client(base_url=server.url) as client:
        _wait_for_text(client, f"/v1/articles/{slug}", slug)
        path = content / "articles" / f"{slug}.md"
        path.write_text(path.read_text(encoding="utf-8").replace("title: ", f"title: {word} ", 1), encoding="utf-8")
        started = time.monotonic()
        run_content_command(sandbox, "load", content, database_url)
        loaded_at = time.monotonic()
        visible_at = _wait_for_text(client, f"/v1/articles/{slug}", word)
        searchable_at = _wait_for_text(client, f"/v1/articles?q={word}", slug)
    raw = {"s the load": loaded_at - started, "s until a search finds it": searchable_at - loaded_at}
    unit = "s from the load's end"
    return Measure(part, f"a change shown, of {articles:,}", visible_at - loaded_at, unit, raw, MAX_VISIBILITY_SECONDS)


def _wait_for_text(client: httpx.Client, path: str, text: str) -> float:
    """Return the time at which a response first contains the text."""
    deadline = time.monotonic() + CHANGE_TIMEOUT_SECONDS
    while text not in client.get(path, timeout=CHANGE_TIMEOUT_SECONDS).text:
        if time.monotonic() > deadline:
            raise RuntimeError(f"{path} does not contain {text!r}.")
        time.sleep(0.02)
    return time.monotonic()
