"""The journey that is shipped: how it is built, where it leads, and how it speaks."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from starlette.testclient import TestClient

from app.content.reader import read_content
from app.core.markdown.reader import read_markdown
from tests.conftest import ROOT

CONTENT = read_content(ROOT / "seed_content")
SHIPPED = CONTENT.journeys["21-days"]
DAYS = dict(enumerate(SHIPPED["days"], start=1))
DAY = pytest.mark.parametrize("day", DAYS.values(), ids=[f"day-{number:02}" for number in DAYS])
TOWARDS_OTHERS = range(15, 21)  # days that ask for contact, for disclosure, or for something from somebody
INWARD = (4, 9, 10, 13)  # days that may stir something up
CAUTIOUS = {*TOWARDS_OTHERS, *INWARD}
BANNED = (
    r"\bheal(?:s|ed|ing)? your",
    r"\brewir",
    r"\b(?:21|twenty-one) days? (?:to|will|is|are enough|(?:can|may)? ?(?:form|build|make|break|change))\b(?! start)",
    r"\bforms? a (?:new )?habit in\b",
    r"\bguarantee",
    r"\bcures?\b",
    r"\bscientifically proven\b|\bproven to\b",
    r"\btoxic\b|\bsoulmate|\bmanifest(?:ing)?\b|\bhigh vibration",
)
NAME = r"[A-ZÄÖÜ][\w'’-]+"
NAMED = re.compile(rf"({NAME}(?: {NAME})*)(?: et al\.| & [\w'’ -]+)?,? \(?((?:19|20)\d\d)\)?")
ASKS = re.compile(
    r"\b(?:call|ring|text|write to|send|tell|ask) (?:a |your |one |some)?(?:friend|person|body|one)\b", re.IGNORECASE
)

Day = Mapping[str, Any]


def texts(value: Any) -> Iterator[str]:
    """Every text in it, but for what references are called and the forms that are made of Markdown."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for name, part in value.items():
            if name not in {"references", "blocks", "html", "text"} or (name == "text" and "markdown" not in value):
                yield from texts(part)
    elif isinstance(value, list):
        for part in value:
            yield from texts(part)


def links(value: Any) -> Iterator[str]:
    """Where Markdown in it leads."""
    if isinstance(value, Mapping) and "markdown" in value:
        yield from (href for _, href in read_markdown(value["markdown"])[0].links)
    elif isinstance(value, Mapping | list):
        for part in value.values() if isinstance(value, Mapping) else value:
            yield from links(part)


def words(text: str) -> int:
    return len(text.split())


def test_it_has_21_days_in_three_weeks(reader: TestClient) -> None:
    shown = reader.get("/v1/journeys/21-days").json()

    assert [day["number"] for day in shown["days"]] == list(range(1, 22))
    assert [day["week"] for day in shown["days"]] == [1] * 7 + [2] * 7 + [3] * 7
    assert len({week["title"] for week in shown["weeks"]}) == 3
    assert list(CONTENT.journeys) == ["21-days"]


def test_no_two_days_are_called_alike() -> None:
    for name in ("title", "summary", "reflection", "if_today_is_hard"):
        assert len({day[name] for day in DAYS.values()}) == 21, name
    assert len({day["exercise"]["title"] for day in DAYS.values()}) == 21


@DAY
def test_a_lesson_is_read_in_a_few_minutes(day: Day) -> None:
    assert 250 <= words(day["lesson"]["text"]) <= 500


@DAY
def test_an_exercise_takes_10_to_15_minutes_in_steps(day: Day) -> None:
    exercise = day["exercise"]

    assert 10 <= exercise["minutes"] <= 15
    assert exercise["minutes"] < day["minutes"] <= 25
    assert 4 <= len(exercise["steps"]) <= 8
    assert len(set(exercise["steps"])) == len(exercise["steps"])


@DAY
def test_a_day_has_two_or_three_small_tasks(day: Day) -> None:
    assert 2 <= len(day["tasks"]) <= 3
    assert all(words(task["text"]) <= 25 for task in day["tasks"])


def test_no_task_has_the_id_of_another() -> None:
    ids = [task["id"] for day in DAYS.values() for task in day["tasks"]]

    assert len(ids) == len(set(ids)) > 42
    assert not [name for name in ids if re.search(r"\bday\b|\d", name)]  # a day may be moved


@DAY
def test_what_is_not_known_stands_beside_the_evidence(day: Day) -> None:
    assert words(day["evidence"]["text"]) > 15
    assert words(day["evidence"]["limit"]) > 10
    assert day["references"]


