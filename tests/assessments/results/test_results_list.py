"""Tests for listing a member's assessment results: order, pagination and contents."""

from datetime import timedelta

import time_machine

from tests.factories.questionnaires import questionnaire, scale
from tests.factories.results import (
    CHECK_IN,
    CHECK_IN_ANSWERS,
    LOW_SCORE_ANSWERS,
    NOON,
    REFLECTION,
    RESULTS_PATH,
    QuestionnaireEditor,
    consenting_member,
    error_locations,
    list_ids,
    read_result,
    save_result,
    scale_values,
    status_and_code,
)
from tests.factories.services import Service


def test_list_results_returns_pages_newest_first(site: Service) -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        member, ids = consenting_member(site), []
        for minute in (3, 1, 4, 0, 2):
            clock.move_to(NOON + timedelta(minutes=minute))
            ids.append((minute, save_result(member)))
        newest = [result_id for _, result_id in sorted(ids, reverse=True)]
        first = member.request("GET", f"{RESULTS_PATH}?limit=2")
        late_id = save_result(member, LOW_SCORE_ANSWERS)  # may appear on a later page or not at all
        second = member.request("GET", first.headers["Link"].partition("<")[2].partition(">")[0])
        third = member.request("GET", RESULTS_PATH, params={"limit": 2, "cursor": second.json()["next"]})

    assert first.json()["total"] == 5
    pages = [[item["id"] for item in response.json()["items"]] for response in (first, second, third)]
    assert pages[0] == newest[:2]
    assert [result_id for page in pages for result_id in page if result_id != late_id] == newest
    assert third.json()["next"] is None


def test_list_results_with_equal_times_returns_each_once(site: Service) -> None:
    with time_machine.travel(NOON, tick=False):
        member = consenting_member(site)
        ids = {save_result(member) for _ in range(5)}
        seen: list[str] = []
        cursor = None
        while cursor or not seen:
            query = {"limit": "2"} | ({"cursor": cursor} if cursor else {})
            page = member.request("GET", RESULTS_PATH, params=query).json()
            seen += [item["id"] for item in page["items"]]
            cursor = page["next"]

    assert (len(seen), set(seen)) == (5, ids)


def test_list_results_filters_by_assessment(site: Service) -> None:
    member = consenting_member(site)
    reflection, check_in = save_result(member), save_result(member, CHECK_IN_ANSWERS, CHECK_IN)

    assert set(list_ids(member)) == {reflection, check_in}
    assert list_ids(member, f"?assessment={CHECK_IN}") == [check_in]
    assert list_ids(member, f"?assessment={REFLECTION}") == [reflection]
    assert list_ids(member, "?assessment=no-such-thing") == []
    assert member.request("GET", f"{RESULTS_PATH}?assessment={CHECK_IN}").json()["total"] == 1
    for query, pointer in (("assessment=No%20Slug", "/assessment"), ("cursor=x", "/cursor"), ("sort=x", "/sort")):
        response = member.request("GET", f"{RESULTS_PATH}?{query}")
        assert (status_and_code(response)[0], error_locations(response)) == (422, [("query", pointer)])


def test_list_results_omits_answers(site: Service) -> None:
    member = consenting_member(site)
    result = read_result(member, save_result(member))

    [item] = member.request("GET", RESULTS_PATH).json()["items"]

    summary_fields = {"id", "version", "taken_at", "assessment", "title", "scores", "style", "disclaimer", "support"}
    assert set(item) == summary_fields
    assert set(item["style"]) == {"id", "name", "method", "borderline"}
    for name in summary_fields - {"style"}:
        assert item[name] == result[name]


def test_read_result_after_new_version_is_unchanged(editor: QuestionnaireEditor) -> None:
    member, answers = consenting_member(editor.service), {"q01": 1, "q02": 4}
    editor.publish("changing", questionnaire([scale("across", ["q01", "q02"])]))
    before = save_result(member, answers, "changing")
    result_before = read_result(member, before)
    editor.publish("changing", questionnaire([scale("across", ["q01", "q02"], "sum")]) | {"title": "A sum"})

    older, newer = (
        save_result(member, answers, "changing", version=1),
        save_result(member, answers, "changing", version=2),
    )

    assert read_result(member, before) == result_before
    assert [
        (read_result(member, result_id)["title"], scale_values(read_result(member, result_id)))
        for result_id in (older, newer)
    ] == [
        ("A questionnaire", {"across": 2.5}),
        ("A sum", {"across": 5}),
    ]
    assert [item["title"] for item in member.request("GET", RESULTS_PATH).json()["items"]] == [
        "A sum",
        *["A questionnaire"] * 2,
    ]
