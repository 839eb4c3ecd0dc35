"""Tests for concurrent changes to a 21-day journey: the result equals that of consecutive changes."""

from collections import Counter

from httpx2 import Response
from time_machine import Traveller

from tests.factories.runs import MORNING, ONE_DAY, RunClient, run_concurrently
from tests.factories.services import Service

OPEN = 6  # number of open days


def test_concurrent_changes_of_several_members_are_all_stored(site: Service, clock: Traveller) -> None:
    agreeing = [RunClient.create(site, clock) for _ in range(3)]
    other = RunClient.create(site, clock, consents=False)
    clients = [*agreeing, other]
    for client in clients:
        client.travel(MORNING + (OPEN - 1) * ONE_DAY)

    def send(n: int) -> Response:
        client, day = clients[n % 4], 1 + n // 4
        return client.request("PATCH", f"/days/{day}", {"completed": True, "reflection": f"Of day {day}."})

    responses = run_concurrently(4 * (OPEN + 1), send)

    codes = Counter((n % 4 == 3, response.json().get("code", "done")) for n, response in enumerate(responses))
    assert codes == {
        (False, "done"): 3 * OPEN,
        (False, "day_locked"): 3,
        (True, "consent_required"): OPEN,
        (True, "day_locked"): 1,
    }
    assert [client.request("GET").json()["days_completed"] for client in clients] == [OPEN, OPEN, OPEN, 0]
    for client in agreeing:
        texts = [client.request("GET", f"/days/{day}").json()["progress"]["reflection"] for day in range(1, OPEN + 1)]
        assert texts == [f"Of day {day}." for day in range(1, OPEN + 1)]


def test_logout_during_concurrent_changes_loses_no_stored_change(site: Service, clock: Traveller) -> None:
    client = RunClient.create(site, clock)
    reader = client.member.sign_in_on_new_device()

    def send(n: int) -> Response:
        if n == 10:
            return client.member.request("POST", "/v1/auth/logout")
        return client.request("PATCH", "/days/1", {"reflection": f"Text {n}."})

    responses = run_concurrently(20, send)

    assert {response.status_code for n, response in enumerate(responses) if n != 10} <= {200, 401}
    assert client.request("PATCH", "/days/1", {"mood_before": 3}).status_code == 401
    stored_texts = [response.json()["progress"]["reflection"] for response in responses if response.status_code == 200]
    progress = reader.request("GET", "/v1/me/journeys/current/days/1").json()["progress"]
    assert progress["reflection"] in (stored_texts or [None])
