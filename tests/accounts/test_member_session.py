"""The session of a member's request: nothing is read or written unless their sign-in is active."""

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest
from sqlalchemy import URL, ColumnElement, Engine, bindparam, delete, event, select, text, update
from sqlmodel import col

from app.accounts.credentials.access_tokens import BadToken, SignedInMember
from app.accounts.member_session import MemberSession
from app.accounts.models import SignedInSession
from app.core.db.database import Database
from app.core.db.requests import Mode
from app.core.timestamps import utc_now
from app.web.cache.releases import ContentRelease
from tests.conftest import Backend
from tests.factories.results import RESULTS, new_id, serving
from tests.factories.services import Person, Service
from tests.factories.writes import NOW, add, stored

NUMBERS = select(col(ContentRelease.id)).where(col(ContentRelease.id) == bindparam("number"))
ROW: dict[str, Any] = {"id": 1, "released_at": NOW, "falls_due": []}
MODES = [Mode.READ, Mode.WRITE]

Use = Callable[[MemberSession], Any]


@dataclass(frozen=True, slots=True)
class Device:
    """Where a member is signed in."""

    person: Person
    database: Database
    member: SignedInMember

    @classmethod
    def of(cls, service: Service, person: Person | None = None) -> "Device":
        person = person or service.register()
        member = service.app.state.services.accounts.tokens.read(person.access, now=utc_now())
        return cls(person, service.database, member)

    @property
    def sign_in(self) -> ColumnElement[bool]:
        """Of the row of their session."""
        return col(SignedInSession.id) == self.member.session_id

    def sign_out(self) -> None:
        assert self.person.ask("POST", "/v1/auth/logout").status_code == 204

    def session(self, mode: Mode) -> MemberSession:
        return MemberSession(self.database.requests.run, mode, self.member, utc_now())

    async def ask(self, mode: Mode, use: Use) -> Any:
        """As a request does."""
        session = self.session(mode)
        return await session.run(lambda: use(session))

    def use(self, mode: Mode, use: Use) -> Any:
        return asyncio.run(self.ask(mode, use))


@pytest.fixture(scope="module")
def service(backend: Backend, furnished: URL) -> Iterator[Service]:
    with serving(backend, furnished) as service:
        yield service


@pytest.fixture
def device(service: Service) -> Device:
    """One of a new member; no number is stored yet."""
    with service.database.transaction() as session:
        session.execute(text("DELETE FROM content_releases"))
    return Device.of(service)


def read(session: MemberSession) -> Any:
    return session.scalar(text("SELECT 1"))


def in_savepoint(session: MemberSession) -> None:
    with session.savepoint():
        add(1)(session)


USES: dict[str, Use] = {
    "execute": add(1),
    "fetch": lambda session: session.fetch(NUMBERS, {"number": 1}),
    "scalar": read,
    "insert": lambda session: session.insert(ContentRelease(**ROW)),
    "upsert": lambda session: session.upsert(ContentRelease, [ROW]),
    "update": lambda session: session.update(ContentRelease, {"id": 1}, {"falls_due": []}),
    "insert_or": lambda session: session.insert_or(ContentRelease),
    "savepoint": in_savepoint,
    "nothing": lambda _: "done",
}
WRITES = ["execute", "insert", "upsert", "savepoint"]


@pytest.mark.parametrize("name", USES)
@pytest.mark.parametrize("mode", MODES)
def test_after_signing_out_every_use_of_a_session_is_refused(device: Device, mode: Mode, name: str) -> None:
    device.sign_out()

    with pytest.raises(BadToken):
        device.use(mode, USES[name])
    assert stored(device.database) == []


@pytest.mark.parametrize("name", WRITES)
def test_what_a_signed_in_member_writes_is_stored(device: Device, name: str) -> None:
    device.use(Mode.WRITE, USES[name])

    assert stored(device.database) == [1]


@pytest.mark.parametrize("mode", MODES)
def test_a_sign_in_that_expired_is_refused(device: Device, mode: Mode) -> None:
    with device.database.transaction() as session:
        session.execute(update(SignedInSession).where(device.sign_in).values(expires_at=utc_now()))

    with pytest.raises(BadToken):
        device.use(mode, read)


