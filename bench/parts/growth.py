"""What thousands of articles cost: to load, to serve, and to change one of them."""

import json
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx

from bench.articles import slug_of, write_folder
from bench.effort import Effort
from bench.results import Measure, Target
from bench.servers.databases import DATABASES, Databases
from bench.servers.filled import migrated
from bench.servers.processes import Place, Usage, content

FEW = 100  # articles, to which the most are compared
NOT_PROMISED = {"search", "topics with counts"}
SECONDS, MEGABYTES, TIMES, VISIBLE = Target(120), Target(400), Target(2.0), Target(5)
PATIENCE = 30  # seconds after which a change isn't waited for any longer


def measure_growth(folder: Path, effort: Effort) -> Iterator[Measure]:
    folders = {many: write_folder(folder / f"articles-{many}", many) for many in effort.articles}
    for name in effort.databases:
        with DATABASES[name](folder) as databases:
            yield from _on_database(folder, name, databases, folders, effort)


def _on_database(
    folder: Path, database: str, databases: Databases, folders: Mapping[int, Path], effort: Effort
) -> Iterator[Measure]:
    part, place = f"{database}, articles", Place(folder)
    addresses = {many: migrated(databases(f"articles_{many}")) for many in folders}
    loads = _loads(folder, folders, addresses)
    many = max(folders)
    few = FEW if FEW in folders else min(folders)
    raw = {f"s for {n:,}": each.seconds for n, each in loads.items()}
    yield Measure(part, f"load {many:,} articles", loads[many].seconds, "s", raw, SECONDS)
    raw = {f"MB for {n:,}": each.megabytes for n, each in loads.items()}
    yield Measure(part, "memory of that load", loads[many].megabytes, "MB", raw, MEGABYTES)
    said = place.ask("bench.parts.replies", str(effort.replies), *addresses.values())
    for kind, milliseconds in json.loads(said).items():
        by_number = dict(zip(folders, milliseconds, strict=True))
        raw = {f"ms at {n:,}": each for n, each in by_number.items()}
        target = None if kind in NOT_PROMISED else TIMES
        yield Measure(part, kind, by_number[many] / by_number[few], "times", raw, target)
    loaded, shown, _ = _change(place, folders[few], few, addresses[few])
    raw = {"s the load": loaded}
    yield Measure(part, f"a change shown, of {few}", shown, "s from the load's start", raw, VISIBLE)
    if database != "SQLite":  # reading that many files again takes its time, and is the same for each database
        return
    loaded, shown, found = _change(place, folders[many], many, addresses[many])
    raw = {"s the load": loaded, "s from its end until a search finds it": found - loaded}
    yield Measure(part, f"a change shown, of {many:,}", shown - loaded, "s from the load's end", raw, VISIBLE)


def _loads(folder: Path, folders: Mapping[int, Path], addresses: Mapping[int, str]) -> dict[int, Usage]:
    """The longest goes on beside the others, each on a core of its own if there are two."""

    def load(many: int) -> Usage:
        place = Place(folder / f"load-{many}")
        place.folder.mkdir(exist_ok=True)
        return content(place, "load", folders[many], addresses[many])

    with ThreadPoolExecutor(1) as pool:
        longest = pool.submit(load, max(folders))
        others = {many: load(many) for many in folders if many != max(folders)}
        return {**others, max(folders): longest.result()}


def _change(place: Place, folder: Path, articles: int, database_url: str) -> tuple[float, float, float]:
    """Change one article while a server runs. Seconds from the load's start to its end, to where readers see it,
    and to where searches find it.
    """
    word = f"changed{time.monotonic_ns()}"  # the folder serves both databases
    slug = slug_of(articles // 2)
    with place.serving(database_url=database_url) as server, httpx.Client(base_url=server.url) as client:
        _wait(client, f"/v1/articles/{slug}", slug)
        _wait(client, "/v1/articles?q=vean", "items")
        _retitle(folder / "articles" / f"{slug}.md", word)
        started = time.monotonic()
        content(place, "load", folder, database_url)
        loaded = time.monotonic()
        shown = _wait(client, f"/v1/articles/{slug}", word)
        found = _wait(client, f"/v1/articles?q={word}", slug)
    return loaded - started, shown - started, found - started


def _retitle(path: Path, word: str) -> None:
    head, _, rest = path.read_text(encoding="utf-8").partition("title: ")
    path.write_text(f"{head}title: {word} {rest}", encoding="utf-8")


def _wait(client: httpx.Client, path: str, text: str) -> float:
    """The moment at which a reply first holds a text."""
    give_up = time.monotonic() + PATIENCE
    while time.monotonic() < give_up:
        reply = client.get(path, timeout=PATIENCE)
        if reply.status_code == 200 and text in reply.text:
            return time.monotonic()
        time.sleep(0.02)
    raise RuntimeError(f"{path} doesn't show {text!r}: {reply.text}")
