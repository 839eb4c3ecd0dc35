"""Getting back in by mail: alike for every address, once, for an hour; it ends what somebody else began."""

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from starlette.testclient import TestClient

from tests.conftest import MakeService
from tests.factories.services import PASSWORD, Person, Service, post, token_in

FORGOT, RESET = "/v1/auth/password/forgot", "/v1/auth/password/reset"
NEW = "two birds on a wire"
NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)


def asked(service: Service, address: str) -> str:
    """The token of the link that was mailed."""
    assert post(service.client, FORGOT, {"email": address}).status_code == 202
    return token_in(service.mails(to=address)[-1])


@pytest.mark.parametrize("host", ["203.0.113.7", "testclient"], ids=["abroad", "at home"])
def test_a_new_password_ends_the_waiting_wherever_somebody_is(service: Service, host: str) -> None:
    person = service.register()
    client = TestClient(service.app, base_url="http://api.test", client=(host, 50000))
    for _ in range(7):
        post(client, "/v1/auth/login", {"email": person.address, "password": "wrong"})
    token = asked(service, person.address)

    assert post(client, RESET, {"token": token, "password": NEW}).status_code == 204

    assert post(client, "/v1/auth/login", {"email": person.address, "password": NEW}).status_code == 200


def test_every_address_is_answered_alike_and_only_a_known_one_is_mailed(service: Service) -> None:
    known = service.register().address
    service.mails()

    replies = [post(service.client, FORGOT, {"email": each}) for each in (known, known.upper(), "nobody@example.org")]

    assert {(reply.status_code, reply.content) for reply in replies} == {(202, b"{}")}
    assert [mail["To"] for mail in service.mails() if mail["Subject"] == "Set a new password"] == [known, known]


def test_no_answer_comes_sooner_than_another_could(make_service: MakeService) -> None:
    service = make_service(min_answer_milliseconds=150)
    asking = {"email": "nobody@example.org"}
    signing_up = {"email": "nobody@example.org", "password": PASSWORD}

    for path, body in ((FORGOT, asking), ("/v1/auth/register", signing_up), ("/v1/auth/register", signing_up)):
        begun = time.monotonic()
        assert post(service.client, path, body).status_code == 202
        assert time.monotonic() - begun >= 0.15


def test_a_new_password_is_set_by_the_link_and_ends_all_sessions(service: Service) -> None:
    person = service.register()
    token = asked(service, person.address)

    assert post(service.client, RESET, {"token": token, "password": NEW}).status_code == 204

    assert person.ask("GET", "/v1/me").status_code == 401
    assert person.renew().status_code == 401
    assert person.sign_in().status_code == 401
    person.password = NEW
    assert person.sign_in().status_code == 200
    assert person.ask("GET", "/v1/me").json()["email_verified"] is True


def test_what_a_stranger_said_and_agreed_to_does_not_bind_the_owner(service: Service) -> None:
    health = {"purpose": "health_data", "granted": True, "version": "1"}
    service.register("ana@example.org", display_name="Stranger", consents=[health])
    post(service.client, RESET, {"token": asked(service, "ana@example.org"), "password": NEW})
    owner = Person(service.client, "ana@example.org", NEW)
    owner.sign_in()

    assert owner.ask("GET", "/v1/me").json()["display_name"] is None
    assert owner.ask("GET", "/v1/me/consents/health_data").json()["granted"] is False


def test_a_reset_of_a_confirmed_account_keeps_what_was_agreed_to(service: Service) -> None:
    health = {"purpose": "health_data", "granted": True, "version": "1"}
    person = service.register_verified("ana@example.org", display_name="Ana", consents=[health])
    post(service.client, RESET, {"token": asked(service, "ana@example.org"), "password": NEW})
    person.password = NEW
    person.sign_in()

    assert person.ask("GET", "/v1/me").json()["display_name"] == "Ana"
    assert person.ask("GET", "/v1/me/consents/health_data").json()["granted"] is True


def test_the_owner_gets_in_after_a_reset_while_a_stranger_goes_on_guessing(service: Service) -> None:
    person = service.register()
    abroad = TestClient(service.app, base_url="http://api.test", client=("203.0.113.7", 50000))
    stranger = TestClient(service.app, base_url="http://api.test", client=("198.51.100.7", 50000))
    post(abroad, RESET, {"token": asked(service, person.address), "password": NEW})
    for _ in range(9):
        post(stranger, "/v1/auth/login", {"email": person.address, "password": "wrong"})

    assert post(abroad, "/v1/auth/login", {"email": person.address, "password": NEW}).status_code == 200


