"""Benchmark of thousands of articles: loading them, serving them, and changing one article."""

import json
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx

from bench.articles import slug_of, write_content
from bench.effort import Effort
from bench.results import Measure, Target
from bench.servers.database_content import migrate
from bench.servers.databases import DATABASES, Databases
from bench.servers.processes import Sandbox, Usage, run_content_command

BASELINE_ARTICLES = 100  # the largest number of articles is compared with this number
WITHOUT_TARGET = {"search", "topics with counts"}
MAX_LOAD_SECONDS, MAX_LOAD_MEGABYTES = Target(120), Target(400)
MAX_SLOWDOWN, MAX_VISIBILITY_SECONDS = Target(2.0), Target(5)
CHANGE_TIMEOUT_SECONDS = 30


def measure_growth(folder: Path, effort: Effort) -> Iterator[Measure]:
    folders = {count: write_content(folder / f"articles-{count}", count) for count in effort.article_counts}
    for name in effort.databases:
        with DATABASES[name](folder) as databases:
            yield from _measure_database(folder, name, databases, folders, effort)


def _measure_database(
    folder: Path, database: str, databases: Databases, folders: Mapping[int, Path], effort: Effort
) -> Iterator[Measure]:
    part, sandbox = f"{database}, articles", Sandbox(folder)
    database_urls = {count: migrate(databases(f"articles_{count}")) for count in folders}
    loads = _load_all(folder, folders, database_urls)
    largest = max(folders)
    baseline = BASELINE_ARTICLES if BASELINE_ARTICLES in folders else min(folders)
    raw = {f"s for {n:,}": usage.seconds for n, usage in loads.items()}
    yield Measure(part, f"load {largest:,} articles", loads[largest].seconds, "s", raw, MAX_LOAD_SECONDS)
    raw = {f"MB for {n:,}": usage.megabytes for n, usage in loads.items()}
    yield Measure(part, "memory of that load", loads[largest].megabytes, "MB", raw, MAX_LOAD_MEGABYTES)
    output = sandbox.output_of("bench.parts.article_responses", str(effort.responses), *database_urls.values())
    for kind, milliseconds in json.loads(output).items():
        by_number = dict(zip(folders, milliseconds, strict=True))
        raw = {f"ms at {n:,}": value for n, value in by_number.items()}
        target = None if kind in WITHOUT_TARGET else MAX_SLOWDOWN
        yield Measure(part, kind, by_number[largest] / by_number[baseline], "times", raw, target)
    load_seconds, visible_seconds, _ = _measure_change(sandbox, folders[baseline], baseline, database_urls[baseline])
    raw = {"s the load": load_seconds}
    yield Measure(
        part, f"a change shown, of {baseline}", visible_seconds, "s from the load's start", raw, MAX_VISIBILITY_SECONDS
    )
    if database != "SQLite":  # reading so many files dominates, and takes the same time with each database
        return
    load_seconds, visible_seconds, search_seconds = _measure_change(
        sandbox, folders[largest], largest, database_urls[largest]
    )
    raw = {"s the load": load_seconds, "s from its end until a search finds it": search_seconds - load_seconds}
    yield Measure(
        part,
        f"a change shown, of {largest:,}",
        visible_seconds - load_seconds,
        "s from the load's end",
        raw,
        MAX_VISIBILITY_SECONDS,
    )


def _load_all(folder: Path, folders: Mapping[int, Path], database_urls: Mapping[int, str]) -> dict[int, Usage]:
    """Load content directories of all sizes, and return the time and memory of each load.

    The largest is loaded concurrently with the others, on its own core if the machine has two.
    """

    def load(count: int) -> Usage:
        sandbox = Sandbox(folder / f"load-{count}")
        sandbox.folder.mkdir(exist_ok=True)
        return run_content_command(sandbox, "load", folders[count], database_urls[count])

    with ThreadPoolExecutor(1) as pool:
        largest_load = pool.submit(load, max(folders))
        smaller_loads = {count: load(count) for count in folders if count != max(folders)}
        return {**smaller_loads, max(folders): largest_load.result()}


def _measure_change(sandbox: Sandbox, folder: Path, articles: int, database_url: str) -> tuple[float, float, float]:
    """Change one article while a server runs.

    Return three durations in seconds, all from the start of the content load: until the load ends, until the article
    shows the change, and until the search finds it.
    """
    word = f"changed{time.monotonic_ns()}"  # unique, because both databases use the same directory
    slug = slug_of(articles // 2)
    with sandbox.serving(database_url=database_url) as server, httpx.Client(base_url=server.url) as client:
        _wait_for_text(client, f"/v1/articles/{slug}", slug)
        _wait_for_text(client, "/v1/articles?q=vean", "items")
        _change_title(folder / "articles" / f"{slug}.md", word)
        started = time.monotonic()
        run_content_command(sandbox, "load", folder, database_url)
        loaded_at = time.monotonic()
        visible_at = _wait_for_text(client, f"/v1/articles/{slug}", word)
        searchable_at = _wait_for_text(client, f"/v1/articles?q={word}", slug)
    return loaded_at - started, visible_at - started, searchable_at - started


def _change_title(path: Path, word: str) -> None:
    head, _, rest = path.read_text(encoding="utf-8").partition("title: ")
    path.write_text(f"{head}title: {word} {rest}", encoding="utf-8")


def _wait_for_text(client: httpx.Client, path: str, text: str) -> float:
    """Return the time at which a response first contains the text."""
    deadline = time.monotonic() + CHANGE_TIMEOUT_SECONDS
    while time.monotonic() < deadline:
        response = client.get(path, timeout=CHANGE_TIMEOUT_SECONDS)
        if response.status_code == 200 and text in response.text:
            return time.monotonic()
        time.sleep(0.02)
    raise RuntimeError(f"{path} does not contain {text!r}: {response.text}")
