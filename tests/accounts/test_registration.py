"""Tests for registration: one account per address, and responses that don't reveal who has an account."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
import time_machine
from pydantic import ValidationError
from sqlmodel import func, select

from app.accounts.models import Member
from app.accounts.schemas import ProfileChange, Registration
from tests.factories.accounts import NOON, sign_in_status
from tests.factories.services import PASSWORD, MemberClient, Service, post, token_from_email

REGISTER = "/v1/auth/register"
ANA: dict[str, object] = {"email": "ana@example.org", "password": PASSWORD}
CONSENT = {"purpose": "health_data", "granted": True, "version": "1"}


def count_members(service: Service) -> int:
    with service.database.transaction() as session:
        return session.scalar(select(func.count()).select_from(Member)) or 0


def test_register_allows_immediate_sign_in(service: Service) -> None:
    response = post(
        service.client, REGISTER, ANA | {"display_name": "Ana", "time_zone": "Europe/Dublin", "country": "ie"}
    )

    assert (response.status_code, response.json()) == (202, {})
    ana = MemberClient(service.client, "ana@example.org")
    assert ana.sign_in().status_code == 200
    profile = ana.request("GET", "/v1/me").json()
    assert {name: value for name, value in profile.items() if name not in {"id", "registered_at"}} == {
        "email": "ana@example.org",
        "email_verified": False,
        "address_lost": False,
        "has_password": True,
        "display_name": "Ana",
        "time_zone": "Europe/Dublin",
        "language": "en",
        "country": "IE",
    }


def test_register_known_address_returns_202_and_notifies_owner(service: Service) -> None:
    first = post(service.client, REGISTER, ANA)
    second = post(service.client, REGISTER, {"email": "ANA@example.org", "password": "another kettle sings outside"})

    assert (first.status_code, first.content) == (second.status_code, second.content)
    assert {name: value for name, value in first.headers.items() if name != "x-request-id"} == {
        name: value for name, value in second.headers.items() if name != "x-request-id"
    }
    welcome, notice = service.sent_emails(to="ana@example.org")
    assert token_from_email(welcome)
    assert notice["Subject"] == "You already have an account"
    assert "#token=" not in notice.get_content()
    assert count_members(service) == 1
    assert sign_in_status(service, "ana@example.org") == 200


def test_concurrent_registrations_create_one_member(service: Service) -> None:
    with ThreadPoolExecutor(20) as pool:
        responses = list(pool.map(lambda _: post(service.client, REGISTER, ANA), range(20)))

    assert {(response.status_code, response.content) for response in responses} == {(202, b"{}")}
    assert count_members(service) == 1
    assert sign_in_status(service, "ana@example.org") == 200


def test_repeated_registrations_send_one_notice_a_day(service: Service) -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        for hours, emails in ((0, 2), (23, 2), (1, 3)):
            clock.shift(timedelta(hours=hours))
            for _ in range(4):
                assert post(service.client, REGISTER, ANA).status_code == 202
            assert len(service.sent_emails()) == emails


def test_register_with_consent_records_decision(service: Service) -> None:
    member = service.register(consents=[CONSENT])

    consent = member.request("GET", "/v1/me/consents/health_data").json()
    assert (consent["granted"], consent["version"], consent["current_version"]) == (True, "1", "1")


def test_register_with_invalid_consent_creates_no_member(service: Service) -> None:
    outdated = post(service.client, REGISTER, ANA | {"consents": [CONSENT | {"version": "0"}]})
    unknown = post(service.client, REGISTER, ANA | {"consents": [CONSENT | {"purpose": "world_peace"}]})

    assert (outdated.status_code, outdated.json()["code"]) == (409, "consent_outdated")
    assert (unknown.status_code, unknown.json()["code"]) == (404, "purpose_not_found")
    assert count_members(service) == 0


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("email", "ana@"),
        ("email", None),
        ("password", 123456789012),
        ("password", "x" * 257),
        ("display_name", "Ana\nBcc: x"),
        ("display_name", "x" * 81),
        ("time_zone", ""),
        ("time_zone", "Factory"),
        ("time_zone", "../../etc/passwd"),
        ("language", ""),
        ("language", "english"),
        ("country", "IRL"),
        ("country", "XX"),
        ("consents", {"health_data": True}),
        ("consents", [CONSENT | {"granted": "yes"}]),
        ("consents", [CONSENT, CONSENT]),
        ("id", "6f1c7e0a-4c1f-4a57-9a2e-0d8f3f2b7c11"),
    ],
)
def test_registration_rejects_invalid_field(field: str, value: object) -> None:
    with pytest.raises(ValidationError) as caught:
        Registration.model_validate(ANA | {field: value})

    assert {error["loc"][0] for error in caught.value.errors()} == {field}


@pytest.mark.parametrize(
    ("field", "value"), [("time_zone", None), ("language", None), ("email", "b@example.org"), ("email_verified", True)]
)
def test_profile_change_rejects_invalid_field(field: str, value: object) -> None:
    with pytest.raises(ValidationError):
        ProfileChange.model_validate({"display_name": "Bo", field: value})


def test_register_with_invalid_field_returns_422_naming_field(service: Service) -> None:
    response = post(service.client, REGISTER, ANA | {"time_zone": "Mars/Olympus"})

    assert (response.status_code, response.json()["errors"][0]["pointer"]) == (422, "/time_zone")
    weak = {"email": "ophelia.marlborough@example.org", "password": "ophelia.marlborough"}
    assert post(service.client, REGISTER, weak).json()["code"] == "weak_password"
    assert count_members(service) == 0
