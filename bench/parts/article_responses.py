"""Measure uncached responses with few and with many articles.

`python -m bench.parts.article_responses REPETITIONS DATABASE_URL ...` sends requests to one application per database,
and prints the median milliseconds of each kind of response per database as JSON. All applications run in this
process, without a network, and take turns, so that disturbances affect all equally.
"""

import asyncio
import json
import sys
from collections.abc import Iterator, Sequence
from itertools import cycle
from random import Random
from statistics import median
from time import perf_counter
from urllib.parse import urlencode

from fastapi import FastAPI
from starlette.types import Message

from app.core import logs
from app.core.settings import Settings
from app.main import create_app
from bench.articles import CATEGORIES, SEED, TOPICS, ArticleGenerator, slug_of

RESPONSES_PER_CONNECTION = 10  # PostgreSQL uses the values in its plans only for the first executions
PAGE_SIZE = 20


def main(repetitions: str, *database_urls: str) -> None:
    logs.configure("info")  # one line per request, as in production
    apps = [_application(database_url) for database_url in database_urls]
    print(json.dumps(asyncio.run(_compare(apps, int(repetitions)))))


def _application(database_url: str) -> FastAPI:
    """Create the application with a complete search index, and a cache too small for any response."""
    app = create_app(Settings(_env_file=None, database_url=database_url, cache_bytes=1024))
    app.state.services.web.watcher.poll()
    app.state.services.web.watcher.rebuild_if_outdated()
    return app


async def _compare(apps: Sequence[FastAPI], repetitions: int) -> dict[str, list[float]]:
    paths_by_app = [{kind: cycle(paths) for kind, paths in (await _paths(app)).items()} for app in apps]
    medians: dict[str, list[float]] = {}
    for kind in paths_by_app[0]:
        samples: list[list[float]] = [[] for _ in apps]
        for n in range(repetitions):
            for app, paths, milliseconds in zip(apps, paths_by_app, samples, strict=True):
                if n % RESPONSES_PER_CONNECTION == 0:
                    app.state.services.web.database.close()
                milliseconds.append((await _send(app, next(paths[kind])))[0])
        medians[kind] = [median(values) for values in samples]
    return medians


async def _paths(app: FastAPI) -> dict[str, list[str]]:
    """Return the paths to request, by kind of response.

    They include full pages from the whole list, and articles and words from all parts of the content.
    """
    random = Random(SEED)  # noqa: S311 - must be repeatable
    _, first = await _send(app, "/v1/articles?limit=1")
    total = json.loads(first)["total"]
    words = ArticleGenerator(random).words
    return {
        "list": ["/v1/articles"],
        "list, all its pages": await _pages(app, total),
        "list by title": ["/v1/articles?sort=title"],
        "filter by topic": [f"/v1/articles?topic=topic-{n}" for n in range(TOPICS)],
        "filter by category": [f"/v1/articles?category=category-{n}" for n in range(CATEGORIES)],
        "filter by two topics": [f"/v1/articles?topic=topic-{n}&topic=topic-{n + 1}" for n in range(TOPICS - 1)],
        "filter by both": [
            f"/v1/articles?limit=5&topic=topic-{t}&category=category-{c}"
            for t in range(TOPICS)
            for c in range(CATEGORIES)
        ],
        "article": [f"/v1/articles/{slug_of(n)}" for n in random.sample(range(total), k=min(100, total))],
        "search": [f"/v1/articles?q={'+'.join(pair)}" for pair in _pairs(words[20:400], random)],
        "topics with counts": ["/v1/topics"],
    }


async def _pages(app: FastAPI, total: int) -> list[str]:
    """Return the paths of all full pages of the article list, from the newest to the oldest."""
    page_count = 50
    step = min(100, (total - PAGE_SIZE) // page_count)
    paths = ["/v1/articles"]
    if step < 1:
        return paths
    cursor: dict[str, str] = {}
    while len(paths) < page_count:
        _, page = await _send(app, f"/v1/articles?{urlencode({'limit': step} | cursor)}")
        cursor = {"cursor": json.loads(page)["next"]}
        paths.append(f"/v1/articles?{urlencode(cursor)}")
    return paths


def _pairs(words: list[str], random: Random) -> Iterator[list[str]]:
    return (random.sample(words, k=2) for _ in range(100))


async def _send(app: FastAPI, target: str) -> tuple[float, bytes]:
    """Send a request to the application, and return the milliseconds and the body."""
    path, _, query = target.partition("?")
    messages: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Message) -> None:
        messages.append(message)

    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "GET",
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "query_string": query.encode(),
        "root_path": "",
        "headers": [(b"host", b"127.0.0.1")],
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 80),
    }
    started = perf_counter()
    await app(scope, receive, send)
    milliseconds = 1000 * (perf_counter() - started)
    body = b"".join(message.get("body", b"") for message in messages)
    if messages[0]["status"] != 200:
        raise RuntimeError(f"{target}: {body!r}")
    return milliseconds, body


if __name__ == "__main__":
    main(*sys.argv[1:])
