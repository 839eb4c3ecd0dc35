"""What changed from one result to another, in figures and in words."""

from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from sqlalchemy import URL

from tests.conftest import Backend
from tests.factories.questionnaires import questionnaire, reliability, scale
from tests.factories.results import (
    RESULTS,
    WORRIED,
    Desk,
    agreed,
    faults,
    keep,
    leaning,
    new_id,
    read,
    serving,
    told,
)
from tests.factories.services import Person, Service

CALM = leaning(2, 2)
CHECKED_IN = {f"q{n:02}": 3 for n in range(1, 9)}
# A standard error of 1 * sqrt(1 - 0.92) = 0.2828, of a difference 0.4: reliable from 0.784 on.
MEASURED = scale("across", ["q01", "q02", "q03", "q04"], reliability=reliability(0.92, 1.0))


@pytest.fixture(scope="module")
def desk(backend: Backend, furnished: URL, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    with serving(backend, furnished) as service:
        desk = Desk.of(service, tmp_path_factory.mktemp("desk"))
        halves = [scale("up", ["q05"]), scale("down", ["q06"])]
        desk.publish("measured", questionnaire([MEASURED, *halves]))
        yield desk


def change(person: Person, result_id: str, since: str) -> Any:
    reply = person.ask("GET", f"{RESULTS}/{result_id}/change?since={since}")
    assert reply.status_code == 200, reply.text
    return reply.json()


def by_scale(shown: Mapping[str, Any]) -> dict[str, Any]:
    return {each["scale"]: each for each in shown["scales"]}


def answered(across: int, *, more: int = 0, up: int | None = 4, down: int | None = 4) -> dict[str, int]:
    """`across` four times, of which some are one more; then the other two, if they are answered."""
    found = {f"q0{n}": across + (n <= more) for n in range(1, 5)}
    return found | {name: value for name, value in (("q05", up), ("q06", down)) if value is not None}


def test_a_change_beyond_its_error_is_called_reliable(desk: Desk) -> None:
    person = agreed(desk.service)
    before, after = keep(person, answered(3), "measured"), keep(person, answered(4), "measured")

    shown = change(person, after, before)

    found = by_scale(shown)["across"]
    assert (found["before"], found["after"], found["difference"]) == (3, 4, 1)
    assert found["standard_error"] == pytest.approx(0.4)
    assert found["rci"] == pytest.approx(2.5)
    assert found["reliable"] is True
    assert "changed by more than" in found["words"]
    assert found["name"] == "Across"
    assert found["basis"] == {
        "coefficient": "Alpha",
        "value": 0.92,
        "sd": 1,
        "population": "Nobody",
        "source": "nothing",
    }
    assert by_scale(change(person, before, after))["across"]["rci"] == pytest.approx(-2.5)


def test_a_change_within_its_error_is_said_to_be_none(desk: Desk) -> None:
    person = agreed(desk.service)
    before, after = keep(person, answered(3), "measured"), keep(person, answered(3, more=3), "measured")

    found = by_scale(change(person, after, before))["across"]

    assert (found["difference"], found["reliable"]) == (0.75, False)
    assert found["rci"] == pytest.approx(1.875)
    assert found["words"].startswith("No reliable change")


def test_without_a_reliability_there_is_a_difference_and_no_verdict(desk: Desk) -> None:
    person = agreed(desk.service)
    before, after = keep(person, answered(3, up=2), "measured"), keep(person, answered(3, up=5), "measured")

    found = by_scale(change(person, after, before))

    up, down = found["up"], found["down"]
    assert (up["difference"], up["standard_error"], up["rci"], up["reliable"], up["basis"]) == (
        3,
        None,
        None,
        None,
        None,
    )
    assert "no verdict" in up["words"]
    assert (down["difference"], down["reliable"]) == (0, None)
    assert down["words"].startswith("No difference")


def test_where_one_of_the_two_has_no_score_there_is_nothing_to_compare(desk: Desk) -> None:
    person = agreed(desk.service)
    before, after = keep(person, answered(3), "measured"), keep(person, answered(3, up=None), "measured")

    for shown, scores in (
        (change(person, after, before), (4, None)),
        (change(person, before, after), (None, 4)),
        (change(person, after, after), (None, None)),
    ):
        up = by_scale(shown)["up"]
        assert (up["before"], up["after"]) == scores
        assert (up["difference"], up["rci"], up["reliable"]) == (None, None, None)
        assert "one of the two results has no score" in up["words"]


def test_scales_that_were_asked_differently_are_not_compared(desk: Desk) -> None:
    person = agreed(desk.service)
    one, two, three = (scale(name, [item]) for name, item in (("same", "q01"), ("other", "q02"), ("gone", "q03")))
    desk.publish("renewed", questionnaire([one, two, three]))
    before = keep(person, {"q01": 1, "q02": 2, "q03": 3}, "renewed")
    desk.publish("renewed", questionnaire([one, two | {"reverse_keyed": ["q02"]}, scale("new", ["q04"])]))
    after = keep(person, {"q01": 5, "q02": 2, "q04": 4}, "renewed", version=2)

    shown = change(person, after, before)

    assert (shown["since"]["version"], shown["result"]["version"]) == (1, 2)
    found = by_scale(shown)
    assert list(found) == ["same", "other", "new"]
    assert found["same"]["difference"] == 4
    for name, scores in (("other", (2, 6)), ("new", (None, 4))):
        assert (found[name]["before"], found[name]["after"]) == scores
        assert (found[name]["difference"], found[name]["reliable"]) == (None, None)
        assert "other questions or other rules" in found[name]["words"]


def test_a_new_wording_does_not_stand_in_the_way(desk: Desk) -> None:
    person, measured = agreed(desk.service), questionnaire([MEASURED])
    answers = {f"q0{n}": 3 for n in range(1, 5)}
    desk.publish("reworded", measured)
    before = keep(person, answers, "reworded")
    desk.publish("reworded", measured | {"about": "Said better."})
    after = keep(person, answers | {"q01": 7}, "reworded", version=2)

    assert by_scale(change(person, after, before))["across"]["reliable"] is True


def test_a_change_says_which_results_it_is_between(site: Service) -> None:
    person = agreed(site)
    before, after = keep(person, WORRIED), keep(person, CALM)

    shown = change(person, after, before)

    assert set(shown) == {"assessment", "result", "since", "scales", "disclaimer", "support"}
    for name, result_id in (("since", before), ("result", after)):
        result = read(person, result_id)
        assert shown[name] == {part: result[part] for part in ("id", "version", "taken_at")}
    assert {each: by_scale(shown)[each]["difference"] for each in ("anxiety", "avoidance")} == {
        "anxiety": -4,
        "avoidance": 0,
    }
    assert "not a diagnosis" in shown["disclaimer"]
    assert shown["support"]["href"] == "/v1/support"


def test_since_what_must_be_said(site: Service) -> None:
    person = agreed(site)
    path = f"{RESULTS}/{keep(person)}/change"

    for query in ("", "?since=", "?since=yesterday"):
        reply = person.ask("GET", f"{path}{query}")
        assert (told(reply), faults(reply)) == ((422, "invalid_input"), [("query", "/since")])


def test_only_ones_own_results_of_one_assessment_are_compared(site: Service) -> None:
    person, other = agreed(site), agreed(site)
    mine, deleted, check_in, theirs = (
        keep(person),
        keep(person),
        keep(person, CHECKED_IN, "connection-check-in"),
        keep(other),
    )
    person.ask("DELETE", f"{RESULTS}/{deleted}")

    for since in (check_in, theirs, deleted, new_id()):
        reply = person.ask("GET", f"{RESULTS}/{mine}/change?since={since}")
        assert (told(reply), faults(reply)) == ((422, "not_comparable"), [("query", "/since")])
    for result_id in (theirs, deleted, new_id()):
        reply = person.ask("GET", f"{RESULTS}/{result_id}/change?since={mine}")
        assert told(reply) == (404, "result_not_found")