@DAY
def test_each_reference_is_named_where_it_is_drawn_on(day: Day) -> None:
    """By a link, or by the first author's name."""
    said, cited = " ".join(texts(day)), set(links(day))

    for reference in day["references"]:
        name = reference["authors"].partition(",")[0]
        assert f"#ref-{reference['id']}" in cited or name in said, reference["id"]


@DAY
def test_studies_named_beside_the_evidence_are_among_the_references(day: Day) -> None:
    known = {(each["authors"].partition(",")[0], str(each["year"])) for each in day["references"]}
    named = NAMED.findall(day["evidence"]["text"])

    for name, year in named:
        assert any(author.endswith(name) and at == year for author, at in known), (name, year)


@pytest.mark.parametrize("number", sorted(CAUTIOUS))
def test_a_day_that_may_go_too_far_says_when_to_leave_it(number: int) -> None:
    safety = DAYS[number]["safety"]

    assert safety
    assert "/support" in safety


@pytest.mark.parametrize("number", TOWARDS_OTHERS)
def test_nobody_is_sent_towards_somebody_whom_they_fear(number: int) -> None:
    assert re.search(
        r"afraid|frighten|fear|unsafe|basically safe|safe with|hurts? you|controls? you", DAYS[number]["safety"]
    )


def test_days_that_ask_for_contact_are_known_as_such() -> None:
    """Should another day ask for it, it needs a note of its own."""
    for day in DAYS.values():
        if any(ASKS.search(step) for step in day["exercise"]["steps"]):
            assert day["safety"], day["title"]


@DAY
def test_a_hard_day_has_a_smaller_version(day: Day) -> None:
    assert 5 <= words(day["if_today_is_hard"]) <= 70


@pytest.mark.parametrize("pattern", BANNED)
def test_nothing_is_promised_that_nobody_can_keep(pattern: str) -> None:
    found = [text for text in texts(SHIPPED) if re.search(pattern, text, re.IGNORECASE)]

    assert found == []


@pytest.mark.parametrize(
    "claim",
    [
        "Heal your attachment wounds",
        "This will rewire your brain",
        "It takes 21 days to form a habit.",
        "Twenty-one days are enough",
        "21 days will change you",
        "forms a habit in three weeks",
    ],
)
def test_what_is_banned_would_be_found(claim: str) -> None:
    assert any(re.search(pattern, claim, re.IGNORECASE) for pattern in BANNED)


def test_it_says_what_21_days_are_and_what_it_is_not() -> None:
    about = SHIPPED["about_21_days"]["text"]

    assert "They are not a finding" in about
    assert re.search(r"18 and 254 days", about)
    assert "not treatment" in SHIPPED["disclaimer"]
    assert "18 and over" in SHIPPED["disclaimer"]
    assert "/support" in SHIPPED["safety"]
    assert "emergency number" in SHIPPED["safety"]


def test_every_link_leads_somewhere(reader: TestClient) -> None:
    """A reference, an article, the journey, the page of help lines, or a page elsewhere."""
    followed = 0
    for part in (SHIPPED, *DAYS.values()):
        known = {f"#ref-{each['id']}" for each in part["references"]}
        for href in links({name: value for name, value in part.items() if name != "days"}):
            followed += 1
            if href.startswith("/blog/"):
                assert reader.get(f"/v1/articles/{href.removeprefix('/blog/')}").status_code == 200, href
            else:
                assert href in known | {"/journey", "/support"} or href.startswith("https://"), href
    assert followed > 21


def test_every_reference_has_an_address_and_is_the_same_wherever_it_stands() -> None:
    seen: dict[str, Any] = {}
    for part in (SHIPPED, *DAYS.values()):
        ids = [each["id"] for each in part["references"]]
        assert len(ids) == len(set(ids)), ids
        for reference in part["references"]:
            assert reference["url"].startswith("https://"), reference["id"]
            assert seen.setdefault(reference["id"], reference) == reference


def test_what_it_leads_to_is_public(reader: TestClient) -> None:
    articles = {slug for day in DAYS.values() for slug in day["articles"]}

    assert len(articles) > 3
    assert all(reader.get(f"/v1/articles/{slug}").status_code == 200 for slug in articles)
    assert reader.get(f"/v1/assessments/{SHIPPED['assessment']}").status_code == 200
    assert reader.get("/v1/journeys/21-days/days/1").json()["title"] == DAYS[1]["title"]
