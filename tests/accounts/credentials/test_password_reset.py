"""Tests for resetting a forgotten password: single-use tokens, and responses that don't reveal who has an account."""

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
import time_machine

from tests.conftest import MakeService
from tests.factories.accounts import (
    FORGOT_PATH,
    NEW_PASSWORD,
    NOON,
    from_network,
    newest_email_token,
    request_change_token,
    request_reset_token,
    reset_password,
    verify_email,
)
from tests.factories.services import PASSWORD, Service, post

LOGIN_PATH, REGISTER_PATH = "/v1/auth/login", "/v1/auth/register"
CONSENT = {"purpose": "health_data", "granted": True, "version": "1"}


@pytest.mark.parametrize("host", ["203.0.113.7", "testclient"], ids=["other network", "known network"])
def test_reset_clears_throttle_on_any_network(service: Service, host: str) -> None:
    member, client = service.register_verified(), from_network(service, host)
    for _ in range(7):
        post(client, LOGIN_PATH, {"email": member.email, "password": "wrong"})
    token = request_reset_token(service, member.email)

    assert reset_password(from_network(service, "198.51.100.7"), token).status_code == 204

    assert post(client, LOGIN_PATH, {"email": member.email, "password": NEW_PASSWORD}).status_code == 200


def test_forgot_returns_same_response_and_emails_only_known_address(service: Service) -> None:
    known = service.register().email
    service.sent_emails()

    responses = [
        post(service.client, FORGOT_PATH, {"email": address})
        for address in (known, known.upper(), "nobody@example.org")
    ]

    assert {(response.status_code, response.content) for response in responses} == {(202, b"{}")}
    assert [mail["To"] for mail in service.sent_emails() if mail["Subject"] == "Set a new password"] == [known, known]


def test_uniform_responses_take_minimum_time(make_service: MakeService) -> None:
    service = make_service(min_answer_milliseconds=150)
    registration = {"email": "nobody@example.org", "password": PASSWORD}

    for path, body in (
        (FORGOT_PATH, {"email": "nobody@example.org"}),
        (REGISTER_PATH, registration),
        (REGISTER_PATH, registration),
    ):
        started = time.monotonic()
        assert post(service.client, path, body).status_code == 202
        assert time.monotonic() - started >= 0.15


def test_reset_sets_password_and_ends_all_sessions(service: Service) -> None:
    member = service.register_verified()

    assert reset_password(service.client, request_reset_token(service, member.email)).status_code == 204

    assert member.request("GET", "/v1/me").status_code == 401
    assert member.refresh_session().status_code == 401
    assert member.sign_in().status_code == 401
    member.password = NEW_PASSWORD
    assert member.sign_in().status_code == 200
    assert service.sent_emails(to=member.email)[-1]["Subject"] == "Your password was changed"


@pytest.mark.parametrize("is_verified", [True, False])
def test_reset_keeps_name_and_consents_of_verified_account_only(service: Service, *, is_verified: bool) -> None:
    """Before an address is verified, a stranger could have registered it: a reset then starts a new account."""
    register = service.register_verified if is_verified else service.register
    member = register(display_name="Ana", consents=[CONSENT])

    reset_password(service.client, request_reset_token(service, member.email))
    member.password = NEW_PASSWORD
    member.sign_in()

    email = next(mail for mail in service.sent_emails(to=member.email) if mail["Subject"] == "Set a new password")
    assert ("was never confirmed" in email.get_content()) is not is_verified
    assert '"password_reset"' in member.request("GET", "/v1/me/export").text
    assert member.request("GET", "/v1/me").json()["display_name"] == ("Ana" if is_verified else None)
    assert member.request("GET", "/v1/me/consents/health_data").json()["granted"] is is_verified


def test_owner_signs_in_after_reset_during_attack(service: Service) -> None:
    member = service.register_verified()
    other_network, stranger = from_network(service, "203.0.113.7"), from_network(service, "198.51.100.7")
    reset_password(other_network, request_reset_token(service, member.email))
    for _ in range(9):
        post(stranger, LOGIN_PATH, {"email": member.email, "password": "wrong"})

    assert post(other_network, LOGIN_PATH, {"email": member.email, "password": NEW_PASSWORD}).status_code == 200


