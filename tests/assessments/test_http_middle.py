"""Whoever lies between two descriptions is told both; only who lies between all of them is told of the middle."""

from tests.factories.results import leaning, score
from tests.factories.services import Service


def test_in_the_middle_of_everything_it_is_said_that_it_is_the_middle(site: Service) -> None:
    body = score(site, dict.fromkeys(leaning(5, 2), 4))

    [said] = body["interpretation"]
    assert said["title"] == body["style"]["name"] == "Your answers are close to the middle"
    assert body["style"]["borderline"]


def test_the_highest_loneliness_is_never_called_the_middle(site: Service) -> None:
    """Though how much contact there was lies on the line."""
    lonely = {"q02": 5, "q03": 5, "q06": 1, "q07": 5}
    on_the_line = {"q01": 3, "q04": 3, "q05": 3, "q08": 3}

    body = score(site, lonely | on_the_line, "connection-check-in")
    alone = score(site, lonely, "connection-check-in")

    assert [each["value"] for each in body["scores"]] == [5, 3]
    assert [each["title"] for each in body["interpretation"]] == [
        "Your answers lean toward loneliness, with people around",
        "Your answers lean toward missing people",
    ]
    assert alone["style"] is None
    assert [(each["scale"], each["text"]) for each in alone["interpretation"]] == [
        ("loneliness", "Loneliness was often there in these two weeks.")
    ]
