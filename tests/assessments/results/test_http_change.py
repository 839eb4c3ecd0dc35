"""Tests for comparing two assessment results over HTTP: score differences, and whether they are reliable."""

from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from sqlalchemy import URL

from tests.conftest import Backend
from tests.factories.questionnaires import questionnaire, reliability, scale
from tests.factories.results import (
    ANXIOUS_ANSWERS,
    CHECK_IN_ANSWERS,
    LOW_SCORE_ANSWERS,
    RESULTS_PATH,
    Answers,
    QuestionnaireEditor,
    consenting_member,
    error_summary,
    fetch_change,
    new_id,
    read_result,
    running_service,
    save_result,
    status_and_code,
)
from tests.factories.services import MemberClient, Service

# Standard error of a score: 1 * sqrt(1 - 0.92) = 0.2828; of a difference: 0.4. Reliable above 1.96 * 0.4 = 0.784.
MEASURED_SCALE = scale("across", ["q01", "q02", "q03", "q04"], reliability=reliability(0.92, 1.0))


@pytest.fixture(scope="module")
def editor(
    backend: Backend, sample_template: URL, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[QuestionnaireEditor]:
    with running_service(backend, sample_template) as service:
        editor = QuestionnaireEditor.create(service, tmp_path_factory.mktemp("editor"))
        halves = [scale("up", ["q05"]), scale("down", ["q06"])]
        editor.publish("measured", questionnaire([MEASURED_SCALE, *halves]))
        yield editor


def changes_by_scale(change_read: Mapping[str, Any]) -> dict[str, Any]:
    return {scale["scale"]: scale for scale in change_read["scales"]}


def measured_answers(across: int, *, more: int = 0, up: int | None = 4, down: int | None = 4) -> dict[str, int]:
    """Return answers for three scales. The first `more` answers on the scale `across` are one higher."""
    scale_change = {f"q0{n}": across + (n <= more) for n in range(1, 5)}
    return scale_change | {name: value for name, value in (("q05", up), ("q06", down)) if value is not None}


def save_two(editor: QuestionnaireEditor, *answers: Answers) -> tuple[MemberClient, str, str]:
    """Save two results of a new member, and return the member and the ids of the results."""
    member = consenting_member(editor.service)
    before, after = (save_result(member, given, "measured") for given in answers)
    return member, before, after


def test_change_beyond_error_is_reliable(editor: QuestionnaireEditor) -> None:
    member, before, after = save_two(editor, measured_answers(3), measured_answers(4))

    change_read = fetch_change(member, after, before)

    scale_change = changes_by_scale(change_read)["across"]
    assert (scale_change["before"], scale_change["after"], scale_change["difference"]) == (3, 4, 1)
    assert scale_change["standard_error"] == pytest.approx(0.4)
    assert scale_change["rci"] == pytest.approx(2.5)
    assert scale_change["reliable"] is True
    assert "changed by more than" in scale_change["words"]
    assert scale_change["name"] == "Across"
    reliability_fields = MEASURED_SCALE["reliability"]
    assert scale_change["basis"] == {name: value for name, value in reliability_fields.items() if name != "n"}
    assert changes_by_scale(fetch_change(member, before, after))["across"]["rci"] == pytest.approx(-2.5)


def test_change_within_error_is_not_reliable(editor: QuestionnaireEditor) -> None:
    member, before, after = save_two(editor, measured_answers(3), measured_answers(3, more=3))

    scale_change = changes_by_scale(fetch_change(member, after, before))["across"]

    assert (scale_change["difference"], scale_change["reliable"]) == (0.75, False)
    assert scale_change["rci"] == pytest.approx(1.875)
    assert scale_change["words"].startswith("No reliable change")


def test_change_without_reliability_has_difference_only(editor: QuestionnaireEditor) -> None:
    member, before, after = save_two(editor, measured_answers(3, up=2), measured_answers(3, up=5))

    scale_change = changes_by_scale(fetch_change(member, after, before))

    up, down = scale_change["up"], scale_change["down"]
    assert [up[name] for name in ("difference", "standard_error", "rci", "reliable", "basis")] == [3, *[None] * 4]
    assert "no verdict" in up["words"]
    assert (down["difference"], down["reliable"]) == (0, None)
    assert down["words"].startswith("No difference")


def test_change_with_missing_score_has_no_difference(editor: QuestionnaireEditor) -> None:
    member, before, after = save_two(editor, measured_answers(3), measured_answers(3, up=None))

    for change_read, scores in (
        (fetch_change(member, after, before), (4, None)),
        (fetch_change(member, before, after), (None, 4)),
        (fetch_change(member, after, after), (None, None)),
    ):
        up = changes_by_scale(change_read)["up"]
        assert (up["before"], up["after"]) == scores
        assert (up["difference"], up["rci"], up["reliable"]) == (None, None, None)
        assert "one of the two results has no score" in up["words"]


def test_change_between_different_scales_has_no_difference(editor: QuestionnaireEditor) -> None:
    member = consenting_member(editor.service)
    one, two, three = (scale(name, [item]) for name, item in (("same", "q01"), ("other", "q02"), ("gone", "q03")))
    editor.publish("renewed", questionnaire([one, two, three]))
    before = save_result(member, {"q01": 1, "q02": 2, "q03": 3}, "renewed")
    editor.publish("renewed", questionnaire([one, two | {"reverse_keyed": ["q02"]}, scale("new", ["q04"])]))
    after = save_result(member, {"q01": 5, "q02": 2, "q04": 4}, "renewed", version=2)

    change_read = fetch_change(member, after, before)

    assert (change_read["since"]["version"], change_read["result"]["version"]) == (1, 2)
    scale_change = changes_by_scale(change_read)
    assert list(scale_change) == ["same", "other", "new"]
    assert scale_change["same"]["difference"] == 4
    for name, scores in (("other", (2, 6)), ("new", (None, 4))):
        assert (scale_change[name]["before"], scale_change[name]["after"]) == scores
        assert (scale_change[name]["difference"], scale_change[name]["reliable"]) == (None, None)
        assert "other questions or other rules" in scale_change[name]["words"]


def test_change_after_rewording_description_is_computed(editor: QuestionnaireEditor) -> None:
    member, measured = consenting_member(editor.service), questionnaire([MEASURED_SCALE])
    answers = {f"q0{n}": 3 for n in range(1, 5)}
    editor.publish("reworded", measured)
    before = save_result(member, answers, "reworded")
    editor.publish("reworded", measured | {"about": "Said better."})
    after = save_result(member, answers | {"q01": 7}, "reworded", version=2)

    assert changes_by_scale(fetch_change(member, after, before))["across"]["reliable"] is True


def test_change_identifies_both_results(site: Service) -> None:
    member = consenting_member(site)
    before, after = save_result(member, ANXIOUS_ANSWERS), save_result(member, LOW_SCORE_ANSWERS)

    change_read = fetch_change(member, after, before)

    assert set(change_read) == {"assessment", "result", "since", "scales", "disclaimer", "support"}
    for name, result_id in (("since", before), ("result", after)):
        result = read_result(member, result_id)
        assert change_read[name] == {part: result[part] for part in ("id", "version", "taken_at")}
    differences = {scale["scale"]: scale["difference"] for scale in change_read["scales"]}
    assert differences == {"anxiety": -4, "avoidance": 0}
    assert "not a diagnosis" in change_read["disclaimer"]
    assert change_read["support"]["href"] == "/v1/support"


def test_change_without_valid_since_returns_422(site: Service) -> None:
    member = consenting_member(site)
    path = f"{RESULTS_PATH}/{save_result(member)}/change"

    for query in ("", "?since=", "?since=yesterday"):
        response = member.request("GET", f"{path}{query}")
        assert error_summary(response) == (422, "invalid_input", "query/since")


def test_change_with_incomparable_result_returns_error(site: Service) -> None:
    member, other = consenting_member(site), consenting_member(site)
    own_result, deleted, check_in, other_result = (
        save_result(member),
        save_result(member),
        save_result(member, CHECK_IN_ANSWERS, "connection-check-in"),
        save_result(other),
    )
    member.request("DELETE", f"{RESULTS_PATH}/{deleted}")

    for since in (check_in, other_result, deleted, new_id()):
        response = member.request("GET", f"{RESULTS_PATH}/{own_result}/change?since={since}")
        assert error_summary(response) == (422, "not_comparable", "query/since")
    for result_id in (other_result, deleted, new_id()):
        response = member.request("GET", f"{RESULTS_PATH}/{result_id}/change?since={own_result}")
        assert status_and_code(response) == (404, "result_not_found")