def test_a_link_works_once(service: Service) -> None:
    token = asked(service, service.register().address)

    assert post(service.client, RESET, {"token": token, "password": NEW}).status_code == 204
    again = post(service.client, RESET, {"token": token, "password": "three fish in the sea"})

    assert (again.status_code, again.json()["code"]) == (422, "token_not_good")


def test_of_many_who_use_a_link_at_once_one_succeeds(service: Service) -> None:
    token = asked(service, service.register().address)

    with ThreadPoolExecutor(8) as pool:
        statuses = list(
            pool.map(
                lambda n: post(service.client, RESET, {"token": token, "password": f"{NEW} {n}"}).status_code, range(8)
            )
        )

    assert sorted(statuses) == [204] + [422] * 7


@pytest.mark.parametrize(("minutes", "status"), [(59, 204), (60, 422)])
def test_a_link_works_for_an_hour(service: Service, minutes: int, status: int) -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        token = asked(service, service.register().address)
        clock.shift(timedelta(minutes=minutes))

        assert post(service.client, RESET, {"token": token, "password": NEW}).status_code == status


def test_a_weak_password_does_not_use_up_the_link(service: Service) -> None:
    token = asked(service, service.register().address)

    weak = post(service.client, RESET, {"token": token, "password": "password1234"})

    assert (weak.status_code, weak.json()["code"]) == (422, "weak_password")
    assert post(service.client, RESET, {"token": token, "password": NEW}).status_code == 204


def test_a_reset_ends_the_other_links_too(service: Service) -> None:
    person = service.register_verified()
    change = {"email": "ana.new@example.org", "current_password": PASSWORD}
    person.ask("PUT", "/v1/me/email", change)
    moving = token_in(service.mails(to="ana.new@example.org")[-1])
    first, second = asked(service, person.address), asked(service, person.address)

    assert post(service.client, RESET, {"token": second, "password": NEW}).status_code == 204

    assert post(service.client, RESET, {"token": first, "password": NEW}).status_code == 422
    person.password = NEW
    person.sign_in()
    assert person.ask("POST", "/v1/auth/verify-email", {"token": moving}).status_code == 422
    assert person.ask("GET", "/v1/me").json()["email"] == person.address


def test_whoever_reads_the_mail_wins_over_a_stranger_who_signed_up_with_the_address(service: Service) -> None:
    stranger = service.register("ana@example.org")
    token = asked(service, "ana@example.org")

    post(service.client, RESET, {"token": token, "password": NEW})

    assert stranger.ask("GET", "/v1/me").status_code == 401
    assert stranger.sign_in().status_code == 401
    assert Person(service.client, "ana@example.org", NEW).sign_in().status_code == 200


@pytest.mark.parametrize("purpose", ["verify", "move"])
def test_a_link_for_something_else_sets_no_password(service: Service, purpose: str) -> None:
    person = service.register()
    token = token_in(service.mails(to=person.address)[-1])
    if purpose == "move":
        person.ask("POST", "/v1/auth/verify-email", {"token": token})
        person.ask("PUT", "/v1/me/email", {"email": "ana.new@example.org", "current_password": PASSWORD})
        token = token_in(service.mails(to="ana.new@example.org")[-1])

    assert post(service.client, RESET, {"token": token, "password": NEW}).status_code == 422


def test_a_link_to_set_a_password_confirms_no_address(service: Service) -> None:
    person = service.register()
    token = asked(service, person.address)

    assert person.ask("POST", "/v1/auth/verify-email", {"token": token}).status_code == 422


def test_asking_a_hundred_times_sends_five_mails_an_hour(service: Service) -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        address = service.register().address
        for _ in range(100):
            assert post(service.client, FORGOT, {"email": address}).status_code == 202
        assert len(service.mails(to=address)) == 5
        clock.shift(timedelta(hours=1))
        post(service.client, FORGOT, {"email": address})
        assert len(service.mails(to=address)) == 6


@pytest.mark.parametrize("token", ["x", "A" * 64, "A" * 63, "A" * 200, "=" * 64, "A" * 62 + "=="])
def test_what_was_never_a_token_is_refused(service: Service, token: str) -> None:
    reply = post(service.client, RESET, {"token": token, "password": NEW})

    assert (reply.status_code, reply.json()["code"]) == (422, "token_not_good")
    assert reply.json()["errors"][0]["pointer"] == "/token"
