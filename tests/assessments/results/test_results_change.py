"""A result says what changed since the one before it."""

from datetime import UTC, datetime, timedelta
from typing import Any

import time_machine

from tests.factories.results import (
    RESULTS,
    WORRIED,
    agreed,
    keep,
    leaning,
    new_id,
    put,
    read,
    score,
)
from tests.factories.services import Person, Service

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
CALM = leaning(2, 2)
CHECKED_IN = {f"q{n:02}": 3 for n in range(1, 9)}


def change(person: Person, result_id: str, since: str) -> Any:
    reply = person.ask("GET", f"{RESULTS}/{result_id}/change?since={since}")
    assert reply.status_code == 200, reply.text
    return reply.json()


def test_a_result_says_what_changed_since_the_one_before_it(site: Service) -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        person, ids = agreed(site), []
        for answers in (WORRIED, CALM, leaning(3, 3)):
            clock.shift(timedelta(seconds=1))
            ids.append(keep(person, answers))
            keep(person, CHECKED_IN, "connection-check-in")  # of another assessment, in between
        first, second, third = ids

        assert read(person, first)["change"] is None
        assert read(person, second)["change"] == {
            name: change(person, second, first)[name] for name in ("since", "scales")
        }
        assert read(person, third)["change"]["since"]["id"] == second

        person.ask("DELETE", f"{RESULTS}/{second}")

        assert read(person, third)["change"] == {
            name: change(person, third, first)[name] for name in ("since", "scales")
        }
        person.ask("DELETE", f"{RESULTS}/{first}")
        assert read(person, third)["change"] is None


def test_the_reply_that_stores_a_result_says_what_changed(site: Service) -> None:
    person, result_id = agreed(site), new_id()
    before = keep(person, WORRIED)
    body = {"claim_token": score(site, CALM)["claim_token"]}

    stored, again = put(person, result_id, body), put(person, result_id, body)

    assert stored.json()["change"]["since"]["id"] == before
    assert again.json() == stored.json() == read(person, result_id)


def test_results_of_another_member_change_nothing(site: Service) -> None:
    keep(agreed(site), CALM)
    person = agreed(site)

    assert read(person, keep(person))["change"] is None


def test_of_two_results_of_the_same_instant_one_is_before_the_other(site: Service) -> None:
    with time_machine.travel(NOON, tick=False):
        person = agreed(site)
        ids = {keep(person), keep(person, CALM)}
        before = {result_id: read(person, result_id)["change"] for result_id in ids}

    [first] = [result_id for result_id, found in before.items() if found is None]
    [later] = ids - {first}
    assert before[later]["since"]["id"] == first
