"""Tests for mail budgets: a stranger can neither flood a mailbox nor keep its owner out."""

from collections import Counter
from datetime import timedelta
from email.message import EmailMessage

import pytest
import time_machine

from tests.conftest import MakeService
from tests.factories.accounts import (
    CODE_PATH,
    FORGOT_PATH,
    NEW_ADDRESS,
    NEW_PASSWORD,
    NOON,
    change_address,
    change_password,
    from_network,
    newest_code,
    request_change_token,
    request_code,
    request_reset_token,
    reset_password,
    sign_in_status,
    sign_in_with_code,
    verify_email,
)
from tests.factories.services import PASSWORD, MemberClient, Service, post, token_from_email

ADDRESS = "ana@example.org"
LOGIN, REGISTER = "/v1/auth/login", "/v1/auth/register"
RESET = "Set a new password"
STRANGER_REQUESTS: tuple[tuple[str, dict[str, str]], ...] = (
    (FORGOT_PATH, {}),
    (CODE_PATH, {}),
    (CODE_PATH, {"request_id": "5d0c9f3e-2f6b-4f0e-8a51-7c2d9e1b6a44"}),
    (REGISTER, {"password": "another kettle sings outside"}),
)


class Mailbox:
    """The emails to ADDRESS, oldest first. Each is read only once, because parsing is slow."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self.emails: list[EmailMessage] = []

    def receive(self) -> None:
        self.emails += self._service.sent_emails(to=ADDRESS)
        for path in (self._service.settings.var_dir / "mail").glob("*.eml"):
            path.unlink()

    def newest_reset_token(self) -> str:
        self.receive()
        return token_from_email([mail for mail in self.emails if mail["Subject"] == RESET][-1])

    def count_subjects(self) -> "Counter[str]":
        return Counter(mail["Subject"] for mail in self.emails)


def request_reset(service: Service) -> None:
    assert post(service.client, FORGOT_PATH, {"email": ADDRESS}).status_code == 202


@pytest.mark.parametrize("is_confirmed", [True, False], ids=["confirmed", "unconfirmed"])
def test_owner_always_has_valid_link_while_stranger_requests_all_emails(
    service: Service, *, is_confirmed: bool
) -> None:
    """Every hour for 26 hours. The owner uses a link after 13 and 26 hours; the budgets then renew."""
    with time_machine.travel(NOON, tick=False) as clock:
        (service.register_verified if is_confirmed else service.register)(ADDRESS)
        mailbox = Mailbox(service)
        mailbox.receive()
        before = mailbox.count_subjects()
        for step in range(1, 26 + 1):
            clock.shift(timedelta(hours=1))
            for path, fields in STRANGER_REQUESTS:
                assert post(service.client, path, {"email": ADDRESS} | fields).status_code == 202
            request_reset(service)
            token = mailbox.newest_reset_token()
            probe = reset_password(service.client, token, "password1234")  # rejected as weak, if the link is valid
            assert probe.json()["code"] == "weak_password", f"no valid link after {step} hours"
            if step % 13 == 0:
                sent = mailbox.count_subjects() - before
                before = mailbox.count_subjects()
                assert sent.pop("Your password was changed", 0) <= 1
                assert sent.pop("About an earlier account with this address", 0) <= 1
                assert sent == {RESET: 10, "Your code": 20, "You already have an account": 1}
                password = f"{NEW_PASSWORD} {step}"
                assert reset_password(service.client, token, password).status_code == 204
                assert sign_in_status(service, ADDRESS, password) == 200


@pytest.mark.parametrize("event", ["password change", "reset of unconfirmed account"])
def test_reset_budget_renews_when_links_are_withdrawn(service: Service, event: str) -> None:
    """Otherwise, the mailbox's owner would have no link and could not request one for a day."""
    with time_machine.travel(NOON, tick=False) as clock:
        member = (service.register_verified if event == "password change" else service.register)(ADDRESS)
        mailbox = Mailbox(service)
        for _ in range(16):
            request_reset(service)
            mailbox.receive()
            clock.shift(timedelta(minutes=15))
        member.sign_in()
        token = mailbox.newest_reset_token()
        assert mailbox.count_subjects()[RESET] == 10
        if event == "password change":
            assert change_password(member).status_code == 200
        else:
            assert reset_password(service.client, token).status_code == 204

        request_reset(service)

        token = mailbox.newest_reset_token()
        assert mailbox.count_subjects()[RESET] == 11
        assert reset_password(service.client, token, "three fish in the sea").status_code == 204


