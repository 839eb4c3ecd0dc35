"""Members on their way: rows as the API writes them, and tokens that it takes, without asking it for each."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

from sqlalchemy import insert

from app.accounts.member_keys import wrapped_key
from app.accounts.models import Member, MemberKey, SignedInSession
from app.accounts.tokens import Access, AccessTokens
from app.core.database import Database
from app.core.keyring import KeyRing
from app.core.settings import Settings
from app.journey import schedule
from app.journey.models import Run, RunDay
from app.journey.runs import written
from app.journey.schedule import LENGTH, Pace, Stretch, Timetable

KEYS = "bench-1:q0Jk5m2vYxT8eRZ1uWcA7nHd4sLpGfXb9iOyKtQzE3M"
ZONE = "Europe/Dublin"
GOOD_FOR = timedelta(minutes=60)
SLUG = "21-days"
RING = KeyRing(KEYS)


@dataclass(frozen=True, slots=True)
class Walker:
    """Somebody with a run of which all days are open, and a token."""

    member_id: UUID
    session_id: UUID
    run_id: UUID
    token: str


@contextmanager
def opened(database_url: str) -> Iterator[Database]:
    settings = Settings(_env_file=None, database_url=database_url, keys=KEYS)
    database = Database(settings.database, patience=30)
    try:
        yield database
    finally:
        database.close()


def add_walkers(database_url: str, count: int, *, completed: int) -> list[Walker]:
    """New members, each with a run that started three weeks ago, and so many of its days completed."""
    now = datetime.now(UTC)
    started = now - timedelta(days=LENGTH)
    walkers = [walker(uuid4(), uuid4(), now=now) for _ in range(count)]
    with opened(database_url) as database, database.sessions.begin() as session:
        session.execute(insert(Member), [_member(each[0].member_id, started) for each in walkers])
        session.execute(insert(MemberKey), [key_row(each[0].member_id) for each in walkers])
        session.execute(insert(SignedInSession), [each[1] for each in walkers])
        session.execute(insert(Run), [_run(each[0], started, now, noted=completed > 0) for each in walkers])
        days = [_day(each, day, started) for each, _ in walkers for day in range(1, completed + 1)]
        if days:
            session.execute(insert(RunDay), days)
    return [each for each, _ in walkers]


def walker(member_id: UUID, run_id: UUID, *, now: datetime) -> tuple[Walker, dict[str, object]]:
    """Somebody with a token, and the row of their session."""
    session_id = uuid4()
    token = AccessTokens(RING, good_for=GOOD_FOR).issue(Access(member_id, session_id), now=now)
    row = {"member_id": member_id, "id": session_id, "counter": 0, "sealed": b"-", "started_at": now}
    return Walker(member_id, session_id, run_id, token), row | {
        "refreshed_at": now,
        "expires_at": now + timedelta(days=1),
        "ends_at": now + timedelta(days=1),
    }


def key_row(member_id: UUID) -> dict[str, object]:
    return wrapped_key(RING, member_id).model_dump()


def timetable(started: datetime, now: datetime, *, noted: bool) -> str:
    """All days are open; that is noted with the first completion."""
    plain = Timetable(started.date(), Pace.DAILY, (Stretch(started, ZONE),))
    return written(schedule.noted(plain, {}, now=now) if noted else plain)


def _member(member_id: UUID, started: datetime) -> dict[str, object]:
    row = {"id": member_id, "address_hash": member_id.hex, "sealed": b"-", "password_hash": "-", "time_zone": ZONE}
    return row | {"language": "en", "registered_at": started}


def _run(of: Walker, started: datetime, now: datetime, *, noted: bool) -> dict[str, object]:
    return {
        "member_id": of.member_id,
        "id": of.run_id,
        "number": 1,
        "journey": SLUG,
        "body_hash": b"-",
        "pace": "daily",
        "starts_on": started.date(),
        "timetable": timetable(started, now, noted=noted),
        "is_underway": True,
        "started_at": started,
    }


def _day(of: Walker, day: int, started: datetime) -> dict[str, object]:
    at = started + timedelta(days=day - 1)
    row = {"member_id": of.member_id, "run_id": of.run_id, "day": day, "completed_at": at, "completed_on": at.date()}
    return row | {"time_zone": ZONE}
