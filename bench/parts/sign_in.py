"""What sign-in gives away by its time, and what it takes from readers while many sign in."""

import json
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median, quantiles

from bench.client.members import FORGOT, NO_LIMITS, PASSWORD, REGISTER, SIGN_IN, WRONG, Client, address_of
from bench.effort import Effort
from bench.parts.public import ARTICLE
from bench.results import Measure, Target
from bench.servers.databases import DATABASES
from bench.servers.filled import loaded, migrated
from bench.servers.machine import CLIENT, SERVER, on_cores
from bench.servers.processes import Place, Server

PART = "sign-in"
FEWER = 5  # tries, where each answer waits until a tenth of a second is over, and so varies little
PEOPLE = 7  # known, and as many unknown; an odd number, so that each comes first as often as second
APART, MILLISECONDS, MEGABYTES = Target(10), Target(25), Target(400)

CLIENTS = 16  # who sign in
READS = 50  # articles a second
WARMING = 1  # seconds


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked about known and unknown addresses, and answered alike."""

    name: str
    path: str
    status: int
    body: Mapping[str, str] = field(default_factory=dict)
    unknown: Callable[[int], int] = lambda n: PEOPLE + n % PEOPLE
    fewer: int = 1  # tries


QUESTIONS = (
    Question("sign-in", SIGN_IN, 401, {"password": WRONG}),
    Question("forgotten password", FORGOT, 202, fewer=FEWER),
    Question("registration", REGISTER, 202, {"password": PASSWORD}, unknown=lambda n: 2 * PEOPLE + n, fewer=FEWER),
)


def measure_sign_in(folder: Path, effort: Effort) -> Iterator[Measure]:
    place, wide = Place(folder), Place(folder, cores=(SERVER, CLIENT))
    for name in effort.databases:
        with DATABASES[name](folder) as create:
            database_url = migrated(create("told_apart"))
            with place.serving(database_url=database_url, **NO_LIMITS) as server:
                yield from _told_apart(Client(server.url), name, effort)
    database_url = loaded(f"sqlite:///{folder / 'hammered.db'}")
    with wide.serving(database_url=database_url, **NO_LIMITS) as server:
        yield from _hammered(place, server, effort.hammering)


def _told_apart(client: Client, database: str, effort: Effort) -> Iterator[Measure]:
    for n in range(PEOPLE):
        client.sign_up(address_of(n))
    for question in QUESTIONS:
        known, unknown = _times(client, question, effort)
        ratio = median(known) / median(unknown)
        raw = {"ms known": median(known), "ms unknown": median(unknown), "ratio": ratio}
        name = f"{question.name}, known or not, {database}"
        yield Measure(PART, name, 100 * abs(ratio - 1), "% apart", raw, APART)


def _times(client: Client, question: Question, effort: Effort) -> tuple[list[float], list[float]]:
    """Milliseconds for known and for unknown addresses; who goes first takes turns, so that a drift favours none."""
    known: list[float] = []
    unknown: list[float] = []
    for n in range(effort.tries // question.fewer or 1):
        pair = [(known, n % PEOPLE), (unknown, question.unknown(n))]
        for taken, person in pair if n % 2 else reversed(pair):
            body = {"email": address_of(person), **question.body}
            taken.append(client.timed_post(question.path, expected=question.status, **body))
    return known, unknown


def _hammered(place: Place, server: Server, meanwhile: float) -> Iterator[Measure]:
    client = Client(server.url)
    for n in range(CLIENTS):
        client.sign_up(address_of(n))
    before = server.megabytes("VmHWM")
    _read(server.url, seconds=WARMING)
    alone = quantiles(_read(server.url, seconds=meanwhile / 3), n=100)
    with ThreadPoolExecutor(1) as pool:
        seconds = str(WARMING + meanwhile + WARMING)
        hammer = ("bench.client.hammer", server.url, seconds, str(CLIENTS))
        answers = pool.submit(place.ask, *hammer, before=on_cores(CLIENT))
        time.sleep(WARMING)
        times = _read(server.url, seconds=meanwhile)
        answered = json.loads(answers.result())
    percentile = quantiles(times, n=100)
    raw = {
        "ms p50": percentile[49],
        "p95": percentile[94],
        "longest": max(times),
        "p50 alone": alone[49],
        "p95 alone": alone[94],
        "sign-ins/s right": answered.get("200", 0),
        "wrong": answered.get("401", 0),
        "503": answered.get("503", 0),
    }
    yield Measure(PART, "a cached article meanwhile, p99", percentile[98], "ms", raw, MILLISECONDS)
    after = server.megabytes("VmHWM")
    if before and after:
        yield Measure(PART, "memory of the server", after, "MB", {"MB before": before}, MEGABYTES)


def _read(url: str, *, seconds: float) -> list[float]:
    """Milliseconds from when an article was due to its reply. One is due READS times a second, whether or not the one
    before was late.
    """
    client = Client(url)
    times = []
    started = time.perf_counter()
    for n in range(int(READS * seconds)):
        due = started + n / READS
        time.sleep(max(0.0, due - time.perf_counter()))
        if client.get(ARTICLE) != 200:
            raise RuntimeError(ARTICLE)
        times.append(1000 * (time.perf_counter() - due))
    return times
