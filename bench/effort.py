"""Durations and sizes of a full benchmark, and of a short benchmark that only tests the code."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Effort:
    rounds: int  # rounds per measure with a target
    fewer_rounds: int  # rounds per measure without a target
    seconds: float  # per server and round
    half_load_seconds: float  # of latency measurements at half of the capacity
    high_load_seconds: float  # of latency measurements at nine tenths of the capacity
    readers: int  # members that read dashboards
    walkers: int  # members that complete days
    other_members: int  # members for other requests
    sign_in_attempts: int  # per comparison of known and unknown email addresses
    sign_in_seconds: float  # duration of continuous sign-ins
    server_starts: int
    article_counts: Sequence[int]
    responses: int  # responses of each kind per number of articles
    respondents: int  # rows of a spreadsheet
    databases: Sequence[str] = ("SQLite", "PostgreSQL")  # databases for parts other than members' requests
    max_kinds: int | None = None  # kinds of members' requests; default: all


FULL = Effort(
    rounds=3,
    fewer_rounds=1,
    seconds=1.0,
    half_load_seconds=2.5,
    high_load_seconds=1.0,
    readers=100,
    walkers=1300,
    other_members=400,
    sign_in_attempts=60,
    sign_in_seconds=6.0,
    server_starts=2,
    article_counts=(10, 100, 1_000, 10_000),
    responses=30,
    respondents=100_000,
)
SHORT = Effort(
    rounds=1,
    fewer_rounds=1,
    seconds=0.2,
    half_load_seconds=0.4,
    high_load_seconds=0.2,
    readers=10,
    walkers=250,
    other_members=120,
    sign_in_attempts=4,
    sign_in_seconds=1.0,
    server_starts=1,
    article_counts=(10, 40),
    responses=2,
    respondents=200,
    databases=("SQLite",),
    max_kinds=2,
)
