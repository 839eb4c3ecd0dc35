"""What a claim token is: opaque, written in one way only, and good for one questionnaire's version."""

from base64 import urlsafe_b64decode
from string import ascii_letters, digits

import pytest

from app.core.crypto.key_ring import new_entry
from tests.conftest import KEYS, MakeService
from tests.factories.questionnaires import questionnaire, scale
from tests.factories.results import (
    CHECK_IN,
    RESULTS,
    WORRIED,
    Desk,
    agreed,
    faults,
    leaning,
    new_id,
    put,
    read,
    score,
    told,
)
from tests.factories.services import Service


def test_what_is_no_token_of_ours_is_refused(site: Service) -> None:
    token, person = score(site)["claim_token"], agreed(site)
    key_id, _, sealed = token.partition(".")
    other = score(site, {f"q{n:02}": 3 for n in range(1, 9)}, CHECK_IN)["claim_token"].partition(".")[2]

    for bad in (
        "x",
        ".",
        "..",
        key_id,
        f"{key_id}.",
        sealed,
        f".{sealed}",
        f"other.{sealed}",
        f"{key_id.upper()}.{sealed}",
        token[:-4],
        token[: len(token) // 2],
        f"{key_id}.{sealed[4:]}",
        f"{key_id}.{sealed[:100]}{'A' if sealed[100] != 'A' else 'B'}{sealed[101:]}",
        f"{key_id}.{sealed[::-1]}",
        f"{key_id}.{sealed[:60]}{other[60:]}",
        f"{key_id}.é{sealed}",
        f"{key_id}.{person.access}",
        person.access,
        person.refresh,
        "A" * 5000,
    ):  # fmt: skip
        reply = put(person, new_id(), {"claim_token": bad})
        assert told(reply) == (422, "claim_not_good"), bad
        assert faults(reply) == [("body", "/claim_token")]
    for bad in ("", "A" * 5001, "a\x00b", 5, None, ["x"]):
        reply = person.ask("PUT", f"{RESULTS}/{new_id()}", {"claim_token": bad})
        assert (told(reply), faults(reply)) == ((422, "invalid_input"), [("body", "/claim_token")])
    assert put(person, new_id(), {"claim_token": token}).status_code == 201


@pytest.mark.parametrize("more", ["!", "=", "\n", " ", "A"])
def test_a_token_with_something_added_is_not_the_token(site: Service, more: str) -> None:
    token, person = score(site)["claim_token"], agreed(site)
    key_id, _, sealed = token.partition(".")

    for changed in (f"{token}{more}", f"{key_id}.{more}{sealed}", f"{key_id}.{sealed[:40]}{more}{sealed[40:]}"):
        assert told(put(person, new_id(), {"claim_token": changed})) == (422, "claim_not_good")


def test_a_token_is_written_in_one_way_only(site: Service) -> None:
    """The last character of a base64 text may hold bits that stand for nothing, as it does in this one's tokens."""
    token, person = score(site, {f"q{n:02}": 3 for n in range(1, 9)}, CHECK_IN)["claim_token"], agreed(site)
    assert len(token.partition(".")[2]) % 4 != 0
    others = [token[:-1] + each for each in ascii_letters + digits + "-_" if each != token[-1]]

    assert {told(put(person, new_id(), {"claim_token": each})) for each in others} == {(422, "claim_not_good")}


def test_a_tokens_length_and_text_tell_nothing_of_the_answers(site: Service) -> None:
    sets = [leaning(1, 1), leaning(7, 7), leaning(4, 4), WORRIED, {k: v for k, v in WORRIED.items() if k > "q04"}]

    tokens = [score(site, answers)["claim_token"] for answers in (*sets, WORRIED)]

    assert len({len(token) for token in tokens}) == 1
    assert len(set(tokens)) == len(tokens)
    for token in tokens:
        sealed = urlsafe_b64decode(token.partition(".")[2] + "==")
        for telling in (b"q01", b"answers", b"attachment", b"anxiety", b"   +"):
            assert telling not in sealed


def test_long_and_short_answers_make_tokens_of_one_length(desk: Desk) -> None:
    made = questionnaire([scale("across", ["q01", "q02"])], low=-1000, high=1000)
    far = [{"id": "far", "min": -1000, "max": 1000, "labels": {"-1000": "Less", "1000": "More"}}]
    desk.publish("far", made | {"response_scales": far})
    person, answered = agreed(desk.service), [{"q01": -1000, "q02": 1000}, {"q01": 0, "q02": 7}]

    tokens = [score(desk.service, answers, "far")["claim_token"] for answers in answered]

    assert len(tokens[0]) == len(tokens[1])
    claimed = []
    for token in tokens:
        result_id = new_id()
        assert put(person, result_id, {"claim_token": token}).status_code == 201
        claimed.append({each["question"]: each["raw"] for each in read(person, result_id)["explanation"]})
    assert claimed == answered


def test_a_token_is_good_as_long_as_its_secret_is_on_the_ring(make_service: MakeService, service: Service) -> None:
    answers = {f"q{n:02}": 4 for n in range(1, 25)}
    tokens = [score(service, answers)["claim_token"] for _ in range(2)]
    new = new_entry("new-")
    both = make_service(service.settings.database, keys=f"{new},{KEYS}")
    alone = make_service(keys=new)

    assert put(agreed(both), new_id(), {"claim_token": tokens[0]}).status_code == 201
    assert told(put(agreed(alone), new_id(), {"claim_token": tokens[1]})) == (422, "claim_not_good")


def test_a_token_made_by_another_service_with_other_content_is_refused(desk: Desk, site: Service) -> None:
    """One ring, two databases: there a questionnaire that isn't known here."""
    desk.publish("elsewhere", questionnaire([scale("across", ["q01"])]))
    token = score(desk.service, {"q01": 1}, "elsewhere")["claim_token"]

    assert told(put(agreed(site), new_id(), {"claim_token": token})) == (422, "claim_not_good")
