"""The list of what a member kept."""

from datetime import UTC, datetime, timedelta

import time_machine

from tests.factories.questionnaires import questionnaire, scale
from tests.factories.results import (
    CHECK_IN,
    REFLECTION,
    RESULTS,
    Desk,
    agreed,
    faults,
    keep,
    leaning,
    read,
    told,
    values,
)
from tests.factories.services import Person, Service

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
CALM = leaning(2, 2)
CHECKED_IN = {f"q{n:02}": 3 for n in range(1, 9)}


def listed(person: Person, query: str = "") -> list[str]:
    reply = person.ask("GET", f"{RESULTS}{query}")
    assert reply.status_code == 200, reply.text
    return [each["id"] for each in reply.json()["items"]]


def test_the_list_is_the_newest_first_and_comes_in_pages(site: Service) -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        person, ids = agreed(site), []
        for minute in (3, 1, 4, 0, 2):
            clock.move_to(NOON + timedelta(minutes=minute))
            ids.append((minute, keep(person)))
        newest = [result_id for _, result_id in sorted(ids, reverse=True)]
        first = person.ask("GET", f"{RESULTS}?limit=2")
        late = keep(person, CALM)  # at the second minute: on a page that wasn't read yet, or not at all
        second = person.ask("GET", first.headers["Link"].partition("<")[2].partition(">")[0])
        third = person.ask("GET", RESULTS, params={"limit": 2, "cursor": second.json()["next"]})

    assert first.json()["total"] == 5
    pages = [[each["id"] for each in reply.json()["items"]] for reply in (first, second, third)]
    assert pages[0] == newest[:2]
    assert [each for page in pages for each in page if each != late] == newest
    assert third.json()["next"] is None


def test_results_of_the_same_instant_are_each_listed_once(site: Service) -> None:
    with time_machine.travel(NOON, tick=False):
        person = agreed(site)
        ids = {keep(person) for _ in range(5)}
        seen: list[str] = []
        cursor = None
        while cursor or not seen:
            query = {"limit": "2"} | ({"cursor": cursor} if cursor else {})
            page = person.ask("GET", RESULTS, params=query).json()
            seen += [each["id"] for each in page["items"]]
            cursor = page["next"]

    assert (len(seen), set(seen)) == (5, ids)


def test_the_list_can_be_of_one_assessment(site: Service) -> None:
    person = agreed(site)
    reflection, check_in = keep(person), keep(person, CHECKED_IN, CHECK_IN)

    assert set(listed(person)) == {reflection, check_in}
    assert listed(person, f"?assessment={CHECK_IN}") == [check_in]
    assert listed(person, f"?assessment={REFLECTION}") == [reflection]
    assert listed(person, "?assessment=no-such-thing") == []
    assert person.ask("GET", f"{RESULTS}?assessment={CHECK_IN}").json()["total"] == 1
    for query, pointer in (("assessment=No%20Slug", "/assessment"), ("cursor=x", "/cursor"), ("sort=x", "/sort")):
        reply = person.ask("GET", f"{RESULTS}?{query}")
        assert (told(reply)[0], faults(reply)) == (422, [("query", pointer)])


def test_the_list_shows_figures_and_nothing_of_the_answers(site: Service) -> None:
    person = agreed(site)
    result = read(person, keep(person))

    [item] = person.ask("GET", RESULTS).json()["items"]

    brief = {"id", "version", "taken_at", "assessment", "title", "scores", "style", "disclaimer", "support"}
    assert set(item) == brief
    assert set(item["style"]) == {"id", "name", "method", "borderline"}
    for name in brief - {"style"}:
        assert item[name] == result[name]


def test_a_result_stays_one_of_the_version_that_was_answered(desk: Desk) -> None:
    person, answers = agreed(desk.service), {"q01": 1, "q02": 4}
    desk.publish("changing", questionnaire([scale("across", ["q01", "q02"])]))
    before = keep(person, answers, "changing")
    shown = read(person, before)
    desk.publish("changing", questionnaire([scale("across", ["q01", "q02"], "sum")]) | {"title": "A sum"})

    older, newer = keep(person, answers, "changing", version=1), keep(person, answers, "changing", version=2)

    assert read(person, before) == shown
    assert [(read(person, each)["title"], values(read(person, each))) for each in (older, newer)] == [
        ("A questionnaire", {"across": 2.5}),
        ("A sum", {"across": 5}),
    ]
    assert [each["title"] for each in person.ask("GET", RESULTS).json()["items"]] == ["A sum", *["A questionnaire"] * 2]
