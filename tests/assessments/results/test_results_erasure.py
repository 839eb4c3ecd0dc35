"""What members keep is theirs to take along, and goes when they say so."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from pydantic import TypeAdapter

from app.core.timestamps import utc_now
from app.privacy.erasure import erase_withdrawn
from app.privacy.schemas import Export
from tests.conftest import MakeService
from tests.factories.results import (
    CHECK_IN,
    REFLECTION,
    RESULTS,
    WORRIED,
    Answers,
    agreed,
    body_of,
    decide,
    draft_of,
    draft_path,
    keep,
    leaning,
    new_id,
    put,
    read,
    score,
    told,
)
from tests.factories.rows import Rows, counts, rows_about
from tests.factories.services import PASSWORD, Person, Service

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
FOUR = {f"q{n:02}": 4 for n in range(1, 25)}
TABLES = ("results", "drafts", "deleted_results")


def about(service: Service, person: Person) -> Rows:
    """A member's rows of the tables here."""
    rows = rows_about(service.database, person.ask("GET", "/v1/me").json()["id"])
    return {table: rows[table] for table in TABLES}


def many(service: Service) -> dict[str, int]:
    found = counts(service.database)
    return {table: found[table] for table in TABLES}


def a_draft(person: Person, answers: Answers, assessment: str = REFLECTION) -> None:
    reply = person.ask("PUT", draft_path(assessment), draft_of(answers, "2026-11-01T10:00:00Z"))
    assert reply.status_code == 200, reply.text


def exported(person: Person) -> Any:
    reply = person.ask("GET", "/v1/me/export")
    assert reply.status_code == 200, reply.text
    TypeAdapter(Export).validate_json(reply.content)
    return reply.json()


def test_an_export_holds_results_and_drafts_with_their_answers(site: Service) -> None:
    person, other = agreed(site, verified=True), agreed(site)
    keep(other, leaning(3, 3))
    a_draft(other, {"q01": 7})
    older, newer, deleted = keep(person), new_id(), keep(person, leaning(7, 7))
    put(person, newer, {"claim_token": score(site, leaning(2, 2))["claim_token"]})
    person.ask("DELETE", f"{RESULTS}/{deleted}")
    a_draft(person, {"q02": 5, "q01": 1}, CHECK_IN)

    export = exported(person)

    assert [(each["id"], each["answers"]) for each in export["results"]] == [(older, WORRIED), (newer, leaning(2, 2))]
    for each in export["results"]:
        result = read(person, each["id"])
        assert set(each) == {"id", "taken_at", "assessment", "version", "title", "answers", "scores", "style"}
        assert {name: each[name] for name in each if name != "answers"} == {
            name: result[name] for name in each if name != "answers"
        }
    assert export["drafts"] == [
        {
            "assessment": CHECK_IN,
            "version": 1,
            "answered_at": "2026-11-01T10:00:00Z",
            "answers": {"q01": 1, "q02": 5},
        }
    ]


def test_who_kept_nothing_has_nothing_to_take_along(site: Service) -> None:
    export = exported(site.register_verified())

    assert (export["results"], export["drafts"]) == ([], [])


def test_erasing_health_data_erases_results_and_drafts_and_no_late_request_brings_one_back(site: Service) -> None:
    person, other = agreed(site), agreed(site)
    token = score(site)["claim_token"]
    ids = [keep(person), keep(person, leaning(2, 2)), new_id()]
    put(person, ids[2], {"claim_token": token})
    a_draft(person, {"q01": 1})
    theirs = keep(other)

    assert person.ask("DELETE", "/v1/me/health-data", {"password": PASSWORD}).status_code == 204

    left = about(site, person)
    assert (left["results"], left["drafts"], len(left["deleted_results"])) == ([], [], 3)
    assert person.ask("GET", RESULTS).json()["total"] == 0
    assert told(person.ask("GET", draft_path())) == (404, "draft_not_found")
    for result_id, body in zip(ids, (body_of(WORRIED), body_of(WORRIED), {"claim_token": token}), strict=True):
        assert told(put(person, result_id, body)) == (410, "deleted")
        assert person.ask("DELETE", f"{RESULTS}/{result_id}").status_code == 204
    assert told(put(person, new_id(), {"claim_token": token})) == (409, "claim_used")
    assert read(other, theirs)["change"] is None
    assert read(person, keep(person))["change"] is None


