"""Results are kept for those who agreed, as long as they do; what is theirs stays theirs."""

from datetime import UTC, datetime, timedelta

import time_machine

from tests.factories.results import (
    RESULTS,
    WORRIED,
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
from tests.factories.rows import all_rows
from tests.factories.services import Service

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
CALM = leaning(2, 2)


def test_nothing_is_kept_of_somebody_who_did_not_agree(site: Service) -> None:
    person = site.register()
    token, before = score(site)["claim_token"], all_rows(site.database)

    replies = [
        put(person, new_id(), body_of(WORRIED)),
        put(person, new_id(), {"claim_token": token}),
        person.ask("PUT", draft_path(), draft_of({"q01": 1}, "2026-11-01T00:00:00Z")),
    ]

    assert {told(reply) for reply in replies} == {(403, "consent_required")}
    assert all_rows(site.database) == before
    assert person.ask("GET", RESULTS).json() == {"items": [], "total": 0, "next": None}


def test_who_agrees_afterwards_may_send_the_same_again(site: Service) -> None:
    person, result_id = site.register(), new_id()
    assert put(person, result_id, body_of(WORRIED)).status_code == 403

    decide(person, granted=True)

    assert put(person, result_id, body_of(WORRIED)).status_code == 201


def test_after_a_withdrawal_nothing_new_is_kept_and_everything_else_goes_on(site: Service) -> None:
    person = agreed(site)
    first, second = keep(person), keep(person, CALM)
    draft = person.ask("PUT", draft_path(), draft_of({"q01": 1}, "2026-11-01T00:00:00Z")).json()
    shown = read(person, second)
    decide(person, granted=False)

    assert told(put(person, new_id(), body_of(WORRIED))) == (403, "consent_required")
    assert told(put(person, new_id(), {"claim_token": score(site)["claim_token"]})) == (403, "consent_required")
    later = draft_of({"q01": 2}, "2026-11-02T00:00:00Z")
    assert told(person.ask("PUT", draft_path(), later)) == (403, "consent_required")

    assert read(person, second) == shown
    assert person.ask("GET", RESULTS).json()["total"] == 2
    assert person.ask("GET", f"{RESULTS}/{second}/change?since={first}").status_code == 200
    assert person.ask("GET", f"{RESULTS}/{second}/chart.svg").status_code == 200
    assert person.ask("GET", draft_path()).json() == draft
    assert person.ask("DELETE", f"{RESULTS}/{first}").status_code == 204
    assert person.ask("DELETE", draft_path()).status_code == 204
    assert person.ask("GET", RESULTS).json()["total"] == 1


def test_after_a_withdrawal_an_older_draft_is_told_nothing_of_the_newer(site: Service) -> None:
    person = agreed(site)
    person.ask("PUT", draft_path(), draft_of({"q01": 1}, "2026-11-02T00:00:00Z"))
    decide(person, granted=False)

    reply = person.ask("PUT", draft_path(), draft_of({"q01": 2}, "2026-11-01T00:00:00Z"))

    assert told(reply) == (403, "consent_required")
    assert "draft" not in reply.json()


def test_an_id_is_looked_up_before_anything_else_is_asked(site: Service) -> None:
    """Neither a withdrawal nor the end of a token nor what became of the questionnaire stands in a repeat's way."""
    with time_machine.travel(NOON, tick=False) as clock:
        person, token = agreed(site), score(site)["claim_token"]
        answered, claimed, deleted = keep(person), new_id(), keep(person)
        assert put(person, claimed, {"claim_token": token}).status_code == 201
        assert person.ask("DELETE", f"{RESULTS}/{deleted}").status_code == 204
        decide(person, granted=False)
        clock.shift(timedelta(days=8))
        person.sign_in()

        assert put(person, answered, body_of(WORRIED)).status_code == 200
        assert put(person, claimed, {"claim_token": token}).status_code == 200
        assert told(put(person, answered, body_of(CALM))) == (409, "id_reused")
        assert told(put(person, claimed, {"claim_token": "not.good"})) == (409, "id_reused")
        assert told(put(person, deleted, body_of(WORRIED))) == (410, "deleted")
        assert told(put(person, deleted, {"claim_token": "not.good"})) == (410, "deleted")
        assert told(put(person, new_id(), {"claim_token": "not.good"})) == (403, "consent_required")


def test_who_agrees_again_keeps_on_where_they_were(site: Service) -> None:
    person = agreed(site)
    first = keep(person)
    for granted in (False, True):
        decide(person, granted=granted)

    second = keep(person, CALM)

    assert read(person, second)["change"]["since"]["id"] == first
