"""A claim token keeps a result for somebody who signs up later: once, for seven days, and without showing a thing."""

from datetime import UTC, datetime, timedelta

import time_machine

from app.core.timestamps import utc_now
from app.privacy.retention import clean_up
from tests.conftest import MakeService
from tests.factories.questionnaires import questionnaire, scale
from tests.factories.results import (
    RESULTS,
    WORRIED,
    Desk,
    agreed,
    body_of,
    draft_of,
    draft_path,
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
from tests.factories.rows import all_rows, counts, stored
from tests.factories.services import Service

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)


def test_what_was_scored_is_kept_as_it_was_and_of_when_it_was(site: Service) -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        scored = score(site)
        clock.shift(timedelta(days=2))
        person, result_id = agreed(site), new_id()
        reply = put(person, result_id, {"claim_token": scored["claim_token"]})

    assert reply.status_code == 201
    assert reply.json()["taken_at"] == "2026-11-24T12:00:00Z"
    for name in ("assessment", "version", "scores", "style", "interpretation", "explanation", "disclaimer", "support"):
        assert reply.json()[name] == scored[name]


def test_a_claim_can_be_repeated_under_its_id_and_used_nowhere_else(site: Service) -> None:
    person, other, result_id = agreed(site), agreed(site), new_id()
    body = {"claim_token": score(site)["claim_token"]}
    first = put(person, result_id, body)

    assert first.status_code == 201
    again = put(person, result_id, body)
    assert (again.status_code, again.json()) == (200, first.json())
    for who, where in ((person, new_id()), (other, new_id()), (other, result_id)):
        reply = put(who, where, body)
        assert told(reply) == (409, "claim_used")
        assert faults(reply) == [("body", "/claim_token")]
    assert other.ask("GET", RESULTS).json()["total"] == 0


def test_a_used_claim_stays_used_when_its_result_is_deleted(site: Service) -> None:
    person, result_id = agreed(site), new_id()
    body = {"claim_token": score(site)["claim_token"]}
    put(person, result_id, body)
    person.ask("DELETE", f"{RESULTS}/{result_id}")

    assert told(put(person, result_id, body)) == (410, "deleted")
    assert told(put(person, new_id(), body)) == (409, "claim_used")


def test_a_claim_is_good_for_seven_days(site: Service) -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        scored = [score(site) for _ in range(2)]
        assert {each["claim_expires_at"] for each in scored} == {"2026-12-01T12:00:00Z"}
        bodies = [{"claim_token": each["claim_token"]} for each in scored]
        person, in_time = agreed(site), new_id()
        clock.shift(timedelta(days=7, microseconds=-1))
        person.sign_in()
        assert put(person, in_time, bodies[0]).status_code == 201

        clock.shift(timedelta(microseconds=1))

        late = put(person, new_id(), bodies[1])
        assert told(late) == (422, "claim_expired")
        assert faults(late) == [("body", "/claim_token")]
        assert put(person, in_time, bodies[0]).status_code == 200
        assert told(put(person, new_id(), bodies[0])) == (422, "claim_expired")


def test_a_refusal_uses_up_nothing(site: Service) -> None:
    without, person, taken = site.register(), agreed(site), new_id()
    keep_first = body_of(WORRIED)
    put(person, taken, keep_first)
    body = {"claim_token": score(site)["claim_token"]}
    before = counts(site.database)["used_claims"]

    assert told(put(without, new_id(), body)) == (403, "consent_required")
    assert told(put(person, taken, body)) == (409, "id_reused")
    assert told(put(person, new_id(), body | {"version": 1})) == (422, "invalid_input")

    assert counts(site.database)["used_claims"] == before
    assert put(person, new_id(), body).status_code == 201


def test_a_token_of_an_older_version_keeps_a_result_of_that_version(desk: Desk) -> None:
    desk.publish("renewed", questionnaire([scale("across", ["q01", "q02"])]))
    old = score(desk.service, {"q01": 1, "q02": 4}, "renewed")["claim_token"]
    desk.publish("renewed", questionnaire([scale("across", ["q01", "q02"], "sum")]))
    explicit = score(desk.service, {"q01": 1, "q02": 4}, "renewed", version=1)["claim_token"]
    person = agreed(desk.service)

    for token in (old, explicit):
        result = put(person, new_id(), {"claim_token": token}).json()
        assert (result["version"], values(result)) == (1, {"across": 2.5})


def test_a_token_of_a_questionnaire_that_was_taken_away_is_still_good(desk: Desk) -> None:
    desk.publish("leaving", questionnaire([scale("across", ["q01", "q02"])]))
    token = score(desk.service, {"q01": 1, "q02": 4}, "leaving")["claim_token"]
    desk.unpublish("leaving")

    assert put(agreed(desk.service), new_id(), {"claim_token": token}).status_code == 201


def test_a_claimed_result_takes_its_place_by_when_it_was_scored(site: Service) -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        token = score(site)["claim_token"]
        clock.shift(timedelta(hours=1))
        person, claimed = agreed(site), new_id()
        later = keep(person, leaning(2, 2))
        put(person, claimed, {"claim_token": token})
        listed = [each["id"] for each in person.ask("GET", RESULTS).json()["items"]]

        assert listed == [later, claimed]
        assert read(person, later)["change"]["since"]["id"] == claimed
        assert read(person, claimed)["change"] is None


def test_claiming_a_result_is_done_with_its_draft(site: Service) -> None:
    person = agreed(site)
    person.ask("PUT", draft_path(), draft_of({"q01": 1}, "2026-11-01T00:00:00Z"))

    put(person, new_id(), {"claim_token": score(site)["claim_token"]})

    assert told(person.ask("GET", draft_path())) == (404, "draft_not_found")


def test_a_used_claim_names_nobody_and_is_forgotten_once_it_would_have_expired(make_service: MakeService) -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        service = make_service()
        answers = {f"q{n:02}": 4 for n in range(1, 25)}
        token = score(service, answers)["claim_token"]
        person, result_id = agreed(service), new_id()
        member_id = person.ask("GET", "/v1/me").json()["id"]
        assert put(person, result_id, {"claim_token": token}).status_code == 201
        [row] = all_rows(service.database)["used_claims"]
        for name in (member_id, member_id.replace("-", ""), result_id, result_id.replace("-", "")):
            assert name not in row
        assert token.encode() not in stored(service.database)

        for shift, left in ((timedelta(days=7, seconds=-1), 1), (timedelta(seconds=1), 0)):
            clock.shift(shift)
            clean_up(service.database, service.app.state.services.privacy.erasures, now=utc_now())
            assert counts(service.database)["used_claims"] == left

        person.sign_in()
        assert put(person, result_id, {"claim_token": token}).status_code == 200
        assert told(put(person, new_id(), {"claim_token": token})) == (422, "claim_expired")
