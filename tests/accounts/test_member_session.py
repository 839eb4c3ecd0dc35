"""Tests for the database session of a request, which is usable only while its member is signed in."""

import asyncio
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from sqlalchemy import URL, ColumnElement, bindparam, delete, select, text, update
from sqlmodel import col

from app.accounts.credentials.access_tokens import BadToken, SignedInMember
from app.accounts.member_session import MemberSession
from app.accounts.models import SignedInSession
from app.core.db.database import Database
from app.core.db.request_runner import Mode
from app.core.timestamps import utc_now
from app.web.cache.releases import ContentRelease
from tests.conftest import Backend
from tests.factories.accounts import recorded_statements
from tests.factories.results import RESULTS_PATH, new_id, running_service
from tests.factories.services import MemberClient, Service
from tests.factories.writes import NOW, insert_release, stored_release_ids

RELEASES_BY_ID = select(col(ContentRelease.id)).where(col(ContentRelease.id) == bindparam("number"))
RELEASE_VALUES: dict[str, Any] = {"id": 1, "released_at": NOW, "falls_due": []}
MODES = [Mode.READ, Mode.WRITE]

Operation = Callable[[MemberSession], Any]


@dataclass(frozen=True, slots=True)
class Device:
    """A device on which a member is signed in."""

    client: MemberClient
    database: Database
    member: SignedInMember

    @classmethod
    def create(cls, service: Service, client: MemberClient | None = None) -> "Device":
        client = client or service.register()
        member = service.app.state.services.accounts.tokens.verify(client.access_token, now=utc_now())
        return cls(client, service.database, member)

    @property
    def by_session(self) -> ColumnElement[bool]:
        """Return an SQL condition that selects the device's row in the sessions table."""
        return col(SignedInSession.id) == self.member.session_id

    def sign_out(self) -> None:
        assert self.client.request("POST", "/v1/auth/logout").status_code == 204

    def session(self, mode: Mode) -> MemberSession:
        return MemberSession(self.database.requests.run, mode, self.member, utc_now())

    async def run_operation_async(self, mode: Mode, operation: Operation) -> Any:
        session = self.session(mode)
        return await session.run(lambda: operation(session))

    def run_operation(self, mode: Mode, operation: Operation) -> Any:
        return asyncio.run(self.run_operation_async(mode, operation))


@pytest.fixture(scope="module")
def service(backend: Backend, sample_template: URL) -> Iterator[Service]:
    with running_service(backend, sample_template) as service:
        yield service


@pytest.fixture
def device(service: Service) -> Device:
    """Return a signed-in device of a new member, in a database without content releases."""
    clear_releases(service.database)
    return Device.create(service)


def clear_releases(database: Database) -> None:
    with database.transaction() as session:
        session.execute(text("DELETE FROM content_releases"))


def read(session: MemberSession) -> Any:
    return session.scalar(text("SELECT 1"))


def insert_in_savepoint(session: MemberSession) -> None:
    with session.savepoint():
        insert_release(1)(session)


OPERATIONS: dict[str, Operation] = {
    "execute": insert_release(1),
    "fetch": lambda session: session.fetch(RELEASES_BY_ID, {"number": 1}),
    "scalar": read,
    "insert": lambda session: session.insert(ContentRelease(**RELEASE_VALUES)),
    "upsert": lambda session: session.upsert(ContentRelease, [RELEASE_VALUES]),
    "update": lambda session: session.update(ContentRelease, {"id": 1}, {"falls_due": []}),
    "dialect_insert": lambda session: session.dialect_insert(ContentRelease),
    "savepoint": insert_in_savepoint,
    "no use": lambda _: "done",
}
WRITES = ["execute", "insert", "upsert", "savepoint"]


def raises_bad_token(device: Device, mode: Mode, operation: Operation = read) -> bool:
    try:
        device.run_operation(mode, operation)
    except BadToken:
        return True
    return False


