"""Tests for the time limit of a member's database statements: a slow statement is interrupted."""

import asyncio
import time
from collections.abc import Iterator

import pytest
from sqlalchemy import URL, Select, func, literal, select

from app.accounts.credentials.access_tokens import SignedInMember
from app.accounts.member_session import MemberSession
from app.core.db.request_runner import Mode
from app.core.errors import Unavailable
from app.core.timestamps import utc_now
from tests.conftest import Backend
from tests.factories.results import running_service
from tests.factories.services import Service

TIMEOUT_SECONDS = 0.3
MAX_RELEASE_SECONDS = 2.0  # generous, because the machine may be busy


@pytest.fixture
def service(backend: Backend, sample_template: URL) -> Iterator[Service]:
    with running_service(backend, sample_template) as service:
        yield service


def slow_statement(dialect: str) -> Select[int]:
    if dialect == "postgresql":
        return select(func.pg_sleep(5))
    numbers = select(literal(1).label("n")).cte(recursive=True)
    numbers = numbers.union_all(select(numbers.c.n + 1).where(numbers.c.n < 20_000_000))
    return select(numbers.c.n).where(numbers.c.n < 0)


def test_slow_statement_of_member_is_interrupted(service: Service) -> None:
    member = service.app.state.services.accounts.tokens.verify(service.register().access_token, now=utc_now())
    service.database.requests.timeout = TIMEOUT_SECONDS

    durations = {method: asyncio.run(seconds_until_free(service, member, method)) for method in ("fetch", "execute")}

    assert max(durations.values()) < MAX_RELEASE_SECONDS, durations


async def seconds_until_free(service: Service, member: SignedInMember, method: str) -> float:
    requests = service.database.requests
    session = MemberSession(requests.run, Mode.READ, member, utc_now())
    statement = slow_statement(service.database.url.get_backend_name())

    def read() -> object:
        return session.fetch(statement, {}) if method == "fetch" else session.execute(statement).all()

    with pytest.raises(Unavailable):
        await session.run(read)
    started = time.monotonic()
    while requests.read_slots.used:  # noqa: ASYNC110 - the thread signals no event
        await asyncio.sleep(0.02)
    return time.monotonic() - started
