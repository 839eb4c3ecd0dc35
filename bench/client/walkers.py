"""Members on their way: rows as the API writes them, and tokens that it takes, without asking it for each."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

from sqlalchemy import insert

from app.accounts.addresses import address_hash
from app.accounts.consents import HEALTH
from app.accounts.credentials.access_tokens import AccessTokens, SignedInMember
from app.accounts.credentials.passwords import Passwords
from app.accounts.credentials.refresh_tokens import refresh_token
from app.accounts.credentials.sessions import sealed_session
from app.accounts.members import Identity, wrapped_key
from app.accounts.models import Member, MemberConsent, MemberKey, SignedInSession
from app.accounts.services import Caller
from app.core.crypto.encryption import new_key
from app.core.crypto.key_ring import KeyRing
from app.core.db.database import Database
from app.core.settings import Settings
from app.journey.models import Run, RunDay
from app.journey.rules import schedule
from app.journey.rules.schedule import LENGTH, Pace, Stretch, Timetable
from app.journey.runs import timetable_to_json
from bench.client.members import PASSWORD

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
    key: bytes  # the session's
    token: str

    @property
    def headers(self) -> dict[str, str]:
        return {"authorization": f"Bearer {self.token}"}

    @property
    def address(self) -> str:
        return f"{self.member_id}@example.org"

    def refresh_token(self, turn: int) -> str:
        """That of a session's turn, which is good once the ones before it were used."""
        return refresh_token(self.key, self.member_id, self.session_id, turn)


@contextmanager
def opened(database_url: str) -> Iterator[Database]:
    settings = Settings(_env_file=None, database_url=database_url, keys=KEYS)
    database = Database(settings.database, seconds=30)
    try:
        yield database
    finally:
        database.close()


def add_walkers(database_url: str, count: int, *, completed: int) -> list[Walker]:
    """New members who agree to everything, each with a run that started three weeks ago, and so many of its days
    completed. All have the password of `bench/client/members.py`.
    """
    now = datetime.now(UTC)
    started = now - timedelta(days=LENGTH)
    walkers = [walker(uuid4(), uuid4(), now=now) for _ in range(count)]
    keys = {each.member_id: new_key() for each in walkers}
    password_hash = Passwords(least=1).hashed(PASSWORD)
    wrapped = [wrapped_key(RING, *each).model_dump() for each in keys.items()]
    sessions = [session_row(each, keys[each.member_id], now=now) for each in walkers]
    days = [_day(each, day, started) for each in walkers for day in range(1, completed + 1)]
    with opened(database_url) as database, database.loading() as session:
        members = [_member(each, keys[each.member_id], password_hash, started) for each in walkers]
        session.execute(insert(Member), members)
        session.execute(insert(MemberKey), wrapped)
        session.execute(insert(SignedInSession), sessions)
        session.execute(insert(MemberConsent), [_consent(each, started) for each in walkers])
        session.execute(insert(Run), [_run(each, started, now, noted=completed > 0) for each in walkers])
        if days:
            session.execute(insert(RunDay), days)
    return walkers


def walker(member_id: UUID, run_id: UUID, *, session_id: UUID | None = None, now: datetime) -> Walker:
    session_id = session_id or uuid4()
    token = AccessTokens(RING, good_for=GOOD_FOR).issue(SignedInMember(member_id, session_id), now=now)
    return Walker(member_id, session_id, run_id, new_key(), token)


def session_row(of: Walker, member_key: bytes, *, now: datetime) -> dict[str, object]:
    here = Caller("192.0.2.1", "A browser")
    return {
        "member_id": of.member_id,
        "id": of.session_id,
        "counter": 0,
        "sealed": sealed_session(member_key, of.member_id, of.session_id, key=of.key, caller=here),
        "started_at": now,
        "refreshed_at": now,
        "expires_at": now + timedelta(days=1),
        "ends_at": now + timedelta(days=1),
    }


def key_row(member_id: UUID) -> dict[str, object]:
    return wrapped_key(RING, member_id).model_dump()


def timetable(started: datetime, now: datetime, *, noted: bool) -> str:
    """All days are open; that is noted with the first completion."""
    plain = Timetable(started.date(), Pace.DAILY, (Stretch(started, ZONE),))
    return timetable_to_json(schedule.noted(plain, {}, now=now) if noted else plain)


def _member(of: Walker, key: bytes, password_hash: str, started: datetime) -> dict[str, object]:
    return {
        "id": of.member_id,
        "address_hash": address_hash(RING, RING.current, of.address),
        "sealed": Identity(of.address, None).seal(key, of.member_id),
        "password_hash": password_hash,
        "time_zone": ZONE,
        "language": "en",
        "registered_at": started,
    }


def _consent(of: Walker, started: datetime) -> dict[str, object]:
    row = {"member_id": of.member_id, "purpose": HEALTH, "number": 1, "granted": True, "version": "1"}
    return row | {"decided_at": started}


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
