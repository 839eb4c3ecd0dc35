"""Tests for account fields: cosmetic differences are accepted and normalized."""

from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from app.accounts.addresses import Address
from app.accounts.fields import DeviceName, DisplayName, Language, Token
from app.assessments.requests import ClaimToken
from tests.factories.accounts import newest_email_token, sign_in_status, verify_email
from tests.factories.services import Service, post

CLEANED: list[tuple[Any, str | None, str | None]] = [
    (Address, "\u00a0ana@example.org\r\n", "ana@example.org"),
    (Token, " k1.token\n", "k1.token"),
    (ClaimToken, "\tk1.token ", "k1.token"),
    (DisplayName, "\u3000Ana Sol\n", "Ana Sol"),
    (DisplayName, " " + "a" * 80 + " ", "a" * 80),
    (DisplayName, "", None),
    (DisplayName, " \n", None),
    (DisplayName, None, None),
    (DeviceName, "SM-G930F ", "SM-G930F"),
    (DeviceName, "Ana\u202e's\0 phone\n", "Ana's phone"),
    (DeviceName, "\U0001f4f1" * 81, "\U0001f4f1" * 80),
    (DeviceName, "a" * 79 + " b", "a" * 79),
    (DeviceName, "", None),
    (DeviceName, "\0 \x1b", None),
    (DeviceName, None, None),
    (Language, "de_de-u-co-phonebk", "de-DE-u-co-phonebk"),
]
REJECTED: list[tuple[Any, str]] = [
    (Address, " "),
    (Address, "a na@example.org"),
    (Token, " \n"),
    (Token, "a" * 201),
    (Token, "a\0b"),
    (ClaimToken, " "),
    (DisplayName, "Ana\nSol"),
    (DisplayName, "Ana\u202eSol"),
    (DisplayName, "a" * 81),
    (DeviceName, "phone \ud800"),
    (Language, "en-" + "abcde-" * 10 + "x-abc"),
]


@pytest.mark.parametrize(("kind", "text", "expected"), CLEANED)
def test_field_is_cleaned(kind: Any, text: str | None, expected: str | None) -> None:
    assert TypeAdapter(kind).validate_python(text) == expected


@pytest.mark.parametrize(("kind", "text"), REJECTED)
def test_field_with_other_fault_is_rejected(kind: Any, text: str) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(kind).validate_python(text)


def test_requests_accept_cosmetic_differences(service: Service) -> None:
    fields = {"display_name": " Ana\n", "time_zone": "GMT+02:00", "language": "sr_latn_rs"}
    member = service.register(" ana@example.org\n", **fields)

    assert sign_in_status(service, "ana@example.org ") == 200
    assert verify_email(member, newest_email_token(service, "ana@example.org") + "\n").status_code == 204
    member.refresh_token += "\n"
    assert member.refresh_session().status_code == 200
    device = member.sign_in_on_new_device(device_name="SM-G930F\n" + " " * 100)

    profile = member.request("GET", "/v1/me").json()
    assert (profile["email"], profile["display_name"]) == ("ana@example.org", "Ana")
    assert (profile["time_zone"], profile["language"]) == ("Etc/GMT-2", "sr-Latn-RS")
    assert device.request("GET", "/v1/me/sessions").json()["items"][0]["device"] == "SM-G930F"


def test_unknown_time_zone_of_device_counts_as_not_given(service: Service) -> None:
    member = service.register(time_zone="Etc/Unknown")
    assert member.request("GET", "/v1/me").json()["time_zone"] == "UTC"

    for sent in ("europe/berlin", "Etc/Unknown", "GMT+05:30"):
        response = member.request("PATCH", "/v1/me", {"time_zone": sent})

        assert (response.status_code, response.json()["time_zone"]) == (200, "Europe/Berlin")
    for invalid in (None, "", "Mars/Olympus"):
        assert member.request("PATCH", "/v1/me", {"time_zone": invalid}).status_code == 422
    assert member.request("PATCH", "/v1/me", {"display_name": " "}).json()["display_name"] is None


def test_empty_device_name_falls_back_to_user_agent(service: Service) -> None:
    member = service.register()
    body = {"email": member.email, "password": member.password, "device_name": " "}

    response = post(service.client, "/v1/auth/login", body, headers={"User-Agent": "curl/8.5.0"})

    assert response.status_code == 200
    assert member.request("GET", "/v1/me/sessions").json()["items"][0]["device"] == "curl"
