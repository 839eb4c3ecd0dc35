"""What the service should know, kept in the plainest way: everybody's account, and what each device was told."""

import pickle
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from trials.machine.runs import Run

Json = dict[str, Any]

ACCESS, IDLE, LONGEST = timedelta(minutes=10), timedelta(days=60), timedelta(days=365)
AGAIN = timedelta(hours=1)  # for which a refresh token is good once more
LINK = timedelta(days=1)
CLAIM = timedelta(days=7)
RESPITE = timedelta(days=30)
IDS = [str(UUID(int=number)) for number in range(1, 7)]  # few, and everybody's: they often meet


class Differs(Exception):
    """The model would have answered something else."""


class TookBack(Exception):
    """The answer is right, and the model is to be as it was before."""


class Reply(NamedTuple):
    status: int
    body: Any
    etag: str | None

    @property
    def told(self) -> tuple[int, str | None]:
        """The status, and the code if it is a refusal."""
        return self.status, self.body.get("code") if self.status >= 400 else None

    def is_told(self, status: int, code: str | None = None) -> None:
        same("answer", self.told, (status, code))


def same(what: str, found: Any, expected: Any) -> None:
    """Raises Differs."""
    if found != expected:
        raise Differs(f"{what}: {found!r}, where the model says {expected!r}")


def moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text).astimezone(UTC) if text else None


@dataclass
class Device:
    """Where somebody signed in once: what it was told, whether that is still good or not."""

    session: str
    access: str
    issued_at: datetime
    refreshes: dict[int, str]  # by their turn


@dataclass
class Session:
    started_at: datetime
    refreshed_at: datetime
    turn: int = 0

    def goes_on(self, now: datetime) -> bool:
        return now < min(self.refreshed_at + IDLE, self.started_at + LONGEST)


@dataclass
class Decision:
    granted: bool
    decided_at: datetime


@dataclass
class Result:
    body: Json
    answers: dict[str, int]
    taken_at: datetime


@dataclass
class Draft:
    answers: dict[str, int]
    answered_at: datetime


@dataclass
class Claim:
    """What somebody scored without an account."""

    answers: dict[str, int]
    scored_at: datetime
    used: bool = False


@dataclass
class Account:
    registered_at: datetime
    password: str
    consents: list[Decision]
    id: str = ""  # once somebody signed in
    name: str | None = None
    verified: bool = False
    sessions: dict[str, Session] = field(default_factory=dict)
    results: dict[str, Result] = field(default_factory=dict)
    deleted: set[str] = field(default_factory=set)
    draft: Draft | None = None
    bookmarks: dict[str, datetime] = field(default_factory=dict)
    runs: dict[str, Run] = field(default_factory=dict)  # the oldest first

    @property
    def agreed(self) -> bool:
        return bool(self.consents) and self.consents[-1].granted

    @property
    def current(self) -> Run | None:
        """The latest run that isn't abandoned."""
        return next((run for run in reversed(self.runs.values()) if run.abandoned_at is None), None)

    def underway(self, but: Run | None = None) -> bool:
        return any(run.is_underway for run in self.runs.values() if run is not but)

    def find_run(self, run_id: str) -> Run | None:
        return self.current if run_id == "current" else self.runs.get(run_id)

    def forget_health(self) -> None:
        self.deleted |= self.results.keys()
        self.results.clear()
        self.draft = None
        for run in self.runs.values():
            run.forget_health()


@dataclass
class Person:
    """Somebody at an address, with an account or without."""

    address: str
    account: Account | None = None
    devices: dict[str, Device] = field(default_factory=dict)  # by the session that began there

    def device(self, which: int, now: datetime) -> Device | None:
        """One of all that they ever signed in on; the first are those that are good for something, the newest first."""
        newest = list(self.devices.values())[::-1]
        found = sorted(newest, key=lambda each: not self.is_good(each, now))
        return found[which % len(found)] if found else None

    def is_good(self, device: Device, now: datetime) -> bool:
        return now < device.issued_at + ACCESS and self.goes_on(device, now)

    def goes_on(self, device: Device, now: datetime) -> bool:
        session = self.account.sessions.get(device.session) if self.account else None
        return session is not None and session.goes_on(now)


@dataclass
class Model:
    people: list[Person]
    now: datetime
    claims: dict[str, Claim] = field(default_factory=dict)  # by their tokens
    erased: set[str] = field(default_factory=set)  # ids of members

    def owner(self, session_id: str) -> Account | None:
        """Whose session goes on."""
        for account in self.accounts():
            session = account.sessions.get(session_id)
            if session is not None and session.goes_on(self.now):
                return account
        return None

    def accounts(self) -> Iterator[Account]:
        return (person.account for person in self.people if person.account)

    def copy(self) -> "Model":
        copy: Model = pickle.loads(pickle.dumps(self))  # noqa: S301 - ours; five times as fast as deepcopy
        return copy

    def clean_up(self) -> None:
        """What the service does once an hour."""
        for account in self.accounts():
            last = account.consents[-1] if account.consents else None
            if last and not last.granted and last.decided_at <= self.now - RESPITE:
                account.forget_health()
            for session_id, session in list(account.sessions.items()):
                if not session.goes_on(self.now):
                    del account.sessions[session_id]
