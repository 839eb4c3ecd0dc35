"""Drafts: saved on one device, continued on another, and never overwritten by something older."""

from typing import Any

import pytest

from tests.factories.questionnaires import missing, question, questionnaire, scale
from tests.factories.results import (
    CHECK_IN,
    WORRIED,
    Answers,
    Desk,
    agreed,
    body_of,
    draft_of,
    draft_path,
    faults,
    keep,
    new_id,
    put,
    told,
)
from tests.factories.rows import counts
from tests.factories.services import Person, Service

SOME = {"q01": 2, "q02": 6}
MORE = SOME | {"q03": 6}
PAIR = questionnaire([scale("across", ["q01", "q02"])])


@pytest.fixture(scope="module")
def person(site: Service) -> Person:
    """One who is enough for tests that leave nothing behind."""
    return agreed(site)


def test_what_was_saved_on_one_device_is_continued_on_another(site: Service) -> None:
    phone = agreed(site)
    laptop = phone.on_another_device()

    saved = phone.ask("PUT", draft_path(), draft_of(SOME, "2026-11-01T10:00:00Z"))
    found = laptop.ask("GET", draft_path())
    continued = laptop.ask("PUT", draft_path(), draft_of(MORE, "2026-11-01T11:00:00+00:30"))

    assert (saved.status_code, found.status_code, continued.status_code) == (200, 200, 200)
    assert found.json() == saved.json()
    assert saved.json() == {
        "assessment": "attachment-reflection",
        "version": 1,
        "answers": SOME,
        "answered_at": "2026-11-01T10:00:00Z",
        "progress": {"asked": 24, "answered": 2, "next_question": "q03"},
    }
    assert phone.ask("GET", draft_path()).json() == continued.json()
    assert (continued.json()["answers"], continued.json()["answered_at"]) == (MORE, "2026-11-01T10:30:00Z")


def test_an_older_save_is_refused_with_what_is_stored(site: Service) -> None:
    person = agreed(site)
    stored = person.ask("PUT", draft_path(), draft_of(MORE, "2026-11-01T10:00:00.000001Z")).json()

    reply = person.ask("PUT", draft_path(), draft_of(SOME, "2026-11-01T10:00:00Z"))

    assert told(reply) == (409, "draft_newer")
    assert faults(reply) == [("body", "/answered_at")]
    assert reply.json()["draft"] == stored
    assert person.ask("GET", draft_path()).json() == stored


def test_of_the_same_instant_the_later_arrival_stays(site: Service) -> None:
    person = agreed(site)

    for answers in (MORE, SOME, SOME):
        reply = person.ask("PUT", draft_path(), draft_of(answers, "2026-11-01T10:00:00Z"))
        assert (reply.status_code, reply.json()["answers"]) == (200, answers)

    assert person.ask("GET", draft_path()).json()["answers"] == SOME


def test_each_assessment_has_a_draft_and_each_member_their_own(site: Service) -> None:
    one, other = agreed(site), agreed(site)
    one.ask("PUT", draft_path(), draft_of(SOME, "2026-11-01T10:00:00Z"))
    one.ask("PUT", draft_path(CHECK_IN), draft_of({"q01": 5}, "2026-11-01T10:00:00Z"))

    assert told(other.ask("GET", draft_path())) == (404, "draft_not_found")
    assert other.ask("DELETE", draft_path()).status_code == 204
    assert one.ask("DELETE", draft_path(CHECK_IN)).status_code == 204

    assert told(one.ask("GET", draft_path(CHECK_IN))) == (404, "draft_not_found")
    assert one.ask("GET", draft_path()).json()["answers"] == SOME


def test_storing_a_result_is_done_with_the_draft_of_that_assessment_only(site: Service) -> None:
    person = agreed(site)
    for path, answers in ((draft_path(), SOME), (draft_path(CHECK_IN), {"q01": 1})):
        person.ask("PUT", path, draft_of(answers, "2026-11-01T10:00:00Z"))
    refused = put(person, new_id(), body_of(SOME))
    assert told(refused) == (422, "too_few_answers")
    assert person.ask("GET", draft_path()).status_code == 200

    keep(person)

    assert told(person.ask("GET", draft_path())) == (404, "draft_not_found")
    assert person.ask("GET", draft_path(CHECK_IN)).json()["answers"] == {"q01": 1}


def test_a_repeat_of_a_stored_result_leaves_a_newer_draft_alone(site: Service) -> None:
    person, result_id = agreed(site), new_id()
    put(person, result_id, body_of(WORRIED))
    person.ask("PUT", draft_path(), draft_of(SOME, "2026-11-01T10:00:00Z"))

    assert put(person, result_id, body_of(WORRIED)).status_code == 200

    assert person.ask("GET", draft_path()).json()["answers"] == SOME


