"""Work that is handed to a thread: whatever comes of it, somebody is told, and the next one gets their turn."""

import asyncio
import time
from collections.abc import Callable, Coroutine
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import text

from app.accounts.credentials.access_tokens import BadToken
from app.accounts.request_context import Reading, Writing
from app.accounts.request_work import Actor
from app.core.db.database import Database
from app.core.db.group_commit import Together
from app.core.timestamps import utc_now
from app.web.concurrency import Turns
from tests.factories.services import Service

PATIENCE = 10  # seconds; who isn't told anything waits forever


class Boom(Exception):
    pass


def raising(error: type[Exception]) -> Callable[[Any], object]:
    def work(by: Reading | Writing) -> object:
        _ = by.reads if isinstance(by, Reading) else by.session
        raise error

    return work


def end_session(by: Writing) -> object:
    return by.session.execute(text("DELETE FROM sessions")).rowcount  # type: ignore[attr-defined]


def acting(service: Service, ask: Callable[[Actor], Coroutine[Any, Any, object]]) -> object:
    """What a member of the service is told, on a loop of its own. All turns are free then."""
    person = service.register()
    database = Database(service.settings.database, pool_size=2)
    state = SimpleNamespace(database=database, turns=Turns(database, seconds=PATIENCE))
    state.together = Together(database) if database.writes_together else None
    access = service.app.state.tools.tokens.read(person.access, now=utc_now())

    async def asked() -> object:
        turns = (state.turns.reading, state.turns.writing, state.turns.together)
        free = [each.value for each in turns]
        try:
            return await asyncio.wait_for(ask(Actor(state, access, utc_now())), PATIENCE)
        finally:
            assert [each.value for each in turns] == free

    try:
        return asyncio.run(asked())
    finally:
        database.close()


@pytest.mark.parametrize(("raised", "told"), [(Boom, Boom), (StopIteration, RuntimeError)])
def test_who_asks_is_told_what_went_wrong(service: Service, raised: type[Exception], told: type[Exception]) -> None:
    with pytest.raises(told):
        acting(service, lambda me: me.reads(raising(raised)))
    with pytest.raises(told):
        acting(service, lambda me: me.writes(raising(raised)))


def test_nothing_is_written_for_a_session_that_nobody_looked_at(service: Service) -> None:
    with pytest.raises(AssertionError):
        acting(service, lambda me: me.writes(lambda _: "done"))


def test_what_is_written_is_there_and_counts_at_once(service: Service) -> None:
    async def write_then_read(me: Actor) -> object:
        assert await me.writes(end_session) == 1
        return await me.reads(lambda by: by.reads)

    with pytest.raises(BadToken):
        acting(service, write_then_read)


def test_who_is_gone_while_a_thread_works_for_them_leaves_nothing(service: Service) -> None:
    def work(by: Reading) -> object:
        connection = by.reads
        time.sleep(0.2)
        return connection.scalar(text("SELECT 1"))

    async def ask_and_go(me: Actor) -> object:
        asked = [asyncio.create_task(me.reads(work)) for _ in range(2)]
        await asyncio.sleep(0.1)
        pool = me.state.database.reads.pool
        taken = pool.checkedout()
        for each in asked:
            each.cancel()
        await asyncio.wait(asked)
        give_up = time.monotonic() + PATIENCE
        while pool.checkedout() and time.monotonic() < give_up:  # noqa: ASYNC110 - a pool tells nobody
            await asyncio.sleep(0.01)
        assert pool.checkedout() == 0
        return taken, [each.cancelled() for each in asked]

    assert acting(service, ask_and_go) == (2, [True, True])
