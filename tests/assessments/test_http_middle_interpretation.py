"""Tests for scores near the boundaries between styles: they get two interpretations, or a text for the middle."""

from tests.factories.results import answers_for_scores, score_anonymously
from tests.factories.services import Service


def test_score_at_all_midpoints_returns_middle_interpretation(site: Service) -> None:
    body = score_anonymously(site, dict.fromkeys(answers_for_scores(5, 2), 4))

    [interpretation] = body["interpretation"]
    assert interpretation["title"] == body["style"]["name"] == "Your answers are close to the middle"
    assert body["style"]["borderline"]


def test_score_with_highest_loneliness_is_not_interpreted_as_middle(site: Service) -> None:
    """The connection score is at its midpoint, but the loneliness score is the highest possible."""
    lonely_answers = {"q02": 5, "q03": 5, "q06": 1, "q07": 5}
    on_the_line = {"q01": 3, "q04": 3, "q05": 3, "q08": 3}

    body = score_anonymously(site, lonely_answers | on_the_line, "connection-check-in")
    alone = score_anonymously(site, lonely_answers, "connection-check-in")

    assert [score["value"] for score in body["scores"]] == [5, 3]
    assert [interpretation["title"] for interpretation in body["interpretation"]] == [
        "Your answers lean toward loneliness, with people around",
        "Your answers lean toward missing people",
    ]
    assert alone["style"] is None
    assert [(interpretation["scale"], interpretation["text"]) for interpretation in alone["interpretation"]] == [
        ("loneliness", "Loneliness was often there in these two weeks.")
    ]