@pytest.mark.parametrize(
    ("body", "code", "pointer"),
    [
        (draft_of({"q01": 8}, "2026-11-01T10:00:00Z"), "invalid_input", "/answers/q01"),
        (draft_of({"q25": 1}, "2026-11-01T10:00:00Z"), "invalid_input", "/answers/q25"),
        (draft_of(SOME, "2026-11-01T10:00:00Z", version=2), "unknown_version", "/version"),
        ({"answers": SOME, "answered_at": "2026-11-01T10:00:00Z"}, "invalid_input", "/version"),
        ({"version": 1, "answered_at": "2026-11-01T10:00:00Z"}, "invalid_input", "/answers"),
        ({"version": 1, "answers": SOME}, "invalid_input", "/answered_at"),
        (draft_of(SOME, "2026-11-01T10:00:00Z") | {"progress": {}}, "invalid_input", "/progress"),
    ],
)
def test_what_can_not_be_used_is_named_and_not_stored(
    site: Service, person: Person, body: dict[str, Any], code: str, pointer: str
) -> None:
    before = counts(site.database)["drafts"]

    reply = person.ask("PUT", draft_path(), body)

    assert told(reply) == (422, code)
    assert faults(reply) == [("body", pointer)]
    assert counts(site.database)["drafts"] == before


def test_there_are_no_drafts_of_what_is_not_there(site: Service) -> None:
    person, path = agreed(site), draft_path("no-such-thing")

    assert told(person.ask("PUT", path, draft_of(SOME, "2026-11-01T10:00:00Z"))) == (404, "assessment_not_found")
    assert told(person.ask("GET", path)) == (404, "draft_not_found")
    assert told(person.ask("DELETE", path)) == (404, "assessment_not_found")


@pytest.mark.parametrize(
    ("answers", "asked", "answered", "following"),
    [
        ({}, 2, 0, "q01"),
        ({"q01": 4}, 3, 1, "q02"),
        ({"q01": 3}, 2, 1, "q04"),
        ({"q01": 4, "q02": 5}, 4, 2, "q03"),
        ({"q01": 3, "q02": 5, "q03": 5}, 2, 1, "q04"),  # two answers to what isn't asked any longer
        ({"q01": 4, "q02": 5, "q03": 1, "q04": 1}, 4, 4, None),
        ({"q04": 1}, 2, 1, "q01"),
    ],
)
def test_progress_counts_the_questions_that_are_asked(
    desk: Desk, answers: Answers, asked: int, answered: int, following: str | None
) -> None:
    questions = [
        question("q01"),
        question("q02", show_if={"question": "q01", "at_least": 4}),
        question("q03", show_if={"question": "q02", "at_least": 4}),
        question("q04"),
    ]
    counted = scale("across", ["q01", "q02", "q03", "q04"], missing=missing("prorate", 2))
    desk.publish("branching", questionnaire([counted], questions=questions))

    reply = agreed(desk.service).ask("PUT", draft_path("branching"), draft_of(answers, "2026-11-01T10:00:00Z"))

    assert reply.json()["progress"] == {"asked": asked, "answered": answered, "next_question": following}
    assert reply.json()["answers"] == answers


def test_a_draft_of_an_older_version_is_continued_as_it_was_asked(desk: Desk) -> None:
    person, path = agreed(desk.service), draft_path("renewed")
    desk.publish("renewed", PAIR)
    person.ask("PUT", path, draft_of({"q01": 1}, "2026-11-01T10:00:00Z"))
    desk.publish("renewed", questionnaire([scale("across", ["q01", "q02", "q03"])]))

    found = person.ask("GET", path).json()
    still = person.ask("PUT", path, draft_of({"q01": 1, "q02": 2}, "2026-11-01T11:00:00Z"))
    newer = person.ask("PUT", path, draft_of({"q01": 1, "q03": 2}, "2026-11-01T12:00:00Z", version=2))

    assert (found["version"], found["progress"]["asked"]) == (1, 2)
    assert (still.json()["version"], still.json()["progress"]["next_question"]) == (1, None)
    assert (newer.json()["version"], newer.json()["progress"]["next_question"]) == (2, "q02")


def test_a_draft_is_kept_by_nobody_on_the_way(site: Service) -> None:
    person = agreed(site)
    saved = person.ask("PUT", draft_path(), draft_of(SOME, "2026-11-01T10:00:00Z"))

    for reply in (saved, person.ask("GET", draft_path())):
        assert reply.headers["Cache-Control"] == "no-store"
