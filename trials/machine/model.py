"""In-memory model of the expected state of the service: accounts, sessions and tokens.

A test compares every response of the service with this model.
"""

import json
import pickle
from base64 import urlsafe_b64decode
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from trials.machine.runs import ModelRun

Json = dict[str, Any]

ACCESS_LIFETIME, SESSION_IDLE_LIMIT, SESSION_LIFETIME = timedelta(minutes=10), timedelta(days=60), timedelta(days=365)
REFRESH_GRACE = timedelta(hours=1)  # a replaced refresh token is accepted once more within this time
LINK_LIFETIME = timedelta(days=1)
CLAIM_LIFETIME = timedelta(days=7)
ERASURE_DELAY = timedelta(days=30)
SHARED_IDS = [str(UUID(int=number)) for number in range(1, 7)]  # few ids for all users, so that they often collide


class Mismatch(Exception):
    """A response differs from the response that the model expects."""


class RevertChange(Exception):
    """The response is correct, but the request has no effect, so the model must not change."""


class ApiResponse(NamedTuple):
    status: int
    body: Any
    etag: str | None

    @property
    def status_and_code(self) -> tuple[int, str | None]:
        """Return the HTTP status, and the error code of an error response."""
        return self.status, self.body.get("code") if self.status >= 400 else None

    def assert_status(self, status: int, code: str | None = None) -> None:
        assert_equal("response", self.status_and_code, (status, code))


def assert_equal(name: str, actual: Any, expected: Any) -> None:
    """Raise Mismatch if the values differ."""
    if actual != expected:
        raise Mismatch(f"{name}: {actual!r}, but the model expects {expected!r}")


def parse_timestamp(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text).astimezone(UTC) if text else None


@dataclass
class ModelDevice:
    """Model of a device on which a user signed in. Its tokens may have expired."""

    session_id: str
    access_token: str
    issued_at: datetime
    refresh_tokens: dict[int, str]  # by counter, which is 0 for the first token


@dataclass
class ModelSession:
    started_at: datetime
    refreshed_at: datetime
    counter: int = 0

    def is_active(self, now: datetime) -> bool:
        return now < min(self.refreshed_at + SESSION_IDLE_LIMIT, self.started_at + SESSION_LIFETIME)


@dataclass
class ModelConsent:
    granted: bool
    decided_at: datetime


@dataclass
class ModelResult:
    body: Json
    answers: dict[str, int]
    taken_at: datetime


@dataclass
class ModelDraft:
    answers: dict[str, int]
    answered_at: datetime


@dataclass
class ModelClaim:
    """Model of an anonymous assessment score, which a user can save after signing up."""

    answers: dict[str, int]
    scored_at: datetime
    used: bool = False


@dataclass
class ModelAccount:
    registered_at: datetime
    password: str
    consents: list[ModelConsent]
    id: str = ""  # unknown before the first sign-in
    name: str | None = None
    verified: bool = False
    sessions: dict[str, ModelSession] = field(default_factory=dict)
    results: dict[str, ModelResult] = field(default_factory=dict)
    deleted: set[str] = field(default_factory=set)
    draft: ModelDraft | None = None
    bookmarks: dict[str, datetime] = field(default_factory=dict)
    runs: dict[str, ModelRun] = field(default_factory=dict)  # oldest first

    @property
    def has_consent(self) -> bool:
        return bool(self.consents) and self.consents[-1].granted

    @property
    def current(self) -> ModelRun | None:
        """Return the latest run (enrolment in a journey) that is not abandoned, or None."""
        return next((run for run in reversed(self.runs.values()) if run.abandoned_at is None), None)

    def has_run_underway(self, except_for: ModelRun | None = None) -> bool:
        return any(run.is_underway for run in self.runs.values() if run is not except_for)

    def find_run(self, run_id: str) -> ModelRun | None:
        return self.current if run_id == "current" else self.runs.get(run_id)

    def delete_health_data(self) -> None:
        self.deleted |= self.results.keys()
        self.results.clear()
        self.draft = None
        for run in self.runs.values():
            run.delete_health_data()


@dataclass
class ModelUser:
    """Model of a person with an email address, with or without an account."""

    address: str
    account: ModelAccount | None = None
    devices: dict[str, ModelDevice] = field(default_factory=dict)  # by session id

    def device(self, index: int, now: datetime) -> ModelDevice | None:
        """Return the device with this index, or None if the user has no device.

        Signed-in devices precede the others. In both groups, newer devices precede older devices.
        """
        newest_first = list(self.devices.values())[::-1]
        ordered = sorted(newest_first, key=lambda device: not self.can_authenticate(device, now))
        return ordered[index % len(ordered)] if ordered else None

    def can_authenticate(self, device: ModelDevice, now: datetime) -> bool:
        return now < device.issued_at + ACCESS_LIFETIME and self.is_signed_in(device, now)

    def is_signed_in(self, device: ModelDevice, now: datetime) -> bool:
        session = self.account.sessions.get(device.session_id) if self.account else None
        return session is not None and session.is_active(now)


@dataclass
class Model:
    users: list[ModelUser]
    now: datetime
    claims: dict[str, ModelClaim] = field(default_factory=dict)  # anonymous scores by claim token
    erased: set[str] = field(default_factory=set)  # ids of erased members

    def owner(self, session_id: str) -> ModelAccount | None:
        """Return the account to which an active session belongs, or None."""
        for account in self.accounts():
            session = account.sessions.get(session_id)
            if session is not None and session.is_active(self.now):
                return account
        return None

    def accounts(self) -> Iterator[ModelAccount]:
        return (user.account for user in self.users if user.account)

    def copy(self) -> "Model":
        copy: Model = pickle.loads(pickle.dumps(self))  # noqa: S301 - trusted data; five times as fast as deepcopy
        return copy

    def clean_up(self) -> None:
        """Delete the same data as the hourly cleanup of the service."""
        for account in self.accounts():
            consent = account.consents[-1] if account.consents else None
            if consent and not consent.granted and consent.decided_at <= self.now - ERASURE_DELAY:
                account.delete_health_data()
            for session_id, session in list(account.sessions.items()):
                if not session.is_active(self.now):
                    del account.sessions[session_id]


def start_session(model: Model, user: ModelUser, account: ModelAccount, tokens: Json) -> None:
    """Add a session to the model, from the response that contains its tokens."""
    claims = _unverified_claims(tokens["access_token"])
    session_id = claims["sid"]
    assert_equal("member", claims["sub"], account.id or claims["sub"])
    assert_equal("session id is reused", session_id in account.sessions, False)
    account.id = claims["sub"]
    account.sessions[session_id] = ModelSession(model.now, model.now)
    user.devices[session_id] = ModelDevice(session_id, tokens["access_token"], model.now, {0: tokens["refresh_token"]})


def _unverified_claims(token: str) -> Mapping[str, Any]:
    encoded = token.split(".")[1]
    claims: Mapping[str, Any] = json.loads(urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4)))
    return claims
