"""Tests for notices of security events: who receives them, and in which language."""

import pytest

from tests.factories.accounts import DOORS, Door, change_password, from_network, request_code, sign_in_with_code
from tests.factories.services import PASSWORD, MemberClient, Service, post

ADDRESS = "ana@example.org"
NEW_DEVICE, REUSED = "A new sign-in to your account", "One of your sessions was ended"
DETACHED, CHANGED = "About an earlier account with this address", "Your password was changed"


def subjects(service: Service, address: str = ADDRESS) -> list[str]:
    return [mail["Subject"] for mail in service.sent_emails(to=address)]


def sign_in_from(service: Service, host: str) -> MemberClient:
    member = MemberClient(from_network(service, host), ADDRESS)
    assert member.sign_in().status_code == 200
    return member


@pytest.mark.parametrize(("is_confirmed", "notices"), [(True, 2), (False, 0)])
def test_sign_in_from_each_new_network_notifies_confirmed_address(
    service: Service, notices: int, *, is_confirmed: bool
) -> None:
    member = (service.register_verified if is_confirmed else service.register)(ADDRESS)

    member.sign_in_on_new_device()  # from the network of the registration
    for host in ("203.0.113.7", "203.0.113.7", "2001:db8::1", "2001:db8::2"):
        sign_in_from(service, host)

    assert subjects(service).count(NEW_DEVICE) == notices


def test_code_sign_in_from_each_new_network_notifies_existing_account(service: Service) -> None:
    for host in ("testclient", "203.0.113.7", "203.0.113.7", "198.51.100.7"):  # the first one creates the account
        client, code = from_network(service, host), request_code(service, ADDRESS)
        assert sign_in_with_code(client, ADDRESS, code).status_code == 200

    assert subjects(service).count(NEW_DEVICE) == 2


@pytest.mark.parametrize(("is_confirmed", "notices"), [(True, 1), (False, 0)])
def test_reused_refresh_token_notifies_confirmed_address(service: Service, notices: int, *, is_confirmed: bool) -> None:
    member = (service.register_verified if is_confirmed else service.register)(ADDRESS)
    stolen = member.refresh_token
    assert [member.refresh_session().status_code for _ in range(2)] == [200, 200]
    for number in range(5):  # uses up the budget of other notices
        sign_in_from(service, f"203.0.{number}.7")

    for _ in range(2):
        assert post(service.client, "/v1/auth/refresh", {"refresh_token": stolen}).status_code == 401
    member.sign_in()
    assert change_password(member).status_code == 200

    counts = [subjects(service).count(subject) for subject in (REUSED, CHANGED, NEW_DEVICE)]
    assert counts == [notices, notices, 3 * notices]


def test_repeated_password_changes_send_three_notices(service: Service) -> None:
    member = service.register_verified(ADDRESS)

    for number in range(5):
        new_password = f"{number} violet lamps over harbors"
        response = change_password(member, member.password, new_password)
        member.password = new_password
        member.store_tokens(response)

    assert subjects(service).count(CHANGED) == 3


@pytest.mark.parametrize("door", DOORS)
def test_detachment_notifies_new_account_only_once(service: Service, door: Door) -> None:
    registrant = service.register(ADDRESS)
    owner = door(service, ADDRESS).open_account(service, ADDRESS)
    assert subjects(service).count(DETACHED) == 1
    delivered = len(service.sent_emails())

    assert change_password(registrant).status_code == 200  # notifies nobody: the account has no address

    assert len(service.sent_emails()) == delivered
    export = owner.request("GET", "/v1/me/export").text
    assert all(f'"{name}"' in export for name in ("account_detached", "registered"))


def test_emails_use_language_of_member(service: Service) -> None:
    member = service.register_verified(ADDRESS, language="es-MX")
    stolen = member.refresh_token
    sign_in_from(service, "203.0.113.7")
    request_code(service, ADDRESS, language="en")  # the language is only for an address without an account
    post(service.client, "/v1/auth/password/forgot", {"email": ADDRESS})
    for _ in range(2):
        member.refresh_session()
    post(service.client, "/v1/auth/refresh", {"refresh_token": stolen})
    member.sign_in()
    member.store_tokens(change_password(member))
    post(service.client, "/v1/auth/register", {"email": ADDRESS, "password": PASSWORD})

    mails = service.sent_emails(to=ADDRESS)

    assert len(mails) == 7
    assert '"registered_again"' in member.request("GET", "/v1/me/export").text
    assert sum(service.settings.forgot_password_url in mail.get_content().split() for mail in mails) == 4
    assert all(mail.get_content().startswith("Hola:") for mail in mails)
    request_code(service, "nobody@example.org", language="es")
    assert service.sent_emails(to="nobody@example.org")[-1].get_content().startswith("Hola:")