def test_concurrent_resets_with_one_token_succeed_once(service: Service) -> None:
    token = request_reset_token(service, service.register_verified().email)

    with ThreadPoolExecutor(4) as pool:
        responses = list(pool.map(lambda n: reset_password(service.client, token, f"{NEW_PASSWORD} {n}"), range(4)))

    assert sorted(response.status_code for response in responses) == [204] + [422] * 3
    assert reset_password(service.client, token).json()["code"] == "token_not_good"


def test_concurrent_identical_resets_all_succeed(make_service: MakeService) -> None:
    service = make_service(passwords_at_once=4)
    token = request_reset_token(service, service.register_verified().email)

    with ThreadPoolExecutor(4) as pool:
        responses = list(pool.map(lambda _: reset_password(service.client, token), range(4)))

    assert [response.status_code for response in responses] == [204] * 4


def test_used_reset_token_does_not_reveal_password(service: Service) -> None:
    token = request_reset_token(service, service.register_verified().email)
    assert reset_password(service.client, token).status_code == 204

    guesses = [reset_password(service.client, token, f"{NEW_PASSWORD} {number}").status_code for number in range(7)]

    assert guesses == [422] * 5 + [429] * 2


@pytest.mark.parametrize(("minutes", "status"), [(59, 204), (60, 422)])
def test_reset_token_expires_after_one_hour(service: Service, minutes: int, status: int) -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        token = request_reset_token(service, service.register().email)
        clock.shift(timedelta(minutes=minutes))

        assert reset_password(service.client, token).status_code == status


def test_reset_with_weak_password_does_not_consume_token(service: Service) -> None:
    token = request_reset_token(service, service.register("ophelia.marlborough@example.org").email)

    for password in ("password1234", "ophelia.marlborough"):
        weak = reset_password(service.client, token, password)

        assert (weak.status_code, weak.json()["code"]) == (422, "weak_password")
    assert reset_password(service.client, token).status_code == 204


def test_reset_invalidates_other_tokens(service: Service) -> None:
    member = service.register_verified()
    change_token = request_change_token(service, member)
    first, second = request_reset_token(service, member.email), request_reset_token(service, member.email)

    assert reset_password(service.client, second).status_code == 204

    assert reset_password(service.client, first).status_code == 422
    member.password = NEW_PASSWORD
    member.sign_in()
    assert verify_email(member, change_token).status_code == 422
    assert member.request("GET", "/v1/me").json()["email"] == member.email


def test_tokens_of_other_purposes_are_rejected(service: Service) -> None:
    member = service.register()
    verification_token, reset_token = (
        newest_email_token(service, member.email),
        request_reset_token(service, member.email),
    )

    assert reset_password(service.client, verification_token).status_code == 422
    assert verify_email(member, reset_token).status_code == 422
    assert verify_email(member, verification_token).status_code == 204
    assert reset_password(service.client, request_change_token(service, member)).status_code == 422
    assert '"password_reset_asked"' in member.request("GET", "/v1/me/export").text
    assert reset_password(service.client, reset_token).status_code == 204  # was not affected by the confirmation


def test_forgot_sends_three_emails_an_hour_and_ten_a_day(service: Service) -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        address, emails = service.register_verified().email, []
        for _ in range(5):
            for _ in range(5):
                assert post(service.client, FORGOT_PATH, {"email": address}).status_code == 202
            emails.append(len(service.sent_emails(to=address)) - 1)
            clock.shift(timedelta(hours=1))
        assert emails == [3, 6, 9, 10, 10]
        clock.move_to(NOON + timedelta(days=1, seconds=-1))  # the last link works until the next email can be sent
        assert reset_password(service.client, newest_email_token(service, address)).status_code == 204


def test_reset_with_malformed_token_returns_422(service: Service) -> None:
    for token in ("x", "A" * 64, "A" * 68, "A" * 62 + "=="):
        response = reset_password(service.client, token)

        assert (response.status_code, response.json()["code"]) == (422, "token_not_good"), token
        assert response.json()["errors"][0]["pointer"] == "/token"