@pytest.mark.parametrize("mode", MODES)
def test_the_sign_in_is_that_of_this_member(device: Device, service: Service, mode: Mode) -> None:
    other = Device.of(service)
    mixed = Device(device.person, device.database, SignedInMember(device.member.id, other.member.session_id))

    with pytest.raises(BadToken):
        mixed.use(mode, read)


@pytest.mark.parametrize("mode", MODES)
def test_a_request_that_uses_no_connection_is_answered_while_signed_in(device: Device, mode: Mode) -> None:
    assert device.use(mode, lambda _: "done") == "done"


@pytest.mark.parametrize("mode", MODES)
def test_fetch_without_rows_tells_a_signed_in_member_so(device: Device, mode: Mode) -> None:
    assert device.use(mode, lambda session: session.fetch(NUMBERS, {"number": 4711})) == []


@pytest.mark.parametrize("mode", MODES)
def test_fetch_returns_the_rows_that_there_are(device: Device, mode: Mode) -> None:
    with device.database.transaction() as session:
        add(4711)(session)

    rows = device.use(mode, lambda session: session.fetch(NUMBERS, {"number": 4711}))
    device.sign_out()

    assert [row.id for row in rows] == [4711]
    with pytest.raises(BadToken):
        device.use(mode, lambda session: session.fetch(NUMBERS, {"number": 4711}))


def test_what_is_not_there_is_404_while_signed_in_and_401_afterwards(service: Service) -> None:
    person = service.register()
    path = f"{RESULTS}/{new_id()}"

    before = person.ask("GET", path).status_code
    person.ask("POST", "/v1/auth/logout")

    assert (before, person.ask("GET", path).status_code) == (404, 401)


def test_a_sign_out_counts_from_its_commit_on(device: Device) -> None:
    ended = device.use(
        Mode.WRITE, lambda session: session.execute(delete(SignedInSession).where(device.sign_in)).rowcount
    )

    assert ended == 1
    with pytest.raises(BadToken):
        device.use(Mode.READ, read)


@contextmanager
def statements(database: Database) -> Iterator[list[str]]:
    sent: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        sent.append(statement)

    engines: set[Engine] = {database.reads, database.writes}
    for engine in engines:
        event.listen(engine, "before_cursor_execute", note)
    yield sent
    for engine in engines:
        event.remove(engine, "before_cursor_execute", note)


def test_fetch_checks_the_sign_in_in_the_same_statement(device: Device) -> None:
    with device.database.transaction() as session:
        add(4711)(session)

    with statements(device.database) as sent:
        device.use(Mode.READ, lambda session: session.fetch(NUMBERS, {"number": 4711}))

    assert len(sent) == 1
    assert "sessions" in sent[0]


def test_the_sign_in_is_checked_once_in_a_request(device: Device) -> None:
    with statements(device.database) as sent:
        device.use(Mode.READ, lambda session: [read(session), read(session)])

    assert [("sessions" in each) for each in sent] == [True, False, False]


def most_at_once(*devices: Device) -> int:
    """Of requests that each write for a while, how many do so at the same time."""
    inside, most, counting = 0, 0, threading.Lock()
    all_inside = threading.Event()

    def write(session: MemberSession) -> None:
        nonlocal inside, most
        read(session)
        with counting:
            inside += 1
            most = max(most, inside)
        if most == len(devices):
            all_inside.set()
        all_inside.wait(0.2)
        with counting:
            inside -= 1

    async def all_write() -> None:
        await asyncio.gather(*(device.ask(Mode.WRITE, write) for device in devices))

    asyncio.run(all_write())
    return most


def test_one_member_s_writes_run_one_after_the_other(service: Service, device: Device) -> None:
    phone = Device.of(service, device.person.on_another_device())

    assert most_at_once(device, phone, device) == 1


def test_writes_of_two_members_run_at_once_on_postgresql(service: Service, device: Device) -> None:
    """On SQLite one request writes at a time, for any member."""
    is_alone = device.database.url.get_backend_name() == "sqlite"

    assert most_at_once(device, Device.of(service)) == (1 if is_alone else 2)
