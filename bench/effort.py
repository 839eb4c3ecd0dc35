"""Durations and sizes of a full benchmark, and of a short benchmark that only tests the code."""

from collections.abc import Sequence
from typing import NamedTuple


class Effort(NamedTuple):
    rounds: int = 3  # per measure with a target
    seconds: float = 1.0  # per server and round
    latency_seconds: float = 2.5
    member_share: float = 1.0  # of the number of members of each kind of request
    sign_in_attempts: int = 60  # per comparison of known and unknown email addresses
    sign_in_seconds: float = 6.0  # duration of continuous sign-ins
    article_counts: Sequence[int] = (100, 10_000)
    responses: int = 30  # of each kind per number of articles
    respondents: int = 100_000  # rows of a spreadsheet
    databases: Sequence[str] = ("SQLite", "PostgreSQL")
    max_kinds: int | None = None  # kinds of members' requests; default: all


FULL = Effort()
SHORT = Effort(
    rounds=1,
    seconds=0.1,
    latency_seconds=0.2,
    member_share=0.1,
    sign_in_attempts=1,
    sign_in_seconds=0.2,
    article_counts=(10, 20),
    responses=1,
    respondents=100,
    databases=("SQLite",),
    max_kinds=2,
)
