"""Tests for claim tokens, with which a visitor can save an anonymous score after signing up: format and validation."""

from base64 import urlsafe_b64decode
from string import ascii_lowercase, ascii_uppercase, digits

from sqlalchemy import update
from sqlmodel import col

from app.assessments.models import AssessmentVersion
from app.core.crypto.key_ring import generate_entry
from tests.conftest import TEST_KEYS, MakeService
from tests.factories.questionnaires import questionnaire, scale
from tests.factories.results import (
    ANXIOUS_ANSWERS,
    CHECK_IN,
    CHECK_IN_ANSWERS,
    QuestionnaireEditor,
    answers_for_scores,
    claim_body,
    consenting_member,
    error_summary,
    new_id,
    put_result,
    read_result,
    score_anonymously,
    status_and_code,
)
from tests.factories.services import Service

BASE64_ALPHABET = f"{ascii_uppercase}{ascii_lowercase}{digits}-_"


def test_invalid_claim_token_returns_422(site: Service) -> None:
    token, member = score_anonymously(site)["claim_token"], consenting_member(site)
    key_id, _, encrypted = token.partition(".")
    other = score_anonymously(site, CHECK_IN_ANSWERS, CHECK_IN)["claim_token"].partition(".")[2]

    damaged = encrypted[:100] + ("A" if encrypted[100] != "A" else "B") + encrypted[101:]
    tokens = ["x", "..", key_id, encrypted, f"other.{encrypted}", f"{key_id.upper()}.{encrypted}", "A" * 5000]
    tokens += [f"{key_id}.{changed}" for changed in ("", encrypted[:-4], encrypted[4:], damaged, f"é{encrypted}")]
    tokens += [f"{key_id}.{encrypted[:60]}{other[60:]}", member.access_token, f"{key_id}.{member.access_token}"]
    tokens += [f"{token}{extra}" for extra in "!=A"]
    for extra in ("!", "=", "\n", " ", "A"):
        tokens += [
            f"{token}{extra}x",
            f"{key_id}.{extra}{encrypted}",
            f"{key_id}.{encrypted[:40]}{extra}{encrypted[40:]}",
        ]

    for invalid in tokens:
        response = put_result(member, new_id(), {"claim_token": invalid})
        assert error_summary(response) == (422, "claim_not_good", "body/claim_token"), invalid
    for malformed in ("", "A" * 5001, "a\x00b", 5, None):
        response = put_result(member, new_id(), {"claim_token": malformed})
        assert error_summary(response) == (422, "invalid_input", "body/claim_token")
    assert put_result(member, new_id(), {"claim_token": f" {token}\n"}).status_code == 201


def test_claim_token_has_one_valid_encoding(site: Service) -> None:
    """The last base64 character of a token has unused bits. The token is valid only if they are zero."""
    member, token = consenting_member(site), score_anonymously(site, CHECK_IN_ANSWERS, CHECK_IN)["claim_token"]
    position = BASE64_ALPHABET.index(token[-1])
    unused_bits = {2: 4, 3: 2}[len(token.partition(".")[2]) % 4]
    assert position % 2**unused_bits == 0

    for other in BASE64_ALPHABET[position + 1 : position + 2**unused_bits]:
        response = put_result(member, new_id(), {"claim_token": token[:-1] + other})
        assert status_and_code(response) == (422, "claim_not_good")


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
    bodies = [claim_body(service, answers) for _ in range(2)]
    new_key = generate_entry("new-")
    with_both_keys = make_service(service.settings.database, keys=f"{new_key},{TEST_KEYS}")
    with_new_key = make_service(keys=new_key)

    valid, invalid = (
        put_result(consenting_member(renewed), new_id(), body)
        for renewed, body in zip((with_both_keys, with_new_key), bodies, strict=True)
    )

    assert valid.status_code == 201
    assert status_and_code(invalid) == (422, "claim_not_good")


def test_claim_token_of_unknown_questionnaire_returns_422(editor: QuestionnaireEditor, site: Service) -> None:
    """The token comes from another service that has the same keys but other questionnaires."""
    editor.publish("elsewhere", questionnaire([scale("across", ["q01"])]))
    token = score_anonymously(editor.service, {"q01": 1}, "elsewhere")["claim_token"]

    response = put_result(consenting_member(site), new_id(), {"claim_token": token})

    assert status_and_code(response) == (422, "claim_not_good")


def test_claim_token_with_other_definition_digest_returns_422(editor: QuestionnaireEditor) -> None:
    """After a backup is restored, the version in the token may be published with other questions."""
    editor.publish("restored", questionnaire([scale("across", ["q01"])]))
    token = score_anonymously(editor.service, {"q01": 1}, "restored")["claim_token"]
    with editor.service.database.transaction() as session:
        is_restored = col(AssessmentVersion.slug) == "restored"
        session.execute(update(AssessmentVersion).where(is_restored).values(digest="0" * 64))

    response = put_result(consenting_member(editor.service), new_id(), {"claim_token": token})

    assert status_and_code(response) == (422, "claim_not_good")
