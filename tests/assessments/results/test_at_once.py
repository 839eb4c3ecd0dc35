"""What many devices send in the same moment ends as if they had taken turns."""

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from random import Random

from httpx2 import Response

from tests.factories.results import (
    RESULTS,
    WORRIED,
    agreed,
    body_of,
    draft_of,
    draft_path,
    keep,
    new_id,
    put,
    score,
)
from tests.factories.rows import counts
from tests.factories.services import Service

MORNING = datetime(2026, 11, 1, tzinfo=UTC)


def at_once(many: int, ask: Callable[[int], Response]) -> list[Response]:
    with ThreadPoolExecutor(many) as pool:
        return list(pool.map(ask, range(many)))


def statuses(replies: list[Response]) -> Counter[int]:
    return Counter(reply.status_code for reply in replies)


def test_fifty_puts_of_one_result_are_one_result(site: Service) -> None:
    person, result_id = agreed(site), new_id()
    devices = [person, *(person.on_another_device() for _ in range(3))]
    before = counts(site.database)["results"]

    replies = at_once(50, lambda n: put(devices[n % 4], result_id, body_of(WORRIED)))

    assert statuses(replies) == {201: 1, 200: 49}
    assert len({reply.text for reply in replies}) == 1
    assert counts(site.database)["results"] == before + 1


def test_of_two_bodies_under_one_id_one_is_stored(site: Service) -> None:
    person, result_id = agreed(site), new_id()
    bodies = [body_of(WORRIED), body_of(WORRIED | {"q01": 7})]

    replies = at_once(20, lambda n: put(person, result_id, bodies[n % 2]))

    assert statuses(replies) == {201: 1, 200: 9, 409: 10}
    assert person.ask("GET", RESULTS).json()["total"] == 1


def test_one_claim_of_two_members_under_thirty_ids_is_one_result(site: Service) -> None:
    people = agreed(site), agreed(site)
    body = {"claim_token": score(site)["claim_token"]}
    before = counts(site.database)

    replies = at_once(30, lambda n: put(people[n % 2], new_id(), body))

    assert statuses(replies) == {201: 1, 409: 29}
    assert {reply.json()["code"] for reply in replies if reply.status_code == 409} == {"claim_used"}
    after = counts(site.database)
    assert (after["results"], after["used_claims"]) == (before["results"] + 1, before["used_claims"] + 1)


def test_one_claim_under_one_id_is_one_result_and_harmless_repeats(site: Service) -> None:
    person, result_id = agreed(site), new_id()
    body = {"claim_token": score(site)["claim_token"]}

    replies = at_once(20, lambda _: put(person, result_id, body))

    assert statuses(replies) == {201: 1, 200: 19}


def test_twenty_saves_of_a_draft_in_any_order_end_with_the_newest(site: Service) -> None:
    person = agreed(site)
    turns = Random(21).sample(range(20), 20)

    def save(n: int) -> Response:
        moment = (MORNING + timedelta(minutes=turns[n])).isoformat()
        return person.ask("PUT", draft_path(), draft_of({"q01": 1 + turns[n] % 7}, moment))

    replies = at_once(20, save)

    assert set(statuses(replies)) <= {200, 409}
    assert replies[turns.index(19)].status_code == 200
    draft = person.ask("GET", draft_path()).json()
    assert (draft["answered_at"], draft["answers"]) == ("2026-11-01T00:19:00Z", {"q01": 1 + 19 % 7})
    for reply in replies:
        if reply.status_code == 409:
            assert reply.json()["code"] == "draft_newer"
            assert reply.json()["draft"]["answered_at"] > "2026-11-01T00:00:00Z"


def test_deleting_and_storing_again_end_with_a_deleted_result(site: Service) -> None:
    person = agreed(site)
    result_id = keep(person)
    path = f"{RESULTS}/{result_id}"

    replies = at_once(20, lambda n: person.ask("DELETE", path) if n % 2 else put(person, result_id, body_of(WORRIED)))

    assert {reply.status_code for reply in replies[1::2]} == {204}
    assert {reply.status_code for reply in replies[::2]} <= {200, 410}
    assert person.ask("GET", path).status_code == 404
    assert put(person, result_id, body_of(WORRIED)).status_code == 410


def test_two_members_at_once_are_not_in_each_others_way(site: Service) -> None:
    people, result_id = [agreed(site) for _ in range(5)], new_id()

    replies = at_once(20, lambda n: put(people[n % 5], result_id, body_of(WORRIED)))

    assert statuses(replies) == {201: 5, 200: 15}
