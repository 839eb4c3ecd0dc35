"""Tests for claim tokens, with which a visitor can save an anonymous score after signing up: format and validation."""

from base64 import urlsafe_b64decode
from string import ascii_letters, digits

import pytest

from app.core.crypto.key_ring import generate_entry
from tests.conftest import TEST_KEYS, MakeService
from tests.factories.questionnaires import questionnaire, scale
from tests.factories.results import (
    ANXIOUS_ANSWERS,
    CHECK_IN,
    RESULTS_PATH,
    QuestionnaireEditor,
    answers_for_scores,
    consenting_member,
    error_locations,
    new_id,
    put_result,
    read_result,
    score_anonymously,
    status_and_code,
)
from tests.factories.services import Service


def test_invalid_claim_token_returns_422(site: Service) -> None:
    token, member = score_anonymously(site)["claim_token"], consenting_member(site)
    key_id, _, encrypted = token.partition(".")
    other = score_anonymously(site, {f"q{n:02}": 3 for n in range(1, 9)}, CHECK_IN)["claim_token"].partition(".")[2]

    for invalid in (
        "x",
        ".",
        "..",
        key_id,
        f"{key_id}.",
        encrypted,
        f".{encrypted}",
        f"other.{encrypted}",
        f"{key_id.upper()}.{encrypted}",
        token[:-4],
        token[: len(token) // 2],
        f"{key_id}.{encrypted[4:]}",
        f"{key_id}.{encrypted[:100]}{'A' if encrypted[100] != 'A' else 'B'}{encrypted[101:]}",
        f"{key_id}.{encrypted[::-1]}",
        f"{key_id}.{encrypted[:60]}{other[60:]}",
        f"{key_id}.é{encrypted}",
        f"{key_id}.{member.access_token}",
        member.access_token,
        member.refresh_token,
        "A" * 5000,
    ):  # fmt: skip
        response = put_result(member, new_id(), {"claim_token": invalid})
        assert status_and_code(response) == (422, "claim_not_good"), invalid
        assert error_locations(response) == [("body", "/claim_token")]
    for invalid in ("", "A" * 5001, "a\x00b", 5, None, ["x"]):
        response = member.request("PUT", f"{RESULTS_PATH}/{new_id()}", {"claim_token": invalid})
        assert (status_and_code(response), error_locations(response)) == (
            (422, "invalid_input"),
            [("body", "/claim_token")],
        )
    assert put_result(member, new_id(), {"claim_token": token}).status_code == 201


@pytest.mark.parametrize("extra", ["!", "=", "\n", " ", "A"])
def test_claim_token_with_extra_characters_returns_422(site: Service, extra: str) -> None:
    token, member = score_anonymously(site)["claim_token"], consenting_member(site)
    key_id, _, encrypted = token.partition(".")

    for changed in (
        f"{token}{extra}",
        f"{key_id}.{extra}{encrypted}",
        f"{key_id}.{encrypted[:40]}{extra}{encrypted[40:]}",
    ):
        assert status_and_code(put_result(member, new_id(), {"claim_token": changed})) == (422, "claim_not_good")


def test_claim_token_has_one_valid_encoding(site: Service) -> None:
    """The last base64 character of a token has unused bits. The token is valid only if they are zero."""
    token, member = (
        score_anonymously(site, {f"q{n:02}": 3 for n in range(1, 9)}, CHECK_IN)["claim_token"],
        consenting_member(site),
    )
    assert len(token.partition(".")[2]) % 4 != 0
    others = [token[:-1] + character for character in ascii_letters + digits + "-_" if character != token[-1]]

    assert {status_and_code(put_result(member, new_id(), {"claim_token": other})) for other in others} == {
        (422, "claim_not_good")
    }


def test_claim_token_reveals_no_answers(site: Service) -> None:
    answer_sets = [
        answers_for_scores(1, 1),
        answers_for_scores(7, 7),
        answers_for_scores(4, 4),
        ANXIOUS_ANSWERS,
        {k: v for k, v in ANXIOUS_ANSWERS.items() if k > "q04"},
    ]

    tokens = [score_anonymously(site, answers)["claim_token"] for answers in (*answer_sets, ANXIOUS_ANSWERS)]

    assert len({len(token) for token in tokens}) == 1
    assert len(set(tokens)) == len(tokens)
    for token in tokens:
        encrypted = urlsafe_b64decode(token.partition(".")[2] + "==")
        for fragment in (b"q01", b"answers", b"attachment", b"anxiety", b"   +"):
            assert fragment not in encrypted


def test_claim_token_length_is_independent_of_answer_length(editor: QuestionnaireEditor) -> None:
    definition = questionnaire([scale("across", ["q01", "q02"])], low=-1000, high=1000)
    wide_scale = [{"id": "far", "min": -1000, "max": 1000, "labels": {"-1000": "Less", "1000": "More"}}]
    editor.publish("far", definition | {"response_scales": wide_scale})
    member, answered = consenting_member(editor.service), [{"q01": -1000, "q02": 1000}, {"q01": 0, "q02": 7}]

    tokens = [score_anonymously(editor.service, answers, "far")["claim_token"] for answers in answered]

    assert len(tokens[0]) == len(tokens[1])
    claimed = []
    for token in tokens:
        result_id = new_id()
        assert put_result(member, result_id, {"claim_token": token}).status_code == 201
        claimed.append({answer["question"]: answer["raw"] for answer in read_result(member, result_id)["explanation"]})
    assert claimed == answered


def test_claim_token_is_valid_while_key_is_in_ring(make_service: MakeService, service: Service) -> None:
    answers = {f"q{n:02}": 4 for n in range(1, 25)}
    tokens = [score_anonymously(service, answers)["claim_token"] for _ in range(2)]
    new_key = generate_entry("new-")
    service_with_both_keys = make_service(service.settings.database, keys=f"{new_key},{TEST_KEYS}")
    service_with_new_key = make_service(keys=new_key)

    assert (
        put_result(consenting_member(service_with_both_keys), new_id(), {"claim_token": tokens[0]}).status_code == 201
    )
    assert status_and_code(
        put_result(consenting_member(service_with_new_key), new_id(), {"claim_token": tokens[1]})
    ) == (
        422,
        "claim_not_good",
    )


def test_claim_token_of_unknown_questionnaire_returns_422(editor: QuestionnaireEditor, site: Service) -> None:
    """The token comes from another service that has the same keys but other questionnaires."""
    editor.publish("elsewhere", questionnaire([scale("across", ["q01"])]))
    token = score_anonymously(editor.service, {"q01": 1}, "elsewhere")["claim_token"]

    assert status_and_code(put_result(consenting_member(site), new_id(), {"claim_token": token})) == (
        422,
        "claim_not_good",
    )
