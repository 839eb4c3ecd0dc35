"""What members change in the same moment ends as if they had taken turns."""

from collections import Counter

from httpx2 import Response
from time_machine import Traveller

from tests.factories.runs import A_DAY, MORNING, Walker, at_once
from tests.factories.services import Service

OPEN = 20  # days; the next one is locked


def test_members_who_change_days_at_once_all_have_what_they_did(site: Service, clock: Traveller) -> None:
    agreeing = [Walker.of(site, clock) for _ in range(3)]
    other = Walker.of(site, clock, agrees=False)
    walkers = [*agreeing, other]
    for walker in walkers:
        walker.travel(MORNING + (OPEN - 1) * A_DAY)

    def ask(n: int) -> Response:
        walker, day = walkers[n % 4], 1 + n // 4
        return walker.ask("PATCH", f"/days/{day}", {"completed": True, "reflection": f"Of day {day}."})

    replies = at_once(4 * (OPEN + 1), ask)

    codes = Counter((n % 4 == 3, reply.json().get("code", "done")) for n, reply in enumerate(replies))
    assert codes == {
        (False, "done"): 3 * OPEN,
        (False, "day_locked"): 3,
        (True, "consent_required"): OPEN,
        (True, "day_locked"): 1,
    }
    assert [walker.ask("GET").json()["days_completed"] for walker in walkers] == [OPEN, OPEN, OPEN, 0]
    for walker in agreeing:
        texts = [walker.ask("GET", f"/days/{day}").json()["progress"]["reflection"] for day in range(1, OPEN + 1)]
        assert texts == [f"Of day {day}." for day in range(1, OPEN + 1)]


def test_who_signs_out_meanwhile_has_written_before_or_not_at_all(site: Service, clock: Traveller) -> None:
    walker = Walker.of(site, clock)
    reader = walker.person.on_another_device()

    def ask(n: int) -> Response:
        if n == 20:
            return walker.person.ask("POST", "/v1/auth/logout")
        return walker.ask("PATCH", "/days/1", {"reflection": f"Text {n}."})

    replies = at_once(40, ask)

    assert {reply.status_code for n, reply in enumerate(replies) if n != 20} <= {200, 401}
    assert walker.ask("PATCH", "/days/1", {"mood_before": 3}).status_code == 401
    said = [reply.json()["progress"]["reflection"] for reply in replies if reply.status_code == 200]
    progress = reader.ask("GET", "/v1/me/journeys/current/days/1").json()["progress"]
    assert progress["reflection"] in (said or [None])
