"""Answers and scores are their member's alone: sealed at rest, shown to nobody else, and in no log."""

import logging
import re
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import insert, select, update
from sqlmodel import col

from app.assessments.models import Draft, Result
from tests.conftest import MakeService
from tests.factories.operations import told as all_told
from tests.factories.results import (
    ANXIETY,
    CHECK_IN,
    REFLECTION,
    RESULTS,
    WORRIED,
    agreed,
    body_of,
    draft_of,
    draft_path,
    keep,
    leaning,
    new_id,
    put,
    read,
    score,
    told,
    values,
)
from tests.factories.rows import all_rows, stored
from tests.factories.services import Person, Service

UNEVEN = WORRIED | {"q03": 5}  # a score of 71 / 12, whose digits stand nowhere else
DIGITS = b"5.91666"
ANSWER = re.compile(rb'"q\d\d":\s*\d')
CLIENTS = ("httpx2", "httpcore")  # the test's own client, which logs what it asks for


def rows_of(service: Service, person: Person, table: type[Any]) -> list[Any]:
    """A member's rows of a table, as they are stored."""
    mine = select(table).where(table.member_id == id_of(person))
    with service.database.loading() as session:
        return list(session.scalars(mine))


def id_of(person: Person) -> UUID:
    return UUID(person.ask("GET", "/v1/me").json()["id"])


def kept_by(person: Person) -> str:
    """Somebody's uneven result and a draft; the id of the result."""
    result_id = keep(person, UNEVEN)
    assert str(values(read(person, result_id))["anxiety"]).startswith(DIGITS.decode())
    assert person.ask("PUT", draft_path(), draft_of(UNEVEN, "2026-11-01T10:00:00Z")).status_code == 200
    return result_id


def test_answers_scores_and_styles_are_sealed_where_they_are_stored(site: Service) -> None:
    kept_by(agreed(site))
    score(site, UNEVEN)
    put(agreed(site), new_id(), {"claim_token": score(site, UNEVEN)["claim_token"]})

    at_rest = stored(site.database)

    assert b"body_hash" in at_rest or all_rows(site.database)["results"]
    assert DIGITS not in at_rest
    assert ANSWER.search(at_rest) is None
    assert b'"outcome"' not in at_rest


def test_beside_what_is_sealed_a_row_says_only_what_and_when(site: Service) -> None:
    person = agreed(site)
    kept_by(person)

    [result], [draft] = rows_of(site, person, Result), rows_of(site, person, Draft)

    assert set(Result.model_fields) == {
        *("member_id", "id", "assessment", "version", "digest", "engine", "taken_at", "body_hash", "sealed"),
    }
    assert set(Draft.model_fields) == {"member_id", "assessment", "version", "answered_at", "sealed"}
    for sealed in (result.sealed, draft.sealed):
        assert len(sealed) > 100
        for telling in (b"q01", b"anxiety", b"preoccupied", b"answers"):
            assert telling not in sealed


def test_the_same_answers_look_alike_to_nobody(site: Service) -> None:
    people = [agreed(site) for _ in range(2)]
    for person in people:
        keep(person, UNEVEN)

    one, other = (rows_of(site, person, Result)[0] for person in people)

    assert one.sealed != other.sealed
    assert one.body_hash != other.body_hash
    assert (len(one.body_hash), one.digest) == (32, other.digest)


@pytest.mark.parametrize("to_another_member", [True, False])
def test_a_result_that_is_copied_elsewhere_does_not_open(site: Service, *, to_another_member: bool) -> None:
    person, other = agreed(site), agreed(site)
    keep(person, UNEVEN)
    [row] = rows_of(site, person, Result)
    place = (id_of(other), row.id) if to_another_member else (row.member_id, uuid4())
    with site.database.loading() as session:
        copied = row.model_dump() | {"member_id": place[0], "id": place[1]}
        session.execute(insert(Result).values(**copied))
    who = other if to_another_member else person

    for more in ("", "/chart.svg"):
        reply = who.ask("GET", f"{RESULTS}/{place[1]}{more}")
        assert told(reply) == (500, "internal_error")
        assert "preoccupied" not in reply.text


def test_sealed_texts_that_are_swapped_do_not_open(site: Service) -> None:
    person = agreed(site)
    keep(person, UNEVEN)
    keep(person, leaning(2, 2))
    one, other = rows_of(site, person, Result)
    with site.database.loading() as session:
        for row, sealed in ((one, other.sealed), (other, one.sealed)):
            session.execute(update(Result).where(col(Result.id) == row.id).values(sealed=sealed))

    assert {told(person.ask("GET", f"{RESULTS}/{row.id}")) for row in (one, other)} == {(500, "internal_error")}


def test_a_draft_that_is_copied_elsewhere_does_not_open(site: Service) -> None:
    person, other = agreed(site), agreed(site)
    for who, answers in ((person, {"q01": 1}), (other, {"q01": 2})):
        who.ask("PUT", draft_path(CHECK_IN), draft_of(answers, "2026-11-01T10:00:00Z"))
    [theirs] = rows_of(site, person, Draft)
    with site.database.loading() as session:
        session.execute(update(Draft).where(col(Draft.member_id) == id_of(other)).values(sealed=theirs.sealed))

    assert told(other.ask("GET", draft_path(CHECK_IN))) == (500, "internal_error")
    assert person.ask("GET", draft_path(CHECK_IN)).json()["answers"] == {"q01": 1}