def test_password_change_of_unconfirmed_account_renews_no_budget(service: Service) -> None:
    """Otherwise, a stranger who registered an address could have any number of emails sent to it."""
    member = service.register(ADDRESS)
    for _ in range(3):
        request_reset(service)
    assert change_password(member).status_code == 200

    request_reset(service)

    assert [mail["Subject"] for mail in service.sent_emails(to=ADDRESS)].count(RESET) == 3


@pytest.mark.parametrize("proof", ["code of confirmed account", "code of unconfirmed account", "change of address"])
def test_mailbox_proof_renews_budgets_of_its_address_only(service: Service, proof: str) -> None:
    member = service.register_verified()
    (service.register_verified if proof == "code of confirmed account" else service.register)(ADDRESS)

    def count_resets() -> list[int]:
        post(service.client, FORGOT_PATH, {"email": member.email})
        request_reset(service)
        addresses = (member.email, ADDRESS)
        return [[mail["Subject"] for mail in service.sent_emails(to=to)].count(RESET) for to in addresses]

    for _ in range(6):  # three codes are not sent, because three others are valid
        counts = count_resets()
        assert post(service.client, CODE_PATH, {"email": ADDRESS}).status_code == 202
    assert counts == [3, 3]

    if proof == "change of address":
        assert verify_email(member, request_change_token(service, member, ADDRESS)).status_code == 204
    else:
        assert sign_in_with_code(service.client, ADDRESS, newest_code(service, ADDRESS)).status_code == 200

    assert count_resets() == [3, 4]


def test_refused_change_uses_up_no_budget_of_address(service: Service) -> None:
    stranger, member = service.register_verified(), service.register_verified()
    for n in range(3):
        assert change_address(stranger, f"other-{n}@example.org").status_code == 202
    refused = [change_address(stranger) for _ in range(3)]
    assert {(response.status_code, response.json()["code"]) for response in refused} == {(429, "too_many_mails")}
    assert service.sent_emails(to=NEW_ADDRESS) == []

    assert change_address(member).status_code == 202

    assert len(service.sent_emails(to=NEW_ADDRESS)) == 1


def test_erasure_by_stranger_keeps_code_of_owner_and_budgets(service: Service) -> None:
    stranger = service.register(ADDRESS)
    code = request_code(service, ADDRESS)
    for _ in range(4):
        request_reset(service)
    assert stranger.erase() == 204

    assert sign_in_with_code(service.client, ADDRESS, code).status_code == 200

    subjects = [mail["Subject"] for mail in service.sent_emails(to=ADDRESS)]
    assert subjects.count(RESET) <= 3


def guess(service: Service, networks: int, guesses: int = 3) -> None:
    for network in range(networks):
        client = from_network(service, f"198.51.{network}.7")
        for _ in range(guesses):
            response = post(client, LOGIN, {"email": ADDRESS, "password": "wrong"})
            assert response.status_code in {401, 429}


def test_guesses_from_12_networks_do_not_delay_owner(service: Service) -> None:
    service.register_verified(ADDRESS)

    guess(service, networks=12)

    client = from_network(service, "203.0.113.7")
    assert post(client, LOGIN, {"email": ADDRESS, "password": PASSWORD}).status_code == 200


@pytest.mark.parametrize("way", ["link", "code"])
def test_owner_signs_in_by_email_after_too_many_guesses(make_service: MakeService, way: str) -> None:
    service = make_service(account_guesses=20)
    service.register_verified(ADDRESS)
    client = from_network(service, "203.0.113.7")
    guess(service, networks=4, guesses=5)
    response = post(client, LOGIN, {"email": ADDRESS, "password": PASSWORD})
    assert (response.status_code, response.json()["code"]) == (429, "too_many_attempts")

    if way == "link":
        assert reset_password(client, request_reset_token(service, ADDRESS)).status_code == 204
    else:
        assert sign_in_with_code(service.client, ADDRESS, request_code(service, ADDRESS)).status_code == 200

    member = MemberClient(client, ADDRESS, NEW_PASSWORD if way == "link" else PASSWORD)
    assert member.sign_in().status_code == 200
