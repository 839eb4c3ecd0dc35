"""The questionnaires that are shipped: how they are built, where they lead, and how they speak."""

from collections.abc import Iterator, Mapping
from itertools import product
from typing import Any

import pytest
from starlette.testclient import TestClient

from app.assessments.rules.definition import Definition, definition_of
from app.content.reader import read_content
from tests.conftest import ROOT

REFLECTION, CHECK_IN = "attachment-reflection", "connection-check-in"
SHIPPED = read_content(ROOT / "seed_content").assessments
DEFINITIONS = {slug: definition_of(stored) for slug, stored in SHIPPED.items()}
STORED = pytest.mark.parametrize("stored", SHIPPED.values(), ids=SHIPPED)
CORNERS = [(slug, style["id"]) for slug, stored in SHIPPED.items() for style in stored["style"]["styles"]]

Stored = Mapping[str, Any]


def said(stored: Stored) -> Iterator[Stored]:
    """What is told of each style and of the middle."""
    yield from stored["style"]["styles"]
    yield stored["style"]["middle"]


def test_two_questionnaires_are_shipped() -> None:
    assert list(SHIPPED) == [REFLECTION, CHECK_IN]


def test_the_reflection_has_two_scales_of_twelve_about_half_of_each_reverse_keyed() -> None:
    stored, definition = SHIPPED[REFLECTION], DEFINITIONS[REFLECTION]

    assert [scale.id for scale in definition.scales] == ["anxiety", "avoidance"]
    assert [len(scale.items) for scale in definition.scales] == [12, 12]
    for scale in definition.scales:
        assert 5 <= sum(item.is_reversed for item in scale.items) <= 7
        assert (scale.is_mean, scale.minimum, scale.maximum) == (True, 1, 7)
    assert len(stored["questions"]) == 24
    assert {tuple(question.counts.items()) for question in definition.questions} == {
        tuple((answer, answer) for answer in range(1, 8))
    }


def test_the_check_in_has_eight_questions_on_two_scales() -> None:
    definition = DEFINITIONS[CHECK_IN]

    assert len(definition.questions) == 8
    assert [(scale.id, len(scale.items)) for scale in definition.scales] == [("loneliness", 4), ("connection", 4)]
    assert all(any(item.is_reversed for item in scale.items) for scale in definition.scales)


@STORED
def test_every_question_is_on_one_scale(stored: Stored) -> None:
    on = [item for scale in stored["scales"] for item in scale["items"]]

    assert sorted(on) == sorted(question["id"] for question in stored["questions"])


@STORED
def test_a_disclaimer_says_what_it_is_not(stored: Stored) -> None:
    disclaimer = stored["disclaimer"].casefold()

    for words in ("not a validated instrument", "no norms", "not a diagnosis", "/support", "local emergency number"):
        assert words in disclaimer


@STORED
def test_nothing_is_claimed_that_nobody_measured(stored: Stored) -> None:
    """Neither reliability nor norms nor bands; and the margin around the middle is said to be a choice."""
    assert not any({"reliability", "norms", "bands"} & scale.keys() for scale in stored["scales"])
    assert "editorial choice" in stored["style"]["note"]
    assert stored["licence"] == {"status": "original", "holder": "21|Twenty One", "commercial_use": "allowed"}


@STORED
def test_both_ends_of_each_scale_are_put_into_words(stored: Stored) -> None:
    assert all(scale["low"] and scale["high"] and scale["low"] != scale["high"] for scale in stored["scales"])


@STORED
def test_every_style_and_the_middle_have_a_text_and_a_next_step(stored: Stored) -> None:
    texts = [each["text"] for each in said(stored)]

    assert len(texts) == len(set(texts)) == 5
    assert all(len(text.split()) > 30 for text in texts)
    assert all(each["next_step"].keys() == {"text", "label", "href"} for each in said(stored))


@STORED
def test_every_link_leads_somewhere(stored: Stored, reader: TestClient) -> None:
    """An article of the blog, the journey, or the page of help lines."""
    for each in said(stored):
        href = each["next_step"]["href"]
        folder, _, slug = href.rpartition("/")
        if folder == "/blog":
            assert reader.get(f"/v1/articles/{slug}").status_code == 200, href
        else:
            assert href in {"/journey", "/support"}


