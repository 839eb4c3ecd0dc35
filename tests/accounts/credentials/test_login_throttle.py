"""Tests for the sign-in throttle: failed attempts are limited across processes, and no account is locked forever."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import delete
from sqlmodel import col
from starlette.testclient import TestClient

from app.accounts.credentials.login_throttle import ATTEMPT
from app.accounts.models import AttemptCounter
from tests.conftest import MakeService
from tests.factories.accounts import (
    NEW_ADDRESS,
    NOON,
    from_network,
    request_change_token,
    request_reset_token,
    reset_password,
    verify_email,
)
from tests.factories.services import PASSWORD, MemberClient, Service, post

LOGIN = "/v1/auth/login"


def attempt(client: TestClient, address: str, password: str = "wrong") -> tuple[int, str]:
    response = post(client, LOGIN, {"email": address, "password": password})
    return response.status_code, response.json().get("code", "")


def test_sixth_failed_attempt_returns_429_until_wait_is_over(service: Service) -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        address = service.register().email
        stranger = from_network(service, "203.0.113.7")
        assert [attempt(stranger, address) for _ in range(5)] == [(401, "wrong_credentials")] * 5

        response = post(stranger, LOGIN, {"email": address, "password": PASSWORD})
        assert (response.status_code, response.json()["code"]) == (429, "too_many_attempts")
        assert response.headers["Retry-After"] == "30"

        clock.shift(timedelta(seconds=30))
        assert attempt(stranger, address, PASSWORD)[0] == 200


def test_unknown_address_is_throttled_like_known_address(service: Service) -> None:
    known = service.register().email
    stranger = from_network(service, "203.0.113.7")

    def login_responses(address: str) -> list[tuple[int, bytes]]:
        responses = [post(stranger, LOGIN, {"email": address, "password": "wrong"}) for _ in range(7)]
        return [(response.status_code, response.content) for response in responses]

    assert login_responses(known) == login_responses("nobody@example.org")


def test_waits_double_up_to_maximum_and_reset_after_one_day(make_service: MakeService) -> None:
    service = make_service(guesses_free=2, guesses_max_wait=200)
    with time_machine.travel(NOON, tick=False) as clock:
        stranger = from_network(service, "203.0.113.7")
        waits = []
        assert [attempt(stranger, "nobody@example.org")[0] for _ in range(2)] == [401, 401]
        for _ in range(5):
            response = post(stranger, LOGIN, {"email": "nobody@example.org", "password": "wrong"})
            waits.append(int(response.headers["Retry-After"]))
            clock.shift(timedelta(seconds=waits[-1] - 1))
            assert attempt(stranger, "nobody@example.org") == (429, "too_many_attempts")
            clock.shift(timedelta(seconds=1))
            assert attempt(stranger, "nobody@example.org") == (401, "wrong_credentials")
        assert waits == [30, 60, 120, 200, 200]
        clock.shift(timedelta(days=1))
        assert [attempt(stranger, "nobody@example.org")[0] for _ in range(2)] == [401, 401]


@pytest.mark.parametrize("host", ["testclient", "198.51.100.7"], ids=["known network", "new network"])
def test_owner_signs_in_from_other_network_during_attack(service: Service, host: str) -> None:
    address = service.register().email
    stranger, owner = from_network(service, "203.0.113.7"), from_network(service, host)
    for _ in range(20):
        attempt(stranger, address)
    assert attempt(stranger, address, PASSWORD)[0] == 429

    assert attempt(owner, address, PASSWORD)[0] == 200


def test_attempts_from_unknown_networks_are_limited_together(make_service: MakeService) -> None:
    service = make_service(account_guesses=7)
    owner = service.register()
    for _ in range(4):  # from a known network, which has its own counter
        attempt(service.client, owner.email)

    statuses = [attempt(from_network(service, f"203.0.113.{n}"), owner.email)[0] for n in range(9)]

    assert statuses == [401] * 7 + [429] * 2
    assert owner.sign_in().status_code == 200


@pytest.mark.parametrize("is_known", [True, False])
def test_concurrent_attempts_do_not_exceed_limit(service: Service, *, is_known: bool) -> None:
    address = service.register().email if is_known else "nobody@example.org"

    with ThreadPoolExecutor(20) as pool:
        statuses = list(pool.map(lambda _: attempt(service.client, address)[0], range(20)))

    assert sorted(statuses) == [401] * 5 + [429] * 15


def test_attempts_are_counted_across_processes(make_service: MakeService, service: Service) -> None:
    address = service.register().email
    other_service = make_service(service.settings.database)
    first_client, second_client = from_network(service, "203.0.113.7"), from_network(other_service, "203.0.113.7")

    statuses = [
        attempt(client, address)[0]
        for client in (first_client, second_client, first_client, second_client, first_client, second_client)
    ]

    assert statuses == [401] * 5 + [429]


def test_network_that_tries_many_accounts_is_throttled(make_service: MakeService) -> None:
    service = make_service(network_guesses=10)
    with time_machine.travel(NOON, tick=False) as clock:
        stranger = from_network(service, "2001:db8::1")
        statuses = [attempt(stranger, f"person-{n}@example.org")[0] for n in range(11)]
        neighbour = from_network(service, "2001:db8::ffff")  # in the same /64 network

        assert statuses == [401] * 10 + [429]
        assert attempt(neighbour, "someone@example.org")[0] == 429
        assert attempt(from_network(service, "2001:db8:0:1::1"), "someone@example.org")[0] == 401
        clock.shift(timedelta(minutes=10))
        assert attempt(stranger, "someone@example.org")[0] == 401


def test_password_endpoints_throttle_attempts_with_stolen_token(service: Service) -> None:
    for method, path, body in (
        ("PUT", "/v1/me/password", {"current_password": "wrong", "new_password": "two birds on a wire"}),
        ("PUT", "/v1/me/email", {"current_password": "wrong", "email": "new@example.org"}),
        ("DELETE", "/v1/me", {"password": "wrong"}),
        ("POST", "/v1/me/erase", {"password": "wrong"}),
        ("POST", "/v1/auth/reauthenticate", {"password": "wrong"}),
        ("DELETE", "/v1/me/health-data", {"password": "wrong"}),
    ):
        member = service.register()

        responses = [member.request(method, path, body) for _ in range(6)]

        assert [response.status_code for response in responses] == [403] * 5 + [429], (method, path)
        assert {response.json()["code"] for response in responses[:5]} == {"wrong_password"}
        assert member.request("GET", "/v1/me").status_code == 200


def test_success_of_another_member_resets_no_attempts(make_service: MakeService) -> None:
    service = make_service(network_guesses=6)
    victim, other = service.register_verified(), service.register_verified()
    first, second = from_network(service, "203.0.113.7"), from_network(service, "198.51.100.7")
    for n in range(6):
        statuses = [attempt(client, victim.email)[0] for client in (service.client, first)]
        attempt(second, f"nobody-{n}@example.org")
    assert statuses == [429, 429]

    assert attempt(from_network(service, "192.0.2.7"), other.email, PASSWORD)[0] == 200
    assert verify_email(other, request_change_token(service, other)).status_code == 204
    assert reset_password(service.client, request_reset_token(service, NEW_ADDRESS)).status_code == 204

    for client, address in ((service.client, victim.email), (first, victim.email), (second, "nobody@example.org")):
        assert attempt(client, address)[0] == 429


def test_successful_sign_ins_do_not_use_free_attempts(make_service: MakeService) -> None:
    service = make_service(network_guesses=5)
    member = service.register()

    assert [MemberClient(service.client, member.email).sign_in().status_code for _ in range(12)] == [200] * 12


def test_concurrent_sign_ins_do_not_deadlock(make_service: MakeService) -> None:
    service = make_service(passwords_at_once=16, sign_ins_a_minute=1000, guesses_free=100)
    members = [service.register() for _ in range(2)]

    def sign_in(n: int) -> int:
        return MemberClient(service.client, members[n % 2].email, PASSWORD if n % 3 else "wrong").sign_in().status_code

    with ThreadPoolExecutor(16) as pool:
        statuses = list(pool.map(sign_in, range(48)))

    assert statuses == [200 if n % 3 else 401 for n in range(48)]


def test_concurrent_sign_ins_from_forgotten_network_do_not_deadlock(make_service: MakeService) -> None:
    service = make_service(passwords_at_once=4, sign_ins_a_minute=1000)
    member = service.register()

    with ThreadPoolExecutor(4) as pool:
        for _ in range(8):
            with service.database.transaction() as session:
                session.execute(delete(AttemptCounter).where(col(AttemptCounter.kind) == ATTEMPT))
            statuses = list(pool.map(lambda _: attempt(service.client, member.email, PASSWORD)[0], range(4)))
            assert statuses == [200] * 4


def test_attempts_with_future_timestamps_do_not_lock_out(service: Service) -> None:
    with time_machine.travel(NOON + timedelta(days=400), tick=False) as clock:
        stranger = from_network(service, "203.0.113.7")
        for _ in range(7):
            attempt(stranger, "nobody@example.org")
        clock.move_to(NOON)

        assert [attempt(stranger, "nobody@example.org")[0] for _ in range(6)] == [401] * 5 + [429]
        clock.shift(timedelta(seconds=30))
        assert attempt(stranger, "nobody@example.org")[0] == 401
