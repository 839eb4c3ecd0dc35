"""What 10,000 articles cost: to load, to serve, and to change one of them."""

import json
import time
from collections.abc import Iterator
from pathlib import Path

import httpx

from bench.articles import slug_of, write_folder
from bench.databases import DATABASES, Create
from bench.processes import Place, content, migrated
from bench.results import Measure, Target

FEW, MANY = 100, 10_000  # articles
NOT_PROMISED = {"search", "topics with counts"}
SECONDS, MEGABYTES, TIMES, VISIBLE = Target(120), Target(400), Target(2.0), Target(5)
PATIENCE = 30  # seconds after which a change isn't waited for any longer


def measure_growth(folder: Path) -> Iterator[Measure]:
    few, many = write_folder(folder / "few", FEW), write_folder(folder / "many", MANY)
    for name, database in DATABASES.items():
        with database(folder) as create:
            yield from _on_database(Place(folder), name, create, few, many)


def _on_database(place: Place, part: str, create: Create, few: Path, many: Path) -> Iterator[Measure]:
    small, large = (migrated(place, create(name)) for name in ("few", "many"))
    short = content(place, "load", few, small)
    long = content(place, "load", many, large)
    raw = {f"s for {FEW}": short.seconds, f"s for {MANY:,}": long.seconds}
    yield Measure(part, f"load {MANY:,} articles", long.seconds, "s", raw, SECONDS)
    raw = {f"MB for {FEW}": short.megabytes, f"MB for {MANY:,}": long.megabytes}
    yield Measure(part, "memory of that load", long.megabytes, "MB", raw, MEGABYTES)
    for kind, (before, after) in json.loads(place.ask("bench.replies", small, large)).items():
        raw = {f"ms at {FEW}": before, f"ms at {MANY:,}": after}
        yield Measure(part, kind, after / before, "times", raw, None if kind in NOT_PROMISED else TIMES)
    loaded, shown, _ = _change(place, few, FEW, small)
    raw = {"s the load": loaded}
    yield Measure(part, f"a change shown, of {FEW}", shown, "s from the load's start", raw, VISIBLE)
    if part != "SQLite":  # reading that many files again takes its time, and is the same for each database
        return
    loaded, shown, found = _change(place, many, MANY, large)
    raw = {"s the load": loaded, "s from its end until a search finds it": found - loaded}
    yield Measure(part, f"a change shown, of {MANY:,}", shown - loaded, "s from the load's end", raw, VISIBLE)


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