@STORED
def test_what_is_recommended_is_public(stored: Stored, reader: TestClient) -> None:
    wanted = stored["recommendations"]
    topics = {topic["slug"] for topic in reader.get("/v1/topics").json()["items"]}

    assert wanted["articles"]
    assert all(reader.get(f"/v1/articles/{slug}").status_code == 200 for slug in wanted["articles"])
    assert topics.issuperset(wanted["topics"])
    assert wanted["journey"] == "21-days"


@STORED
def test_each_reference_is_cited(stored: Stored) -> None:
    """By the first author's name and the year, somewhere in the texts."""
    texts = " ".join([stored["about"], *(each["text"] for each in said(stored))])
    texts += " ".join(each["next_step"]["text"] for each in said(stored))

    for reference in stored["references"]:
        name, year = reference["authors"].partition(",")[0], str(reference["year"])
        assert any(name in part and year in part for part in texts.split("(")) or f"{name} (" in texts, reference["id"]


def test_items_are_short_and_no_two_are_alike() -> None:
    texts = [question["text"] for stored in SHIPPED.values() for question in stored["questions"]]

    assert len(texts) == 32
    assert max(map(len, texts)) <= 140
    assert len({text.casefold().strip(".") for text in texts}) == 32


def answers_for(definition: Definition, high: Mapping[str, bool]) -> dict[str, int]:
    """The answers that go furthest towards a side of each scale."""
    return {
        item.question: sorted(item.keyed, key=item.keyed.__getitem__)[-1 if high[scale.id] else 0]
        for scale in definition.scales
        for item in scale.items
    }


def score(reader: TestClient, slug: str, answers: Mapping[str, int]) -> Any:
    reply = reader.post(f"/v1/assessments/{slug}/score", json={"version": 1, "answers": answers})
    assert reply.status_code == 200, reply.text
    return reply.json()


@pytest.mark.parametrize(("slug", "style"), CORNERS)
def test_whoever_answers_for_a_corner_is_told_of_that_corner(reader: TestClient, slug: str, style: str) -> None:
    told = next(each for each in SHIPPED[slug]["style"]["styles"] if each["id"] == style)
    high = {scale: side == "high" for scale, side in told["position"].items()}

    shown = score(reader, slug, answers_for(DEFINITIONS[slug], high))

    ends = {each["scale"]: (each["min"], each["max"]) for each in shown["scores"]}
    assert {each["scale"]: each["value"] for each in shown["scores"]} == {
        scale: ends[scale][is_high] for scale, is_high in high.items()
    }
    assert (shown["style"]["id"], shown["style"]["borderline"]) == (style, False)
    [interpretation] = shown["interpretation"]
    assert (interpretation["title"], interpretation["text"]) == (told["title"], told["text"])
    assert interpretation["next_step"] == told["next_step"]
    assert shown["disclaimer"] == SHIPPED[slug]["disclaimer"]


def test_the_corners_of_the_reflection_have_the_styles_of_the_literature() -> None:
    """Bartholomew and Horowitz (1991); the names that are shown are plain words."""
    styles = SHIPPED[REFLECTION]["style"]["styles"]

    assert {(each["position"]["anxiety"], each["position"]["avoidance"]): each["id"] for each in styles} == dict(
        zip(product(("low", "high"), repeat=2), ("secure", "dismissing", "preoccupied", "fearful"), strict=True)
    )


@pytest.mark.parametrize(("slug", "middle"), [(REFLECTION, 4), (CHECK_IN, 3)])
def test_the_middle_of_every_answer_is_told_of_as_the_middle(reader: TestClient, slug: str, middle: int) -> None:
    answers = dict.fromkeys(DEFINITIONS[slug].by_question, middle)

    shown = score(reader, slug, answers)

    assert [each["value"] for each in shown["scores"]] == [middle, middle]
    assert shown["style"]["borderline"] is True
    [interpretation] = shown["interpretation"]
    assert interpretation["text"] == SHIPPED[slug]["style"]["middle"]["text"]


@pytest.mark.parametrize(("slug", "answer"), [(REFLECTION, 1), (REFLECTION, 7), (CHECK_IN, 1), (CHECK_IN, 5)])
def test_the_same_answer_to_everything_leads_to_no_end_of_a_scale(reader: TestClient, slug: str, answer: int) -> None:
    """About half of the items count the other way round, so agreeing with all of them says little."""
    shown = score(reader, slug, dict.fromkeys(DEFINITIONS[slug].by_question, answer))

    assert all(each["min"] < each["value"] < each["max"] for each in shown["scores"])
