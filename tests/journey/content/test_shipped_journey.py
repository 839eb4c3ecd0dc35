"""Tests for the journey that ships with the app: structure, links, references and wording."""

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
TOWARDS_OTHERS = range(15, 21)  # days on which readers contact or confide in other people
INWARD = (4, 9, 10, 13)  # days that may cause distress
CAUTIOUS = {*TOWARDS_OTHERS, *INWARD}
BANNED_PATTERNS = (
    r"\bheal(?:s|ed|ing)? your",
    r"\brewir",
    r"\b(?:21|twenty-one) days? (?:to|will|is|are enough|(?:can|may)? ?(?:form|build|make|break|change))\b(?! start)",
    r"\bforms? a (?:new )?habit in\b",
    r"\bguarantee",
    r"\bcures?\b",
    r"\bscientifically proven\b|\bproven to\b",
    r"\btoxic\b|\bsoulmate|\bmanifest(?:ing)?\b|\bhigh vibration",
)
BANNED = re.compile("|".join(BANNED_PATTERNS), re.IGNORECASE)
NAME = r"[A-ZÄÖÜ][\w'’-]+"
NAMED = re.compile(rf"({NAME}(?: {NAME})*)(?: et al\.| & [\w'’ -]+)?,? \(?((?:19|20)\d\d)\)?")
ASKS = re.compile(
    r"\b(?:call|ring|text|write to|send|tell|ask) (?:a |your |one |some)?(?:friend|person|body|one)\b", re.IGNORECASE
)

Day = Mapping[str, Any]


def texts(value: Any) -> Iterator[str]:
    """Yield all texts of a journey or day, except references and formats generated from Markdown."""
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
    """Yield the targets of all links in Markdown texts."""
    if isinstance(value, Mapping) and "markdown" in value:
        yield from (href for _, href in read_markdown(value["markdown"])[0].links)
    elif isinstance(value, Mapping | list):
        for part in value.values() if isinstance(value, Mapping) else value:
            yield from links(part)


def word_count(text: str) -> int:
    return len(text.split())


def test_journey_has_21_days_in_three_weeks(shared_client: TestClient) -> None:
    journey = shared_client.get("/v1/journeys/21-days").json()

    assert [day["number"] for day in journey["days"]] == list(range(1, 22))
    assert [day["week"] for day in journey["days"]] == [1] * 7 + [2] * 7 + [3] * 7
    assert len({week["title"] for week in journey["weeks"]}) == 3
    assert list(CONTENT.journeys) == ["21-days"]


def test_titles_and_texts_of_days_are_unique() -> None:
    for name in ("title", "summary", "reflection", "if_today_is_hard"):
        assert len({day[name] for day in DAYS.values()}) == 21, name
    assert len({day["exercise"]["title"] for day in DAYS.values()}) == 21


@DAY
def test_day_has_expected_length_and_parts(day: Day) -> None:
    exercise, tasks = day["exercise"], day["tasks"]
    assert 250 <= word_count(day["lesson"]["text"]) <= 500
    assert 10 <= exercise["minutes"] <= 15
    assert exercise["minutes"] < day["minutes"] <= 25
    assert 4 <= len(exercise["steps"]) == len(set(exercise["steps"])) <= 8
    assert 2 <= len(tasks) <= 3
    assert all(word_count(task["text"]) <= 25 for task in tasks)
    assert word_count(day["evidence"]["text"]) > 15
    assert word_count(day["evidence"]["limit"]) > 10
    assert day["references"]
    assert 5 <= word_count(day["if_today_is_hard"]) <= 70


def test_task_ids_are_unique_and_independent_of_day() -> None:
    ids = [task["id"] for day in DAYS.values() for task in day["tasks"]]

    assert len(ids) == len(set(ids)) > 42
    assert not [name for name in ids if re.search(r"\bday\b|\d", name)]  # so that days can be reordered


def test_references_are_cited_in_text() -> None:
    """A citation is a link to the reference, or the name of its first author."""
    for number, day in DAYS.items():
        day_text, cited = " ".join(texts(day)), set(links(day))
        for reference in day["references"]:
            name = reference["authors"].partition(",")[0]
            assert f"#ref-{reference['id']}" in cited or name in day_text, (number, reference["id"])


def test_studies_named_in_evidence_are_referenced() -> None:
    for number, day in DAYS.items():
        targets = {(reference["authors"].partition(",")[0], str(reference["year"])) for reference in day["references"]}
        for name, year in NAMED.findall(day["evidence"]["text"]):
            assert any(author.endswith(name) and at == year for author, at in targets), (number, name, year)


def test_cautious_days_have_safety_text_with_support_link() -> None:
    unsafe = re.compile(r"afraid|frighten|fear|unsafe|basically safe|safe with|hurts? you|controls? you")

    assert [number for number in CAUTIOUS if "/support" not in (DAYS[number]["safety"] or "")] == []
    assert [number for number in TOWARDS_OTHERS if not unsafe.search(DAYS[number]["safety"])] == []


def test_day_that_requests_contact_has_safety_text() -> None:
    for day in DAYS.values():
        if any(ASKS.search(step) for step in day["exercise"]["steps"]):
            assert day["safety"], day["title"]


def test_texts_contain_no_banned_claims() -> None:
    assert [text for text in texts(SHIPPED) if BANNED.search(text)] == []


def test_banned_patterns_match_example_claims() -> None:
    for claim in (
        "Heal your attachment wounds",
        "This will rewire your brain",
        "It takes 21 days to form a habit.",
        "Twenty-one days are enough",
        "21 days will change you",
        "forms a habit in three weeks",
    ):
        assert BANNED.search(claim), claim


def test_journey_states_research_and_disclaimers() -> None:
    about = SHIPPED["about_21_days"]["text"]

    assert "They are not a finding" in about
    assert re.search(r"18 and 254 days", about)
    assert "not treatment" in SHIPPED["disclaimer"]
    assert "18 and over" in SHIPPED["disclaimer"]
    assert "/support" in SHIPPED["safety"]
    assert "emergency number" in SHIPPED["safety"]


def test_every_link_has_existing_target(shared_client: TestClient) -> None:
    """A valid target is a reference, an article, the journey, the support page or an external page."""
    followed = 0
    for part in (SHIPPED, *DAYS.values()):
        targets = {f"#ref-{reference['id']}" for reference in part["references"]}
        for href in links({name: value for name, value in part.items() if name != "days"}):
            followed += 1
            if href.startswith("/blog/"):
                assert shared_client.get(f"/v1/articles/{href.removeprefix('/blog/')}").status_code == 200, href
            else:
                assert href in targets | {"/journey", "/support"} or href.startswith("https://"), href
    assert followed > 21


def test_references_have_urls_and_are_consistent() -> None:
    references_by_id: dict[str, Any] = {}
    for part in (SHIPPED, *DAYS.values()):
        ids = [reference["id"] for reference in part["references"]]
        assert len(ids) == len(set(ids)), ids
        for reference in part["references"]:
            assert reference["url"].startswith("https://"), reference["id"]
            assert references_by_id.setdefault(reference["id"], reference) == reference


def test_linked_articles_and_assessment_are_public(shared_client: TestClient) -> None:
    articles = {slug for day in DAYS.values() for slug in day["articles"]}

    assert len(articles) > 3
    assert all(shared_client.get(f"/v1/articles/{slug}").status_code == 200 for slug in articles)
    assert shared_client.get(f"/v1/assessments/{SHIPPED['assessment']}").status_code == 200
    assert shared_client.get("/v1/journeys/21-days/days/1").json()["title"] == DAYS[1]["title"]