def test_a_draft_of_another_assessment_does_not_open(site: Service) -> None:
    person = agreed(site)
    for assessment, answers in ((CHECK_IN, {"q01": 1}), (REFLECTION, {"q01": 2})):
        person.ask("PUT", draft_path(assessment), draft_of(answers, "2026-11-01T10:00:00Z"))
    one, other = rows_of(site, person, Draft)
    with site.database.loading() as session:
        of_one = col(Draft.member_id) == one.member_id, col(Draft.assessment) == one.assessment
        session.execute(update(Draft).where(*of_one).values(sealed=other.sealed))

    assert told(person.ask("GET", draft_path(one.assessment))) == (500, "internal_error")
    assert person.ask("GET", draft_path(other.assessment)).status_code == 200


def test_anothers_result_is_answered_exactly_as_one_that_never_was(site: Service) -> None:
    person, other = agreed(site), agreed(site)
    mine, theirs, unknown = keep(person), keep(other), new_id()

    for method, path in (
        ("GET", "{}"),
        ("DELETE", "{}"),
        ("GET", "{}/chart.svg"),
        ("GET", "{}/change?since=" + mine),
        ("GET", mine + "/change?since={}"),
    ):
        there, nowhere = (person.ask(method, f"{RESULTS}/{path.format(each)}") for each in (theirs, unknown))
        assert all_told(there) == all_told(nowhere)
        assert there.status_code == (422 if path.startswith(mine) else 404)
    assert read(other, theirs)["id"] == theirs
    assert [each["id"] for each in person.ask("GET", RESULTS).json()["items"]] == [mine]


def test_without_a_token_nothing_is_shown(site: Service) -> None:
    person = agreed(site)
    result_id = kept_by(person)

    for path in (RESULTS, *(f"{RESULTS}/{result_id}{more}" for more in ("", "/chart.svg", "/change")), draft_path()):
        assert site.client.get(path).status_code == 401


def test_answers_and_scores_are_in_no_log(make_service: MakeService, capsys: pytest.CaptureFixture[str]) -> None:
    level = logging.getLogger().level
    service = make_service(log_level="debug")
    person = agreed(service)
    answers = {f"q{n:02}": 6 if n % 2 else 2 for n in range(1, 25)}
    scored = score(service, answers)
    first, second = keep(person, answers), new_id()
    put(person, second, {"claim_token": scored["claim_token"]})
    put(person, new_id(), {"claim_token": scored["claim_token"]})
    put(person, new_id(), body_of(answers | {"canary question": 4, "q01": 77777}))
    put(person, new_id(), body_of(answers, "canary-slug"))
    for moment in ("2026-11-02T10:00:00Z", "2026-11-01T10:00:00Z", "9998-11-01T10:00:00Z", "canary"):
        person.ask("PUT", draft_path(), draft_of(answers, moment))
    for path in (RESULTS, f"{RESULTS}/{first}", f"{RESULTS}/{second}/change?since={first}", draft_path()):
        assert person.ask("GET", path).status_code == 200
    with service.database.loading() as session:  # a fault of ours, whose trace is logged
        session.execute(update(Result).where(col(Result.id) == UUID(first)).values(sealed=b"\x01" + bytes(60)))
    assert person.ask("GET", f"{RESULTS}/{first}").status_code == 500

    lines = "\n".join(capsys.readouterr()).splitlines()
    logged = "\n".join(line for line in lines if not any(f'"logger": "{client}' in line for client in CLIENTS))

    logging.getLogger().setLevel(level)
    assert "/v1/me/results/{result_id}" in logged
    assert '"event": "fault"' in logged
    for secret in (
        "canary",
        "77777",
        scored["claim_token"],
        scored["style"]["id"],
        '"q01"',
        "'q01'",
        '\\"q01',
        *ANXIETY,
    ):
        assert secret not in logged


def test_a_refusal_repeats_nothing_of_what_was_sent(site: Service) -> None:
    person = agreed(site)
    refused = [
        put(person, new_id(), body_of(WORRIED | {"a canary sang": 4})),
        put(person, new_id(), body_of(WORRIED | {"q01": 77777})),
        put(person, new_id(), body_of(WORRIED) | {"assessment": "canary-canary"}),
        put(person, new_id(), {"claim_token": "canary.canary"}),
        person.ask("PUT", draft_path(), draft_of({"a canary sang": 4}, "2026-11-01T10:00:00Z")),
        person.ask("PUT", draft_path(), draft_of(WORRIED, "canary")),
        person.ask("GET", f"{RESULTS}/canary"),
        person.ask("GET", f"{RESULTS}?cursor=canary"),
    ]

    assert {reply.status_code for reply in refused} == {422}
    for reply in refused:
        assert "canary" not in reply.text
        assert "77777" not in reply.text
