"""Tests for resetting a forgotten password: single-use tokens, and responses that don't reveal who has an account."""

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from starlette.testclient import TestClient

from tests.conftest import MakeService
from tests.factories.services import PASSWORD, MemberClient, Service, post, token_from_email

FORGOT, RESET = "/v1/auth/password/forgot", "/v1/auth/password/reset"
NEW_PASSWORD = "two birds on a wire"
NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)


def request_token(service: Service, address: str) -> str:
    """Request a password reset and return the token from the emailed link."""
    assert post(service.client, FORGOT, {"email": address}).status_code == 202
    return token_from_email(service.sent_emails(to=address)[-1])


@pytest.mark.parametrize("host", ["203.0.113.7", "testclient"], ids=["other network", "known network"])
def test_reset_clears_throttle_on_any_network(service: Service, host: str) -> None:
    member = service.register()
    client = TestClient(service.app, base_url="http://api.test", client=(host, 50000))
    for _ in range(7):
        post(client, "/v1/auth/login", {"email": member.email, "password": "wrong"})
    token = request_token(service, member.email)

    assert post(client, RESET, {"token": token, "password": NEW_PASSWORD}).status_code == 204

    assert post(client, "/v1/auth/login", {"email": member.email, "password": NEW_PASSWORD}).status_code == 200


def test_forgot_returns_same_response_and_emails_only_known_address(service: Service) -> None:
    known = service.register().email
    service.sent_emails()

    responses = [
        post(service.client, FORGOT, {"email": address}) for address in (known, known.upper(), "nobody@example.org")
    ]

    assert {(response.status_code, response.content) for response in responses} == {(202, b"{}")}
    assert [mail["To"] for mail in service.sent_emails() if mail["Subject"] == "Set a new password"] == [known, known]


def test_uniform_responses_take_minimum_time(make_service: MakeService) -> None:
    service = make_service(min_answer_milliseconds=150)
    forgot_body = {"email": "nobody@example.org"}
    register_body = {"email": "nobody@example.org", "password": PASSWORD}

    for path, body in (
        (FORGOT, forgot_body),
        ("/v1/auth/register", register_body),
        ("/v1/auth/register", register_body),
    ):
        started = time.monotonic()
        assert post(service.client, path, body).status_code == 202
        assert time.monotonic() - started >= 0.15


def test_reset_sets_password_and_ends_all_sessions(service: Service) -> None:
    member = service.register()
    token = request_token(service, member.email)

    assert post(service.client, RESET, {"token": token, "password": NEW_PASSWORD}).status_code == 204

    assert member.request("GET", "/v1/me").status_code == 401
    assert member.refresh_session().status_code == 401
    assert member.sign_in().status_code == 401
    member.password = NEW_PASSWORD
    assert member.sign_in().status_code == 200
    assert member.request("GET", "/v1/me").json()["email_verified"] is True


def test_reset_of_unverified_account_clears_name_and_consents(service: Service) -> None:
    consent = {"purpose": "health_data", "granted": True, "version": "1"}
    service.register("ana@example.org", display_name="Stranger", consents=[consent])
    post(service.client, RESET, {"token": request_token(service, "ana@example.org"), "password": NEW_PASSWORD})
    owner = MemberClient(service.client, "ana@example.org", NEW_PASSWORD)
    owner.sign_in()

    assert owner.request("GET", "/v1/me").json()["display_name"] is None
    assert owner.request("GET", "/v1/me/consents/health_data").json()["granted"] is False


def test_reset_of_verified_account_preserves_name_and_consents(service: Service) -> None:
    consent = {"purpose": "health_data", "granted": True, "version": "1"}
    member = service.register_verified("ana@example.org", display_name="Ana", consents=[consent])
    post(service.client, RESET, {"token": request_token(service, "ana@example.org"), "password": NEW_PASSWORD})
    member.password = NEW_PASSWORD
    member.sign_in()

    assert member.request("GET", "/v1/me").json()["display_name"] == "Ana"
    assert member.request("GET", "/v1/me/consents/health_data").json()["granted"] is True


def test_owner_signs_in_after_reset_during_attack(service: Service) -> None:
    member = service.register()
    other_network = TestClient(service.app, base_url="http://api.test", client=("203.0.113.7", 50000))
    stranger = TestClient(service.app, base_url="http://api.test", client=("198.51.100.7", 50000))
    post(other_network, RESET, {"token": request_token(service, member.email), "password": NEW_PASSWORD})
    for _ in range(9):
        post(stranger, "/v1/auth/login", {"email": member.email, "password": "wrong"})

    assert post(other_network, "/v1/auth/login", {"email": member.email, "password": NEW_PASSWORD}).status_code == 200