def test_erasing_health_data_twice_is_harmless(site: Service) -> None:
    person = agreed(site)
    deleted, kept = keep(person), keep(person)
    person.ask("DELETE", f"{RESULTS}/{deleted}")

    statuses = [person.ask("DELETE", "/v1/me/health-data", {"password": PASSWORD}).status_code for _ in range(2)]

    assert statuses == [204, 204]
    assert {told(put(person, each, body_of(WORRIED))) for each in (deleted, kept)} == {(410, "deleted")}


def test_a_wrong_password_erases_nothing(site: Service) -> None:
    person = agreed(site)
    keep(person)
    a_draft(person, {"q01": 1})
    before = about(site, person)

    assert person.ask("DELETE", "/v1/me/health-data", {"password": "wrong"}).status_code == 403

    assert about(site, person) == before


def test_erasing_a_member_leaves_nothing_of_theirs(site: Service) -> None:
    before = many(site)
    person = agreed(site)
    deleted = keep(person)
    person.ask("DELETE", f"{RESULTS}/{deleted}")
    kept = new_id()
    put(person, kept, {"claim_token": score(site)["claim_token"]})
    a_draft(person, {"q01": 1})
    assert {table: number - before[table] for table, number in many(site).items()} == dict.fromkeys(TABLES, 1)

    assert person.erase() == 204

    assert many(site) == before
    assert put(agreed(site), kept, body_of(WORRIED)).status_code == 201


def test_thirty_days_after_a_withdrawal_what_was_kept_is_erased(make_service: MakeService) -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        service = make_service()
        gone, stays = agreed(service), agreed(service)
        ids = [keep(person, FOUR) for person in (gone, stays)]
        for person in (gone, stays):
            a_draft(person, {"q01": 1})
        decide(gone, granted=False)
        clock.shift(timedelta(days=30, seconds=-1))
        erase_withdrawn(service.database, now=utc_now())
        assert many(service) == {"results": 2, "drafts": 2, "deleted_results": 0}

        clock.shift(timedelta(seconds=1))
        erase_withdrawn(service.database, now=utc_now())

        assert many(service) == {"results": 1, "drafts": 1, "deleted_results": 1}
        for person in (gone, stays):
            person.sign_in()
        assert read(stays, ids[1])["id"] == ids[1]
        decide(gone, granted=True)
        assert told(put(gone, ids[0], body_of(FOUR))) == (410, "deleted")
        assert put(gone, new_id(), body_of(FOUR)).status_code == 201


def test_very_many_results_are_erased_a_few_at_a_time(
    make_service: MakeService, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.core.db.database.BATCH", 2)
    with time_machine.travel(NOON, tick=False) as clock:
        service = make_service()
        person = agreed(service)
        for _ in range(5):
            keep(person, FOUR)
        decide(person, granted=False)
        clock.shift(timedelta(days=30))
        erase_withdrawn(service.database, now=utc_now())

        assert many(service) == {"results": 0, "drafts": 0, "deleted_results": 5}


def test_who_agrees_again_in_time_keeps_their_results(make_service: MakeService) -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        service = make_service()
        person = agreed(service)
        keep(person, FOUR)
        decide(person, granted=False)
        clock.shift(timedelta(days=29))
        person.sign_in()
        decide(person, granted=True)
        clock.shift(timedelta(days=60))
        erase_withdrawn(service.database, now=utc_now())

        assert many(service)["results"] == 1
