"""Signing up: alike for everybody, once per address, and at once good for signing in."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlmodel import col, func, select

from app.accounts.models import Member, MemberConsent
from tests.factories.services import PASSWORD, Person, Service, post, token_in

REGISTER = "/v1/auth/register"
ANA = {"email": "ana@example.org", "password": PASSWORD}


def members(service: Service) -> int:
    with service.database.transaction() as session:
        return session.scalar(select(func.count()).select_from(Member)) or 0


def test_who_signs_up_can_sign_in_at_once(service: Service) -> None:
    reply = post(service.client, REGISTER, ANA | {"display_name": "Ana", "time_zone": "Europe/Dublin"})

    assert (reply.status_code, reply.json()) == (202, {})
    ana = Person(service.client, "ana@example.org")
    assert ana.sign_in().status_code == 200
    me = ana.ask("GET", "/v1/me").json()
    assert (me["email"], me["email_verified"], me["display_name"]) == ("ana@example.org", False, "Ana")
    assert (me["time_zone"], me["language"]) == ("Europe/Dublin", "en")


def test_a_known_address_is_answered_alike_and_told_by_mail(service: Service) -> None:
    first = post(service.client, REGISTER, ANA)
    second = post(service.client, REGISTER, {"email": "ANA@example.org", "password": "another kettle sings outside"})

    assert (first.status_code, first.content) == (second.status_code, second.content)
    assert {name: value for name, value in first.headers.items() if name != "x-request-id"} == {
        name: value for name, value in second.headers.items() if name != "x-request-id"
    }
    welcome, notice = service.mails(to="ana@example.org")
    assert token_in(welcome)
    assert "already have an account" in notice.get_content()
    assert "#token=" not in notice.get_content()
    assert members(service) == 1
    assert Person(service.client, "ana@example.org").sign_in().status_code == 200


def test_twenty_at_once_with_one_address_make_one_member(service: Service) -> None:
    with ThreadPoolExecutor(20) as pool:
        replies = list(pool.map(lambda _: post(service.client, REGISTER, ANA), range(20)))

    assert {(reply.status_code, reply.content) for reply in replies} == {(202, b"{}")}
    assert members(service) == 1
    assert Person(service.client, "ana@example.org").sign_in().status_code == 200


def test_a_flood_of_registrations_is_not_a_flood_of_mails(service: Service) -> None:
    for _ in range(20):
        assert post(service.client, REGISTER, ANA).status_code == 202

    assert len(service.mails()) == service.settings.mails_an_hour == 5


def test_consent_is_given_while_signing_up(service: Service) -> None:
    person = service.register(consents=[{"purpose": "health_data", "granted": True, "version": "1"}])

    consent = person.ask("GET", "/v1/me/consents/health_data").json()
    assert (consent["granted"], consent["version"], consent["current_version"]) == (True, "1", "1")


@pytest.mark.parametrize(
    ("consent", "status", "code"),
    [
        ({"purpose": "health_data", "granted": True, "version": "0"}, 409, "consent_outdated"),
        ({"purpose": "world_peace", "granted": True, "version": "1"}, 404, "purpose_not_found"),
    ],
)
def test_a_consent_that_cannot_be_given_signs_nobody_up(
    service: Service, consent: dict[str, object], status: int, code: str
) -> None:
    reply = post(service.client, REGISTER, ANA | {"consents": [consent]})

    assert (reply.status_code, reply.json()["code"]) == (status, code)
    assert members(service) == 0


def test_what_nobody_agreed_to_is_not_taken_as_agreed(service: Service) -> None:
    service.register()

    with service.database.transaction() as session:
        assert session.scalar(select(func.count(col(MemberConsent.number)))) == 0


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("email", "ana"),
        ("email", "ana@"),
        ("email", "ana@example.org\n"),
        ("email", "a" * 250 + "@example.org"),
        ("email", "ana@exam\u0000ple.org"),
        ("email", ["ana@example.org"]),
        ("email", None),
        ("password", "short"),
        ("password", 123456789012),
        ("password", "x" * 257),
        ("display_name", ""),
        ("display_name", " Ana"),
        ("display_name", "Ana\nBcc: x"),
        ("display_name", "x" * 81),
        ("time_zone", "Mars/Olympus"),
        ("time_zone", "Factory"),
        ("time_zone", "../../etc/passwd"),
        ("language", "english"),
        ("consents", {"health_data": True}),
        ("consents", [{"purpose": "health_data", "granted": "yes", "version": "1"}]),
        ("id", "6f1c7e0a-4c1f-4a57-9a2e-0d8f3f2b7c11"),
        ("verified_at", "2026-11-24T00:00:00Z"),
    ],
)
def test_what_cannot_be_used_is_named(service: Service, field: str, value: object) -> None:
    reply = post(service.client, REGISTER, ANA | {field: value})

    assert reply.status_code == 422
    assert reply.json()["errors"][0]["pointer"].startswith(f"/{field}")
    assert members(service) == 0
