"""Results are stored under ids of the client's choice, read, listed and deleted."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
import time_machine

from tests.factories.results import (
    CHECK_IN,
    REFLECTION,
    RESULTS,
    WORRIED,
    agreed,
    body_of,
    faults,
    keep,
    leaning,
    new_id,
    put,
    read,
    score,
    told,
    values,
)
from tests.factories.rows import counts
from tests.factories.services import Person, Service

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
CALM = leaning(2, 2)
CHECKED_IN = {f"q{n:02}": 3 for n in range(1, 9)}


@pytest.fixture(scope="module")
def person(site: Service) -> Person:
    """One who is enough for tests that leave nothing behind."""
    return agreed(site)


def listed(person: Person, query: str = "") -> list[str]:
    reply = person.ask("GET", f"{RESULTS}{query}")
    assert reply.status_code == 200, reply.text
    return [each["id"] for each in reply.json()["items"]]


def test_a_result_is_stored_once_however_often_it_is_sent(site: Service) -> None:
    person, result_id = agreed(site), new_id()

    first, *others = [put(person, result_id, body_of(WORRIED)) for _ in range(3)]

    assert [first.status_code, *(each.status_code for each in others)] == [201, 200, 200]
    assert {each.text for each in others} == {first.text}
    assert read(person, result_id) == first.json()
    assert listed(person) == [result_id]


def test_a_result_says_all_that_a_score_says(site: Service) -> None:
    scored = score(site)
    with time_machine.travel(NOON, tick=False):
        person = agreed(site)
        result_id = keep(person)
        result = read(person, result_id)

    assert {name: result[name] for name in scored if not name.startswith("claim")} == {
        name: value for name, value in scored.items() if not name.startswith("claim")
    }
    own = {name: value for name, value in result.items() if name not in scored}
    assert own == {"id": result_id, "taken_at": "2026-11-24T12:00:00Z", "change": None}
    assert {each["question"]: each["raw"] for each in result["explanation"]} == WORRIED


def test_an_id_stands_for_what_was_sent_first(site: Service) -> None:
    person, result_id = agreed(site), new_id()
    before = put(person, result_id, body_of(WORRIED)).json()

    for other in (
        body_of(WORRIED | {"q01": 7}),
        body_of({question: answer for question, answer in WORRIED.items() if question != "q01"}),
        body_of(CHECKED_IN, CHECK_IN),
        body_of(WORRIED, version=2),
        body_of(WORRIED, assessment="no-such-thing"),
        {"claim_token": score(site)["claim_token"]},
    ):
        reply = put(person, result_id, other)
        assert (told(reply), faults(reply)) == ((409, "id_reused"), [("path", "/result_id")])

    assert read(person, result_id) == before


def test_the_order_of_what_is_sent_makes_no_difference(site: Service) -> None:
    person, result_id = agreed(site), new_id()
    put(person, result_id, body_of(WORRIED))
    backwards = dict(reversed(body_of(dict(reversed(WORRIED.items()))).items()))

    assert put(person, result_id, backwards).status_code == 200


def test_an_id_is_the_same_however_it_is_written(site: Service) -> None:
    person, result_id = agreed(site), new_id()
    put(person, result_id, body_of(WORRIED))

    for other in (result_id.upper(), UUID(result_id).hex):
        assert put(person, other, body_of(WORRIED)).status_code == 200
    assert listed(person) == [result_id]


def test_two_members_may_choose_the_same_id(site: Service) -> None:
    one, other, result_id = agreed(site), agreed(site), new_id()

    replies = [put(one, result_id, body_of(WORRIED)), put(other, result_id, body_of(CALM))]
    assert other.ask("DELETE", f"{RESULTS}/{result_id}").status_code == 204

    assert [each.status_code for each in replies] == [201, 201]
    assert values(read(one, result_id)) == {"anxiety": 6, "avoidance": 2}
    assert told(other.ask("GET", f"{RESULTS}/{result_id}")) == (404, "result_not_found")


@pytest.mark.parametrize("odd", ["1", "not-a-uuid", "3b1f8c62-6f0e-4a57-9c0e", "%00"])
def test_an_id_is_a_uuid(person: Person, odd: str) -> None:
    for reply in (
        put(person, odd, body_of(WORRIED)),
        *(person.ask(method, f"{RESULTS}/{odd}{more}") for method, more in (("GET", ""), ("DELETE", ""))),
        person.ask("GET", f"{RESULTS}/{odd}/chart.svg"),
    ):
        assert told(reply) == (422, "invalid_input")
        assert faults(reply) == [("path", "/result_id")]


def test_what_was_deleted_is_gone_and_stays_gone(site: Service) -> None:
    person, result_id = agreed(site), new_id()
    path = f"{RESULTS}/{result_id}"
    put(person, result_id, body_of(WORRIED))

    statuses = [person.ask("DELETE", path).status_code for _ in range(3)]

    assert statuses == [204, 204, 204]
    assert told(person.ask("GET", path)) == (404, "result_not_found")
    assert told(person.ask("GET", f"{path}/chart.svg")) == (404, "result_not_found")
    for body in (body_of(WORRIED), body_of(CALM), {"claim_token": score(site)["claim_token"]}):
        assert told(put(person, result_id, body)) == (410, "deleted")
    assert listed(person) == []


def test_what_never_was_can_not_be_deleted(site: Service) -> None:
    assert told(agreed(site).ask("DELETE", f"{RESULTS}/{new_id()}")) == (404, "result_not_found")


@pytest.mark.parametrize(
    ("body", "missing"),
    [
        ({}, ["/assessment", "/version", "/answers"]),
        ({"assessment": REFLECTION}, ["/version", "/answers"]),
        ({"answers": WORRIED}, ["/assessment", "/version"]),
        ({"assessment": REFLECTION, "answers": WORRIED}, ["/version"]),
        ({"claim_token": "k.x", "assessment": REFLECTION}, ["/assessment"]),
        ({"claim_token": "k.x"} | body_of(WORRIED), ["/assessment", "/version", "/answers"]),
    ],
)
def test_a_body_is_either_answers_or_a_claim(
    site: Service, person: Person, body: dict[str, Any], missing: list[str]
) -> None:
    before = counts(site.database)["results"]

    reply = put(person, new_id(), body)

    assert told(reply) == (422, "invalid_input")
    assert faults(reply) == [("body", pointer) for pointer in missing]
    assert counts(site.database)["results"] == before


@pytest.mark.parametrize(
    ("body", "code", "pointers"),
    [
        (body_of(WORRIED | {"q01": 8}), "invalid_input", ["/answers/q01"]),
        (body_of(WORRIED | {"q25": 1}), "invalid_input", ["/answers/q25"]),
        (body_of(WORRIED) | {"version": "1"}, "invalid_input", ["/version"]),
        (body_of(WORRIED) | {"version": None}, "invalid_input", ["/version"]),
        (body_of(WORRIED) | {"assessment": "No Slug"}, "invalid_input", ["/assessment"]),
        (body_of(WORRIED) | {"answers": {"q01": True, "q02": "2"}}, "invalid_input", ["/answers/q01", "/answers/q02"]),
        (body_of(WORRIED) | {"taken_at": "2026-01-01T00:00:00Z"}, "invalid_input", ["/taken_at"]),
        (body_of(WORRIED, version=2), "unknown_version", ["/version"]),
        (body_of(WORRIED, "no-such-thing"), "unknown_assessment", ["/assessment"]),
        (body_of({"q01": 1}), "too_few_answers", ["/answers"]),
        (body_of({}), "too_few_answers", ["/answers"]),
    ],
)  # fmt: skip
def test_what_can_not_be_scored_is_not_stored(
    site: Service, person: Person, body: dict[str, Any], code: str, pointers: list[str]
) -> None:
    before, result_id = counts(site.database)["results"], new_id()

    reply = put(person, result_id, body)

    assert told(reply) == (422, code)
    assert faults(reply) == [("body", pointer) for pointer in pointers]
    assert counts(site.database)["results"] == before
    assert put(person, result_id, body_of(WORRIED)).status_code == 201


def test_a_scale_without_a_score_is_stored_without_one(site: Service) -> None:
    few = {question: answer for question, answer in WORRIED.items() if question not in {"q03", "q07", "q13"}}
    person = agreed(site)

    result = read(person, keep(person, few))

    assert (values(result), result["style"]) == ({"anxiety": None, "avoidance": 2}, None)


def test_what_is_a_members_own_is_kept_by_nobody_on_the_way(site: Service) -> None:
    person = agreed(site)
    path = f"{RESULTS}/{keep(person)}"

    for each in (RESULTS, path, f"{path}/chart.svg"):
        assert person.ask("GET", each).headers["Cache-Control"] == "no-store"