def test_use_after_sign_out_raises_bad_token(device: Device) -> None:
    device.sign_out()

    uses = [(mode, name) for mode in MODES for name in OPERATIONS]
    assert [use for use in uses if not raises_bad_token(device, use[0], OPERATIONS[use[1]])] == []
    assert stored_release_ids(device.database) == []


def test_writes_of_signed_in_member_are_stored(device: Device) -> None:
    for name in WRITES:
        device.run_operation(Mode.WRITE, OPERATIONS[name])

        assert stored_release_ids(device.database) == [1], name
        clear_releases(device.database)


def test_use_with_expired_or_other_members_session_raises_bad_token(device: Device, service: Service) -> None:
    other = Device.create(service)
    mismatched = Device(device.client, device.database, SignedInMember(device.member.id, other.member.session_id))
    with device.database.transaction() as session:
        session.execute(update(SignedInSession).where(device.by_session).values(expires_at=utc_now()))

    for mode in MODES:
        assert raises_bad_token(device, mode), mode
        assert raises_bad_token(mismatched, mode), mode


@pytest.mark.parametrize("mode", MODES)
def test_signed_in_member_gets_results(device: Device, mode: Mode) -> None:
    with device.database.transaction() as session:
        insert_release(4711)(session)

    assert device.run_operation(mode, lambda _: "done") == "done"
    assert device.run_operation(mode, OPERATIONS["fetch"]) == []
    rows = device.run_operation(mode, lambda session: session.fetch(RELEASES_BY_ID, {"number": 4711}))
    assert [row.id for row in rows] == [4711]


def test_missing_result_returns_404_while_signed_in_and_401_after(service: Service) -> None:
    client = service.register()
    path = f"{RESULTS_PATH}/{new_id()}"

    status_before = client.request("GET", path).status_code
    client.request("POST", "/v1/auth/logout")

    assert (status_before, client.request("GET", path).status_code) == (404, 401)


def test_sign_out_takes_effect_after_commit(device: Device) -> None:
    deleted = device.run_operation(
        Mode.WRITE, lambda session: session.execute(delete(SignedInSession).where(device.by_session)).rowcount
    )

    assert deleted == 1
    with pytest.raises(BadToken):
        device.run_operation(Mode.READ, read)


def test_fetch_checks_session_in_same_statement(device: Device) -> None:
    with device.database.transaction() as session:
        insert_release(4711)(session)

    with recorded_statements(device.database) as sent:
        device.run_operation(Mode.READ, lambda session: session.fetch(RELEASES_BY_ID, {"number": 4711}))

    assert len(sent) == 1
    assert "sessions" in sent[0]


def test_session_is_checked_once_per_request(device: Device) -> None:
    with recorded_statements(device.database) as sent:
        device.run_operation(Mode.READ, lambda session: [read(session), read(session)])

    assert [("sessions" in statement) for statement in sent] == [True, False, False]


def max_concurrent_writes(*devices: Device) -> int:
    """Run one write per device concurrently. Return how many ran at the same time."""
    active, maximum, lock = 0, 0, threading.Lock()
    all_active = threading.Event()

    def write(session: MemberSession) -> None:
        nonlocal active, maximum
        read(session)
        with lock:
            active += 1
            maximum = max(maximum, active)
        if maximum == len(devices):
            all_active.set()
        all_active.wait(0.2)
        with lock:
            active -= 1

    async def all_write() -> None:
        await asyncio.gather(*(device.run_operation_async(Mode.WRITE, write) for device in devices))

    asyncio.run(all_write())
    return maximum


def test_writes_of_one_member_run_sequentially(service: Service, device: Device) -> None:
    phone = Device.create(service, device.client.sign_in_on_new_device())

    assert max_concurrent_writes(device, phone, device) == 1


def test_writes_of_two_members_are_concurrent_on_postgresql(service: Service, device: Device) -> None:
    """SQLite runs one write at a time. PostgreSQL runs writes of different members concurrently."""
    is_sqlite = device.database.url.get_backend_name() == "sqlite"

    assert max_concurrent_writes(device, Device.create(service)) == (1 if is_sqlite else 2)
