"""Tests for the change since the previous result, which is part of an assessment result's response."""

from datetime import timedelta

import time_machine

from tests.factories.results import (
    ANXIOUS_ANSWERS,
    CHECK_IN_ANSWERS,
    LOW_SCORE_ANSWERS,
    NOON,
    RESULTS_PATH,
    answers_for_scores,
    claim_body,
    consenting_member,
    fetch_change,
    new_id,
    put_result,
    read_result,
    save_result,
)
from tests.factories.services import Service


def test_read_result_includes_change_since_previous_result(site: Service) -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        member, ids = consenting_member(site), []
        for answers in (ANXIOUS_ANSWERS, LOW_SCORE_ANSWERS, answers_for_scores(3, 3)):
            clock.shift(timedelta(seconds=1))
            ids.append(save_result(member, answers))
            save_result(member, CHECK_IN_ANSWERS, "connection-check-in")  # another assessment, which is ignored
        first, second, third = ids

        assert read_result(member, first)["change"] is None
        assert read_result(member, second)["change"] == {
            name: fetch_change(member, second, first)[name] for name in ("since", "scales")
        }
        assert read_result(member, third)["change"]["since"]["id"] == second

        member.request("DELETE", f"{RESULTS_PATH}/{second}")

        assert read_result(member, third)["change"] == {
            name: fetch_change(member, third, first)[name] for name in ("since", "scales")
        }
        member.request("DELETE", f"{RESULTS_PATH}/{first}")
        assert read_result(member, third)["change"] is None


def test_create_result_response_includes_change(site: Service) -> None:
    member, result_id = consenting_member(site), new_id()
    before = save_result(member, ANXIOUS_ANSWERS)
    body = claim_body(site, LOW_SCORE_ANSWERS)

    stored, repeated = put_result(member, result_id, body), put_result(member, result_id, body)

    assert stored.json()["change"]["since"]["id"] == before
    assert repeated.json() == stored.json() == read_result(member, result_id)


def test_change_ignores_results_of_other_members(site: Service) -> None:
    save_result(consenting_member(site), LOW_SCORE_ANSWERS)
    member = consenting_member(site)

    assert read_result(member, save_result(member))["change"] is None


def test_results_with_equal_time_have_stable_order(site: Service) -> None:
    with time_machine.travel(NOON, tick=False):
        member = consenting_member(site)
        ids = {save_result(member), save_result(member, LOW_SCORE_ANSWERS)}
        before = {result_id: read_result(member, result_id)["change"] for result_id in ids}

    [first] = [result_id for result_id, change_read in before.items() if change_read is None]
    [later] = ids - {first}
    assert before[later]["since"]["id"] == first
