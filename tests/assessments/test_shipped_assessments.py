"""Tests for the questionnaires that ship with the app: structure, links and texts."""

from collections.abc import Iterator, Mapping
from itertools import product
from typing import Any

import pytest
from starlette.testclient import TestClient

from app.assessments.rules.definition import Definition, parse_definition
from app.content.reader import read_content
from tests.conftest import ROOT

REFLECTION, CHECK_IN = "attachment-reflection", "connection-check-in"
SHIPPED = read_content(ROOT / "seed_content").assessments
DEFINITIONS = {slug: parse_definition(stored) for slug, stored in SHIPPED.items()}
STORED = pytest.mark.parametrize("stored", SHIPPED.values(), ids=SHIPPED)
CORNERS = [(slug, style["id"]) for slug, stored in SHIPPED.items() for style in stored["style"]["styles"]]

JsonObject = Mapping[str, Any]


def interpretations_in(stored: JsonObject) -> Iterator[JsonObject]:
    """Yield the interpretation of each style and of middle scores."""
    yield from stored["style"]["styles"]
    yield stored["style"]["middle"]


def slug_of(stored: JsonObject) -> str:
    return next(slug for slug, content in SHIPPED.items() if content is stored)


def test_two_questionnaires_are_shipped() -> None:
    assert list(SHIPPED) == [REFLECTION, CHECK_IN]


def test_reflection_has_two_balanced_scales_of_twelve_items() -> None:
    stored, definition = SHIPPED[REFLECTION], DEFINITIONS[REFLECTION]

    assert [scale.id for scale in definition.scales] == ["anxiety", "avoidance"]
    assert [len(scale.items) for scale in definition.scales] == [12, 12]
    for scale in definition.scales:
        assert 5 <= sum(item.is_reversed for item in scale.items) <= 7
        assert (scale.is_mean, scale.minimum, scale.maximum) == (True, 1, 7)
    assert len(stored["questions"]) == 24
    assert {tuple(question.answer_scores.items()) for question in definition.questions} == {
        tuple((answer, answer) for answer in range(1, 8))
    }


def test_check_in_has_eight_questions_on_two_scales() -> None:
    definition = DEFINITIONS[CHECK_IN]

    assert len(definition.questions) == 8
    assert [(scale.id, len(scale.items)) for scale in definition.scales] == [("loneliness", 4), ("connection", 4)]
    assert all(any(item.is_reversed for item in scale.items) for scale in definition.scales)


@STORED
def test_every_question_is_on_one_scale(stored: JsonObject) -> None:
    items = [item for scale in stored["scales"] for item in scale["items"]]

    assert sorted(items) == sorted(question["id"] for question in stored["questions"])


@STORED
def test_disclaimer_states_limits(stored: JsonObject) -> None:
    disclaimer = stored["disclaimer"].casefold()

    for words in ("not a validated instrument", "no norms", "not a diagnosis", "/support", "local emergency number"):
        assert words in disclaimer


@STORED
def test_unmeasured_properties_are_absent(stored: JsonObject) -> None:
    """Shipped scales have no reliability, norms or bands, because these have not been measured."""
    assert not any({"reliability", "norms", "bands"} & scale.keys() for scale in stored["scales"])
    assert "editorial choice" in stored["style"]["note"]
    assert stored["licence"] == {"status": "original", "holder": "21|Twenty One", "commercial_use": "allowed"}


@STORED
def test_scales_describe_both_ends(stored: JsonObject) -> None:
    assert all(scale["low"] and scale["high"] and scale["low"] != scale["high"] for scale in stored["scales"])


@STORED
def test_styles_and_middle_have_text_and_next_step(stored: JsonObject) -> None:
    texts = [interpretation["text"] for interpretation in interpretations_in(stored)]

    assert len(texts) == len(set(texts)) == 5
    assert all(len(text.split()) > 30 for text in texts)
    assert all(
        interpretation["next_step"].keys() == {"text", "label", "href"} for interpretation in interpretations_in(stored)
    )


@STORED
def test_next_step_links_exist(stored: JsonObject, shared_client: TestClient) -> None:
    """Each link leads to an existing article, the journey or the support page."""
    for interpretation in interpretations_in(stored):
        href = interpretation["next_step"]["href"]
        folder, _, slug = href.rpartition("/")
        if folder == "/blog":
            assert shared_client.get(f"/v1/articles/{slug}").status_code == 200, href
        else:
            assert href in {"/journey", "/support"}


