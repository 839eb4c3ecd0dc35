"""A member's statement that takes too long is interrupted as anybody's is: its thread does not hold a place for it."""

import asyncio
import time
from collections.abc import Iterator

import pytest
from sqlalchemy import URL, Select, func, literal, select

from app.accounts.credentials.access_tokens import SignedInMember
from app.accounts.member_session import MemberSession
from app.core.db.requests import Mode
from app.core.errors import Unavailable
from app.core.timestamps import utc_now
from tests.conftest import Backend
from tests.factories.results import serving
from tests.factories.services import Service

WAITS = 0.3  # seconds that a request waits, where the database itself would let it run for longer
SOON = 2.0  # seconds in which a busy machine notices that these are over


@pytest.fixture
def service(backend: Backend, furnished: URL) -> Iterator[Service]:
    with serving(backend, furnished) as service:
        yield service


def slow(dialect: str) -> Select[int]:
    if dialect == "postgresql":
        return select(func.pg_sleep(5))
    numbers = select(literal(1).label("n")).cte(recursive=True)
    numbers = numbers.union_all(select(numbers.c.n + 1).where(numbers.c.n < 20_000_000))
    return select(numbers.c.n).where(numbers.c.n < 0)


@pytest.mark.parametrize("first", ["fetch", "execute"])
def test_a_member_s_slow_statement_is_interrupted(service: Service, first: str) -> None:
    member = service.app.state.services.accounts.tokens.read(service.register().access, now=utc_now())
    database = service.database
    database.requests.seconds = WAITS

    seconds = asyncio.run(seconds_until_free(service, member, first))

    assert seconds < SOON


async def seconds_until_free(service: Service, member: SignedInMember, first: str) -> float:
    requests = service.database.requests
    session = MemberSession(requests.run, Mode.READ, member, utc_now())
    statement = slow(service.database.url.get_backend_name())

    def read() -> object:
        return session.fetch(statement, {}) if first == "fetch" else session.execute(statement).all()

    with pytest.raises(Unavailable):
        await session.run(read)
    began = time.monotonic()
    while requests.reading.taken:  # noqa: ASYNC110 - a thread ends by itself
        await asyncio.sleep(0.02)
    return time.monotonic() - began
