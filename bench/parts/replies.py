"""The time that a reply takes when nothing of it is kept, with few articles and with many.

`python -m bench.parts.replies TIMES ADDRESS ...` is handed how often to ask and the addresses of loaded databases, and
prints, as JSON, the median milliseconds of each kind of reply for each. It runs all applications in this one process,
without a network, and asks them in turns: whatever else the machine does, it does to all.
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
from bench.articles import CATEGORIES, SEED, TOPICS, Writer, slug_of

FRESH = 10  # replies after which connections are new: PostgreSQL plans with the values only in a connection's first
PAGE = 20


def main(times: str, *databases: str) -> None:
    logs.configure("info")  # a line for each request, as when it serves
    print(json.dumps(asyncio.run(_compare([_application(each) for each in databases], int(times)))))


def _application(database_url: str) -> FastAPI:
    """The whole application with its search index, and a cache in which no reply has room."""
    app = create_app(Settings(_env_file=None, database_url=database_url, cache_bytes=1024))
    app.state.services.web.watcher.look()
    app.state.services.web.watcher.catch_up()
    return app


async def _compare(apps: Sequence[FastAPI], times: int) -> dict[str, list[float]]:
    addresses = [{kind: cycle(all_) for kind, all_ in (await _addresses(app)).items()} for app in apps]
    found: dict[str, list[float]] = {}
    for kind in addresses[0]:
        taken: list[list[float]] = [[] for _ in apps]
        for n in range(times):
            for app, named, milliseconds in zip(apps, addresses, taken, strict=True):
                if n % FRESH == 0:
                    app.state.services.web.database.close()
                milliseconds.append((await _ask(app, next(named[kind])))[0])
        found[kind] = [median(each) for each in taken]
    return found


async def _addresses(app: FastAPI) -> dict[str, list[str]]:
    """What is asked for, by kind of reply: full pages all through the list, and articles and words from all over."""
    random = Random(SEED)  # noqa: S311 - repeatable is what is wanted
    _, first = await _ask(app, "/v1/articles?limit=1")
    total = json.loads(first)["total"]
    words = Writer(random).words
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
    """Addresses of full pages, from the newest to the oldest."""
    many = 50
    step = min(100, (total - PAGE) // many)
    addresses = ["/v1/articles"]
    if step < 1:
        return addresses
    cursor: dict[str, str] = {}
    while len(addresses) < many:
        _, page = await _ask(app, f"/v1/articles?{urlencode({'limit': step} | cursor)}")
        cursor = {"cursor": json.loads(page)["next"]}
        addresses.append(f"/v1/articles?{urlencode(cursor)}")
    return addresses


def _pairs(words: list[str], random: Random) -> Iterator[list[str]]:
    return (random.sample(words, k=2) for _ in range(100))


async def _ask(app: FastAPI, address: str) -> tuple[float, bytes]:
    """The milliseconds that a reply took, and its body; the request is one that a server would hand over."""
    path, _, query = address.partition("?")
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Message) -> None:
        sent.append(message)

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
    body = b"".join(message.get("body", b"") for message in sent)
    if sent[0]["status"] != 200:
        raise RuntimeError(f"{address}: {body!r}")
    return milliseconds, body


if __name__ == "__main__":
    main(*sys.argv[1:])