@STORED
def test_recommendations_are_public(stored: JsonObject, shared_client: TestClient) -> None:
    middle = sum(stored["response_scales"][0][end] for end in ("min", "max")) // 2
    answers = {question["id"]: middle for question in stored["questions"]}

    recommendations = score(shared_client, slug_of(stored), answers)["recommendations"]

    assert [article["slug"] for article in recommendations["articles"]] == stored["recommendations"]["articles"]
    for article in recommendations["articles"]:
        assert shared_client.get(f"/v1/articles/{article['slug']}").json()["title"] == article["title"]
    for topic in recommendations["topics"]:
        assert shared_client.get(f"/v1/topics/{topic['slug']}").json()["name"] == topic["name"]
    assert [topic["slug"] for topic in recommendations["topics"]] == stored["recommendations"]["topics"]
    assert recommendations["journey"] == {"slug": "21-days"}


@STORED
def test_each_reference_is_cited(stored: JsonObject) -> None:
    """A citation consists of the first author's name and the year."""
    texts = " ".join([stored["about"], *(interpretation["text"] for interpretation in interpretations_in(stored))])
    texts += " ".join(interpretation["next_step"]["text"] for interpretation in interpretations_in(stored))

    for reference in stored["references"]:
        name, year = reference["authors"].partition(",")[0], str(reference["year"])
        assert any(name in part and year in part for part in texts.split("(")) or f"{name} (" in texts, reference["id"]


def test_item_texts_are_short_and_unique() -> None:
    texts = [question["text"] for stored in SHIPPED.values() for question in stored["questions"]]

    assert len(texts) == 32
    assert max(map(len, texts)) <= 140
    assert len({text.casefold().strip(".") for text in texts}) == 32


def extreme_answers(definition: Definition, high: Mapping[str, bool]) -> dict[str, int]:
    """Return answers with the highest or lowest possible score on each scale."""
    return {
        item.question: sorted(item.keyed_scores, key=item.keyed_scores.__getitem__)[-1 if high[scale.id] else 0]
        for scale in definition.scales
        for item in scale.items
    }


def score(shared_client: TestClient, slug: str, answers: Mapping[str, int]) -> Any:
    response = shared_client.post(f"/v1/assessments/{slug}/score", json={"version": 1, "answers": answers})
    assert response.status_code == 200, response.text
    return response.json()


@pytest.mark.parametrize(("slug", "style"), CORNERS)
def test_extreme_answers_return_interpretation_of_their_style(shared_client: TestClient, slug: str, style: str) -> None:
    style_texts = next(entry for entry in SHIPPED[slug]["style"]["styles"] if entry["id"] == style)
    high = {scale: side == "high" for scale, side in style_texts["position"].items()}

    score_read = score(shared_client, slug, extreme_answers(DEFINITIONS[slug], high))

    ends = {score["scale"]: (score["min"], score["max"]) for score in score_read["scores"]}
    assert {score["scale"]: score["value"] for score in score_read["scores"]} == {
        scale: ends[scale][is_high] for scale, is_high in high.items()
    }
    style_read = score_read["style"]
    assert (style_read["id"], style_read["method"], style_read["borderline"]) == (style, "midpoint", False)
    [interpretation] = score_read["interpretation"]
    assert interpretation["scale"] is None
    assert (interpretation["title"], interpretation["text"]) == (style_texts["title"], style_texts["text"])
    assert interpretation["next_step"] == style_texts["next_step"]
    assert score_read["disclaimer"] == SHIPPED[slug]["disclaimer"]


def test_reflection_uses_published_attachment_styles() -> None:
    """The four attachment styles are those of Bartholomew and Horowitz (1991)."""
    styles = SHIPPED[REFLECTION]["style"]["styles"]

    assert {(entry["position"]["anxiety"], entry["position"]["avoidance"]): entry["id"] for entry in styles} == dict(
        zip(product(("low", "high"), repeat=2), ("secure", "dismissing", "preoccupied", "fearful"), strict=True)
    )


@pytest.mark.parametrize(("slug", "middle"), [(REFLECTION, 4), (CHECK_IN, 3)])
def test_middle_answers_return_middle_interpretation(shared_client: TestClient, slug: str, middle: int) -> None:
    answers = dict.fromkeys(DEFINITIONS[slug].question_by_id, middle)

    score_read = score(shared_client, slug, answers)

    assert [score["value"] for score in score_read["scores"]] == [middle, middle]
    assert score_read["style"]["borderline"] is True
    [interpretation] = score_read["interpretation"]
    assert interpretation["text"] == SHIPPED[slug]["style"]["middle"]["text"]


@pytest.mark.parametrize(("slug", "answer"), [(REFLECTION, 1), (CHECK_IN, 5)])
def test_same_answer_to_all_items_gives_no_extreme_score(shared_client: TestClient, slug: str, answer: int) -> None:
    """About half of the items are reverse-keyed, so high and low scores cancel out."""
    score_read = score(shared_client, slug, dict.fromkeys(DEFINITIONS[slug].question_by_id, answer))

    assert all(score["min"] < score["value"] < score["max"] for score in score_read["scores"])
