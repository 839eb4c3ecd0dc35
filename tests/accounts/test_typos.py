"""Tests for correcting a mistyped address, and for confirming an address with a link or code."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from httpx2 import Response

from tests.factories.accounts import (
    NEW_ADDRESS,
    NOON,
    VERIFY_PATH,
    change_address,
    code_from_email,
    newest_code,
    newest_email_token,
    request_change_token,
    request_code,
    request_reset_code,
    reset_password,
    sign_in_status,
    sign_in_with_code,
    verify_email,
)
from tests.factories.services import PASSWORD, MemberClient, Service, post, token_from_email

TYPO = "anna@example.org"


def confirm(member: MemberClient, **fields: Any) -> tuple[int, str]:
    return outcome(member.request("POST", VERIFY_PATH, fields))


def outcome(response: Response) -> tuple[int, str]:
    return response.status_code, response.json()["code"] if response.content else ""


def verification_fields(service: Service, address: str) -> dict[str, str]:
    return {"token": newest_email_token(service, address), "code": newest_code(service, address)}


@pytest.mark.parametrize("field", ["token", "code"])
def test_address_change_withdraws_emails_to_mistyped_address(service: Service, field: str) -> None:
    member = service.register(TYPO)
    verification = verification_fields(service, TYPO)
    request_reset_code(service, TYPO)
    reset, code = newest_email_token(service, TYPO), request_code(service, TYPO)
    assert change_address(member, TYPO).status_code == 202  # queues an email
    delivered = len(list((service.settings.var_dir / "mail").glob("*.eml")))

    assert change_address(member).status_code == 202

    assert [mail["To"] for mail in service.sent_emails()[delivered:]] == [NEW_ADDRESS]
    assert confirm(member, token=verification["token"]) == (422, "token_not_good")
    assert confirm(member, code=verification["code"]) == (403, "wrong_code")
    assert reset_password(service.client, reset).status_code == 422
    assert sign_in_with_code(service.client, TYPO, code).status_code == 401
    assert [sign_in_status(service, address) for address in (TYPO, NEW_ADDRESS)] == [200, 401]

    assert confirm(member, **{field: verification_fields(service, NEW_ADDRESS)[field]}) == (204, "")
    account = member.request("GET", "/v1/me").json()
    assert (account["email"], account["email_verified"], account["address_lost"]) == (NEW_ADDRESS, True, False)
    assert [sign_in_status(service, address) for address in (TYPO, NEW_ADDRESS)] == [401, 200]
    assert service.sent_emails(to=TYPO)[-1]["Subject"] != "Your email address was changed"


def test_address_change_of_unconfirmed_member_needs_password(service: Service) -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        member = service.register(TYPO)
        first = newest_email_token(service, TYPO)
        clock.shift(timedelta(minutes=5))

        resent = member.request("PUT", "/v1/me/email", {"email": TYPO})
        changed = member.request("PUT", "/v1/me/email", {"email": NEW_ADDRESS})
        wrong = change_address(member, password="wrong")

        assert resent.status_code == 202
        assert outcome(changed) == (403, "reauthentication_required")
        assert outcome(wrong) == (403, "wrong_password")
        assert len(service.sent_emails(to=TYPO)) == 2
        assert service.sent_emails(to=NEW_ADDRESS) == []
        assert verify_email(member, first).status_code == 204  # a new email does not invalidate an earlier link


@pytest.mark.parametrize("is_change", [True, False], ids=["change", "registration"])
@pytest.mark.parametrize("fields", [("token", "token"), ("code", "code"), ("token", "code"), ("code", "token")])
def test_confirmation_is_repeatable(service: Service, fields: tuple[str, str], *, is_change: bool) -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        member = service.register_verified() if is_change else service.register()
        if is_change:
            change_address(member)
        address = NEW_ADDRESS if is_change else member.email
        proofs = verification_fields(service, address)
        clock.shift(timedelta(minutes=9))

        assert [confirm(member, **{field: proofs[field]}) for field in fields] == [(204, "")] * 2

        account = member.request("GET", "/v1/me").json()
        assert (account["email"], account["email_verified"]) == (address, True)
        clock.shift(timedelta(days=1))
        member.email = address
        member.sign_in()
        assert confirm(member, token=proofs["token"]) == (422, "token_not_good")


def test_confirmation_of_other_member_returns_403(service: Service) -> None:
    ana, ben = service.register(), service.register()
    assert confirm(ben, token=newest_email_token(service, ana.email)) == (403, "wrong_member")
    change = request_change_token(service, ana)

    assert confirm(ben, token=change) == (403, "wrong_member")
    assert confirm(ben, code=newest_code(service, NEW_ADDRESS)) == (403, "wrong_code")

    for member in (ana, ben):
        account = member.request("GET", "/v1/me").json()
        assert (account["email"], account["email_verified"]) == (member.email, False)
    assert confirm(ana, token=change) == (204, "")
    assert confirm(ben, token=change) == (403, "wrong_member")


@pytest.mark.parametrize("is_change", [True, False], ids=["change", "registration"])
def test_confirmation_without_session_needs_password(service: Service, *, is_change: bool) -> None:
    member = service.register_verified() if is_change else service.register()
    if is_change:
        change_address(member)
    mail = service.sent_emails(to=NEW_ADDRESS if is_change else member.email)[-1]
    token, code = token_from_email(mail), code_from_email(mail)
    before = member.request("GET", "/v1/me").json()

    def send(**fields: str) -> tuple[int, str]:
        return outcome(post(service.client, VERIFY_PATH, fields))

    assert send(token=token) == (401, "not_signed_in")
    assert send(code=code) == send(code=code, password=PASSWORD) == (401, "not_signed_in")
    assert send(token=token, password="wrong") == (403, "wrong_password")
    assert send(token="A" * 64, password=PASSWORD) == (422, "token_not_good")
    assert member.request("GET", "/v1/me").json() == before

    assert send(token=token, password=PASSWORD) == send(token=token, password=PASSWORD) == (204, "")
    account = member.request("GET", "/v1/me").json()
    assert (account["email"], account["email_verified"]) == (mail["To"], True)
