"""However many come at once, those who have a connection find a thread to go on."""

from asyncio import gather, run, sleep
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from httpx2 import Response
from sqlalchemy.exc import OperationalError

from app.core.errors import Unavailable
from app.web.rate_limits import PasswordCapacity
from tests.factories.services import Service

MANY = 120


def at_once(ask: Callable[[int], Response]) -> Counter[int]:
    with ThreadPoolExecutor(MANY) as pool:
        return Counter(reply.status_code for reply in pool.map(ask, range(MANY)))


def test_a_crowd_of_readers_is_answered(service: Service) -> None:
    person = service.register()

    assert at_once(lambda _: person.ask("GET", "/v1/me")) == {200: MANY}


def test_a_crowd_of_writers_is_answered(service: Service) -> None:
    people = [service.register() for _ in range(4)]

    assert at_once(lambda n: people[n % 4].ask("PATCH", "/v1/me", {"display_name": f"Bo {n}"})) == {200: MANY}


def test_a_crowd_of_searches_is_answered(service: Service) -> None:
    assert at_once(lambda n: service.client.get("/v1/assessments", params={"limit": 1 + n % 100})) == {200: MANY}


def test_when_one_finds_the_database_away_who_waited_is_told_at_once() -> None:
    capacity = PasswordCapacity(at_once=1, waiting=10)
    tried: list[str] = []

    async def try_it(name: str) -> None:
        async with capacity.place():
            tried.append(name)
            await sleep(0.01)
            if name == "first":
                raise OperationalError("SELECT 1", None, Exception("gone"))

    async def all_at_once() -> list[BaseException | None]:
        outcomes = await gather(*map(try_it, ("first", "second", "third")), return_exceptions=True)
        await try_it("later")
        return outcomes

    outcomes = run(all_at_once())

    assert [type(each) for each in outcomes] == [OperationalError, Unavailable, Unavailable]
    assert tried == ["first", "later"]