def test_reset_with_used_token_returns_422(service: Service) -> None:
    token = request_token(service, service.register().email)

    assert post(service.client, RESET, {"token": token, "password": NEW_PASSWORD}).status_code == 204
    repeated = post(service.client, RESET, {"token": token, "password": "three fish in the sea"})

    assert (repeated.status_code, repeated.json()["code"]) == (422, "token_not_good")


def test_concurrent_resets_with_one_token_succeed_once(service: Service) -> None:
    token = request_token(service, service.register().email)

    with ThreadPoolExecutor(8) as pool:
        statuses = list(
            pool.map(
                lambda n: post(service.client, RESET, {"token": token, "password": f"{NEW_PASSWORD} {n}"}).status_code,
                range(8),
            )
        )

    assert sorted(statuses) == [204] + [422] * 7


@pytest.mark.parametrize(("minutes", "status"), [(59, 204), (60, 422)])
def test_reset_token_expires_after_one_hour(service: Service, minutes: int, status: int) -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        token = request_token(service, service.register().email)
        clock.shift(timedelta(minutes=minutes))

        assert post(service.client, RESET, {"token": token, "password": NEW_PASSWORD}).status_code == status


def test_reset_with_weak_password_does_not_consume_token(service: Service) -> None:
    token = request_token(service, service.register().email)

    weak = post(service.client, RESET, {"token": token, "password": "password1234"})

    assert (weak.status_code, weak.json()["code"]) == (422, "weak_password")
    assert post(service.client, RESET, {"token": token, "password": NEW_PASSWORD}).status_code == 204


def test_reset_invalidates_other_tokens(service: Service) -> None:
    member = service.register_verified()
    change = {"email": "ana.new@example.org", "current_password": PASSWORD}
    member.request("PUT", "/v1/me/email", change)
    change_token = token_from_email(service.sent_emails(to="ana.new@example.org")[-1])
    first, second = request_token(service, member.email), request_token(service, member.email)

    assert post(service.client, RESET, {"token": second, "password": NEW_PASSWORD}).status_code == 204

    assert post(service.client, RESET, {"token": first, "password": NEW_PASSWORD}).status_code == 422
    member.password = NEW_PASSWORD
    member.sign_in()
    assert member.request("POST", "/v1/auth/verify-email", {"token": change_token}).status_code == 422
    assert member.request("GET", "/v1/me").json()["email"] == member.email


def test_reset_takes_account_from_stranger_who_registered_address(service: Service) -> None:
    stranger = service.register("ana@example.org")
    token = request_token(service, "ana@example.org")

    post(service.client, RESET, {"token": token, "password": NEW_PASSWORD})

    assert stranger.request("GET", "/v1/me").status_code == 401
    assert stranger.sign_in().status_code == 401
    assert MemberClient(service.client, "ana@example.org", NEW_PASSWORD).sign_in().status_code == 200


@pytest.mark.parametrize("purpose", ["verify", "move"])
def test_reset_with_token_of_other_purpose_returns_422(service: Service, purpose: str) -> None:
    member = service.register()
    token = token_from_email(service.sent_emails(to=member.email)[-1])
    if purpose == "move":
        member.request("POST", "/v1/auth/verify-email", {"token": token})
        member.request("PUT", "/v1/me/email", {"email": "ana.new@example.org", "current_password": PASSWORD})
        token = token_from_email(service.sent_emails(to="ana.new@example.org")[-1])

    assert post(service.client, RESET, {"token": token, "password": NEW_PASSWORD}).status_code == 422


def test_verify_email_with_reset_token_returns_422(service: Service) -> None:
    member = service.register()
    token = request_token(service, member.email)

    assert member.request("POST", "/v1/auth/verify-email", {"token": token}).status_code == 422


def test_forgot_sends_at_most_five_emails_per_hour(service: Service) -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        address = service.register().email
        for _ in range(100):
            assert post(service.client, FORGOT, {"email": address}).status_code == 202
        assert len(service.sent_emails(to=address)) == 5
        clock.shift(timedelta(hours=1))
        post(service.client, FORGOT, {"email": address})
        assert len(service.sent_emails(to=address)) == 6


@pytest.mark.parametrize("token", ["x", "A" * 64, "A" * 63, "A" * 200, "=" * 64, "A" * 62 + "=="])
def test_reset_with_malformed_token_returns_422(service: Service, token: str) -> None:
    response = post(service.client, RESET, {"token": token, "password": NEW_PASSWORD})

    assert (response.status_code, response.json()["code"]) == (422, "token_not_good")
    assert response.json()["errors"][0]["pointer"] == "/token"
