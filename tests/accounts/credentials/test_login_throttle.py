"""Guessing is slowed for all processes together, alike for every address, and never locks the owner out for good."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from starlette.testclient import TestClient

from tests.conftest import MakeService
from tests.factories.services import PASSWORD, Person, Service, post

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
LOGIN = "/v1/auth/login"


def from_network(service: Service, host: str) -> TestClient:
    """A client somewhere else."""
    return TestClient(service.app, base_url="http://api.test", client=(host, 50000), raise_server_exceptions=False)


def tried(client: TestClient, address: str, password: str = "wrong") -> tuple[int, str]:
    reply = post(client, LOGIN, {"email": address, "password": password})
    return reply.status_code, reply.json().get("code", "")


def test_the_sixth_guess_in_a_row_has_to_wait(service: Service) -> None:
    address = service.register().address
    stranger = from_network(service, "203.0.113.7")
    assert [tried(stranger, address) for _ in range(5)] == [(401, "wrong_credentials")] * 5

    reply = post(stranger, LOGIN, {"email": address, "password": PASSWORD})

    assert (reply.status_code, reply.json()["code"]) == (429, "too_many_attempts")
    assert 1 <= int(reply.headers["Retry-After"]) <= 30


def test_unknown_addresses_are_slowed_alike(service: Service) -> None:
    known = service.register().address
    stranger = from_network(service, "203.0.113.7")

    def answers(address: str) -> list[tuple[int, bytes]]:
        replies = [post(stranger, LOGIN, {"email": address, "password": "wrong"}) for _ in range(7)]
        return [(reply.status_code, reply.content) for reply in replies]

    assert answers(known) == answers("nobody@example.org")


def test_waits_double_up_to_the_most_and_are_forgotten_after_a_day(make_service: MakeService) -> None:
    service = make_service(guesses_free=2, guesses_max_wait=200)
    with time_machine.travel(NOON, tick=False) as clock:
        stranger = from_network(service, "203.0.113.7")
        waits = []
        assert [tried(stranger, "nobody@example.org")[0] for _ in range(2)] == [401, 401]
        for _ in range(5):
            reply = post(stranger, LOGIN, {"email": "nobody@example.org", "password": "wrong"})
            waits.append(int(reply.headers["Retry-After"]))
            clock.shift(timedelta(seconds=waits[-1] - 1))
            assert tried(stranger, "nobody@example.org") == (429, "too_many_attempts")
            clock.shift(timedelta(seconds=1))
            assert tried(stranger, "nobody@example.org") == (401, "wrong_credentials")
        assert waits == [30, 60, 120, 200, 200]
        clock.shift(timedelta(days=1))
        assert [tried(stranger, "nobody@example.org")[0] for _ in range(2)] == [401, 401]


def test_the_owner_gets_in_where_they_got_in_before_whatever_a_stranger_does(service: Service) -> None:
    owner = service.register()
    stranger = from_network(service, "203.0.113.7")
    for _ in range(20):
        tried(stranger, owner.address)

    assert owner.sign_in().status_code == 200
    assert tried(stranger, owner.address, PASSWORD)[0] == 429


def test_guessing_from_the_owners_own_network_is_slowed_too(service: Service) -> None:
    owner = service.register()

    assert [tried(service.client, owner.address)[0] for _ in range(6)] == [401] * 5 + [429]


def test_the_right_password_counts_again_after_the_wait(service: Service) -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        owner = service.register()
        stranger = from_network(service, "203.0.113.7")
        for _ in range(6):
            tried(stranger, owner.address)
        clock.shift(timedelta(seconds=30))

        assert tried(stranger, owner.address, PASSWORD)[0] == 200


@pytest.mark.parametrize("is_known", [True, False])
def test_many_guesses_at_once_do_not_get_past(service: Service, *, is_known: bool) -> None:
    address = service.register().address if is_known else "nobody@example.org"

    with ThreadPoolExecutor(20) as pool:
        statuses = list(pool.map(lambda _: tried(service.client, address)[0], range(20)))

    assert sorted(statuses) == [401] * 5 + [429] * 15


def test_guesses_are_counted_for_all_processes_together(make_service: MakeService, service: Service) -> None:
    address = service.register().address
    other = make_service(service.settings.database)
    here, there = from_network(service, "203.0.113.7"), from_network(other, "203.0.113.7")

    statuses = [tried(client, address)[0] for client in (here, there, here, there, here, there)]

    assert statuses == [401] * 5 + [429]


def test_a_network_that_tries_many_accounts_is_slowed(make_service: MakeService) -> None:
    service = make_service(network_guesses=10)
    with time_machine.travel(NOON, tick=False) as clock:
        stranger = from_network(service, "2001:db8::1")
        statuses = [tried(stranger, f"person-{n}@example.org")[0] for n in range(11)]
        neighbour = from_network(service, "2001:db8::ffff")  # of the same /64

        assert statuses == [401] * 10 + [429]
        assert tried(neighbour, "someone@example.org")[0] == 429
        assert tried(from_network(service, "2001:db8:0:1::1"), "someone@example.org")[0] == 401
        clock.shift(timedelta(minutes=10))
        assert tried(stranger, "someone@example.org")[0] == 401


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("PUT", "/v1/me/password", {"current_password": "wrong", "new_password": "two birds on a wire"}),
        ("PUT", "/v1/me/email", {"current_password": "wrong", "email": "new@example.org"}),
        ("DELETE", "/v1/me", {"password": "wrong"}),
        ("DELETE", "/v1/me/health-data", {"password": "wrong"}),
    ],
)
def test_a_password_cannot_be_guessed_with_a_stolen_token_either(
    service: Service, method: str, path: str, body: dict[str, str]
) -> None:
    person = service.register()

    replies = [person.ask(method, path, body) for _ in range(6)]

    assert [reply.status_code for reply in replies] == [403] * 5 + [429]
    assert {reply.json()["code"] for reply in replies[:5]} == {"wrong_password"}
    assert person.ask("GET", "/v1/me").status_code == 200


def test_signing_in_right_takes_nothing_from_the_free_tries(service: Service) -> None:
    person = service.register()

    assert [Person(service.client, person.address).sign_in().status_code for _ in range(12)] == [200] * 12


def test_many_devices_that_sign_in_at_once_never_wait_for_each_other(make_service: MakeService) -> None:
    service = make_service(passwords_at_once=16, sign_ins_a_minute=1000, guesses_free=100)
    people = [service.register() for _ in range(2)]

    def sign_in(n: int) -> int:
        return Person(service.client, people[n % 2].address, PASSWORD if n % 3 else "wrong").sign_in().status_code

    with ThreadPoolExecutor(16) as pool:
        statuses = list(pool.map(sign_in, range(96)))

    assert statuses == [200 if n % 3 else 401 for n in range(96)]


def test_a_clock_that_was_ahead_locks_nobody_out(service: Service) -> None:
    with time_machine.travel(NOON + timedelta(days=400), tick=False) as clock:
        stranger = from_network(service, "203.0.113.7")
        for _ in range(7):
            tried(stranger, "nobody@example.org")
        clock.move_to(NOON)

        assert [tried(stranger, "nobody@example.org")[0] for _ in range(6)] == [401] * 5 + [429]
        clock.shift(timedelta(seconds=30))
        assert tried(stranger, "nobody@example.org")[0] == 401
