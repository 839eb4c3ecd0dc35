"""Tests that many concurrent requests succeed: no request waits for a thread while it uses a connection."""

from asyncio import gather, run, sleep
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from httpx2 import Response
from sqlalchemy.exc import OperationalError

from app.core.errors import Unavailable
from app.web.rate_limits import PasswordCapacity
from tests.factories.services import Service

CONCURRENT_REQUESTS = 120


def count_statuses(send_request: Callable[[int], Response]) -> Counter[int]:
    with ThreadPoolExecutor(CONCURRENT_REQUESTS) as pool:
        return Counter(response.status_code for response in pool.map(send_request, range(CONCURRENT_REQUESTS)))


def test_concurrent_reads_all_succeed(service: Service) -> None:
    member = service.register()

    assert count_statuses(lambda _: member.request("GET", "/v1/me")) == {200: CONCURRENT_REQUESTS}


def test_concurrent_writes_all_succeed(service: Service) -> None:
    members = [service.register() for _ in range(4)]

    assert count_statuses(
        lambda index: members[index % 4].request("PATCH", "/v1/me", {"display_name": f"Bo {index}"})
    ) == {200: CONCURRENT_REQUESTS}


def test_concurrent_list_requests_all_succeed(service: Service) -> None:
    assert count_statuses(lambda index: service.client.get("/v1/assessments", params={"limit": 1 + index % 100})) == {
        200: CONCURRENT_REQUESTS
    }


def test_password_capacity_when_database_fails_rejects_waiting_requests() -> None:
    capacity = PasswordCapacity(max_concurrent=1, max_waiting=10)
    started: list[str] = []

    async def use_slot(name: str) -> None:
        async with capacity.slot():
            started.append(name)
            await sleep(0.01)
            if name == "first":
                raise OperationalError("SELECT 1", None, Exception("gone"))

    async def run_concurrently() -> list[BaseException | None]:
        outcomes = await gather(*map(use_slot, ("first", "second", "third")), return_exceptions=True)
        await use_slot("later")
        return outcomes

    outcomes = run(run_concurrently())

    assert [type(outcome) for outcome in outcomes] == [OperationalError, Unavailable, Unavailable]
    assert started == ["first", "later"]
