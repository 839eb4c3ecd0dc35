"""How long is measured: in full, or just long enough to see that the benchmark itself works."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Effort:
    rounds: int  # in which servers are asked in turns
    fewer_rounds: int  # where nothing is promised
    seconds: float  # of asking in one turn
    due_seconds: float  # of asking at half of the capacity
    busy_seconds: float  # of asking at nine tenths of it
    readers: int  # members who look at their dashboards
    walkers: int  # who complete days
    others: int  # who do the rest
    tries: int  # at signing in with a wrong password
    hammering: float  # seconds for which many sign in without a pause
    starts: int
    articles: Sequence[int]
    replies: int  # of each kind from each number of articles
    scored: int  # people of a spreadsheet
    databases: Sequence[str] = ("SQLite", "PostgreSQL")  # on which all but the requests of members is measured
    kinds: int | None = None  # of members' requests: all unless given


FULL = Effort(
    rounds=3,
    fewer_rounds=1,
    seconds=1.0,
    due_seconds=2.5,
    busy_seconds=1.0,
    readers=100,
    walkers=1300,
    others=400,
    tries=60,
    hammering=6.0,
    starts=2,
    articles=(10, 100, 1_000, 10_000),
    replies=30,
    scored=100_000,
)
SHORT = Effort(
    rounds=1,
    fewer_rounds=1,
    seconds=0.2,
    due_seconds=0.4,
    busy_seconds=0.2,
    readers=10,
    walkers=250,
    others=120,
    tries=4,
    hammering=1.0,
    starts=1,
    articles=(10, 40),
    replies=2,
    scored=200,
    databases=("SQLite",),
    kinds=2,
)
