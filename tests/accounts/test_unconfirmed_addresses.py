"""Tests for proof of a mailbox: alone, it never opens an account whose address was not confirmed."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from sqlmodel import func, select

from app.accounts.models import Member
from tests.conftest import MakeService
from tests.factories.accounts import (
    DOORS,
    NEW_ADDRESS,
    NEW_PASSWORD,
    NOON,
    Door,
    newest_email_token,
    request_change_token,
    request_code,
    request_reset_token,
    reset_by_code,
    reset_by_link,
    reset_password,
    sign_in_by_code,
    sign_in_status,
    sign_in_with_code,
    verify_email,
)
from tests.factories.services import PASSWORD, MemberClient, Service
from tests.security.member_requests import create_bookmark, create_draft, create_result, create_run

ADDRESS = "ana@example.org"
STORED = ("consents", "results", "drafts", "runs", "bookmarks")
all_doors = pytest.mark.parametrize("door", DOORS)


def register_with_data(service: Service) -> MemberClient:
    """Register the mailbox of another person, and store something of every kind."""
    member = service.register(ADDRESS, display_name="Typo")
    create_result(service, member)
    create_draft(service, member)
    create_run(service, member)
    create_bookmark(service, member)
    return member


def read_account(member: MemberClient) -> dict[str, Any]:
    account: dict[str, Any] = member.request("GET", "/v1/me").json()
    return account


def stored_data(member: MemberClient) -> dict[str, Any]:
    export = member.request("GET", "/v1/me/export").json()
    return {name: export[name] for name in STORED}


def count_members(service: Service) -> int:
    with service.database.transaction() as session:
        return session.scalar(select(func.count()).select_from(Member)) or 0


@all_doors
def test_mailbox_proof_alone_opens_new_empty_account(service: Service, door: Door) -> None:
    registrant = register_with_data(service)

    owner = door(service, ADDRESS).open_account(service, ADDRESS)

    account = read_account(owner)
    assert account["id"] != read_account(registrant)["id"]
    assert (account["email"], account["email_verified"], account["address_lost"]) == (ADDRESS, True, False)
    assert (account["display_name"], account["has_password"]) == (None, door is not sign_in_by_code)
    assert stored_data(owner) == {name: [] for name in STORED}
    assert [item["is_current"] for item in owner.request("GET", "/v1/me/sessions").json()["items"]] == [True]


@all_doors
def test_mailbox_proof_detaches_account_without_loss(service: Service, door: Door) -> None:
    registrant = register_with_data(service)
    account, data = read_account(registrant), stored_data(registrant)
    assert all(data.values())

    owner = door(service, ADDRESS).open_account(service, ADDRESS)

    lost = {"email": None, "email_verified": False, "address_lost": True}
    assert read_account(registrant) == account | lost
    assert stored_data(registrant) == data
    assert '"detached"' in registrant.request("GET", "/v1/me/export").text
    assert registrant.refresh_session().status_code == 200
    assert sign_in_status(service, ADDRESS, PASSWORD) == 401
    change = {"current_password": PASSWORD, "new_password": "four clouds over a hill"}
    response = registrant.request("PUT", "/v1/me/password", change)
    assert response.status_code == 200
    registrant.store_tokens(response)
    assert read_account(registrant)["id"] == account["id"]
    assert sign_in_status(service, ADDRESS, "four clouds over a hill") == 401
    assert read_account(owner)["email"] == ADDRESS


@all_doors
def test_mailbox_proof_invalidates_earlier_links_codes_and_mails(service: Service, door: Door) -> None:
    registrant = service.register(ADDRESS)
    verification, reset = newest_email_token(service, ADDRESS), request_reset_token(service, ADDRESS)
    code, proof = request_code(service, ADDRESS), door(service, ADDRESS)
    delivered = len(service.sent_emails(to=ADDRESS))
    assert registrant.request("PUT", "/v1/me/email", {"email": ADDRESS}).status_code == 202  # queues an email
    other = service.register()  # also queues an email

    owner = proof.open_account(service, ADDRESS)

    new_subjects = {mail["Subject"] for mail in service.sent_emails(to=ADDRESS)[delivered:]}
    assert "About an earlier account with this address" in new_subjects
    assert "Please confirm your email address" not in new_subjects
    assert len(service.sent_emails(to=other.email)) == 1
    assert registrant.request("GET", "/v1/me/export").json()["mails"][-1]["sent_at"] is None
    assert [verify_email(member, verification).status_code for member in (registrant, owner)] == [422, 422]
    assert reset_password(service.client, reset).status_code == 422
    assert sign_in_with_code(service.client, ADDRESS, code).status_code == 401
    assert read_account(registrant)["address_lost"] is True


@pytest.mark.parametrize(
    ("door", "has_bearer"),
    [*((door, True) for door in DOORS), (reset_by_link, False), (reset_by_code, False)],
)
def test_mailbox_proof_with_session_or_password_keeps_everything(
    service: Service, door: Door, *, has_bearer: bool
) -> None:
    registrant = register_with_data(service)
    account, data = read_account(registrant), stored_data(registrant)
    proof = door(service, ADDRESS)

    fields = {} if has_bearer else {"password": PASSWORD}
    response = proof.send(service, bearer=registrant.access_token if has_bearer else None, **fields)

    assert response.is_success
    device = MemberClient(service.client, ADDRESS, proof.body.get("password", PASSWORD) if has_bearer else PASSWORD)
    assert device.sign_in().status_code == 200
    assert read_account(device) == account | {"email_verified": True}
    assert stored_data(device) == data
    assert count_members(service) == 1


@all_doors
def test_mailbox_proof_with_bearer_of_other_account_opens_new_account(service: Service, door: Door) -> None:
    registrant, stranger = service.register(ADDRESS), service.register()

    assert door(service, ADDRESS).send(service, bearer=stranger.access_token).is_success

    assert read_account(registrant)["address_lost"] is True
    assert count_members(service) == 3


@all_doors
def test_mailbox_proof_with_invalid_bearer_changes_nothing(make_service: MakeService, door: Door) -> None:
    service = make_service(access_minutes=1)
    with time_machine.travel(NOON, tick=False) as clock:
        registrant = service.register(ADDRESS)
        proof, expired = door(service, ADDRESS), registrant.access_token
        clock.shift(timedelta(minutes=2))
        registrant.sign_in()
        phone = registrant.sign_in_on_new_device()
        assert phone.request("POST", "/v1/auth/logout").status_code == 204

        for bearer in (expired, phone.access_token, "nonsense"):
            assert proof.send(service, bearer=bearer).status_code == 401
        account = read_account(registrant)
        assert (account["email"], account["email_verified"], count_members(service)) == (ADDRESS, False, 1)

        assert read_account(proof.open_account(service, ADDRESS))["id"] != account["id"]


@pytest.mark.parametrize(("is_confirmed", "statuses", "members"), [(True, {204}, 1), (False, {204, 401, 422}, 2)])
@pytest.mark.parametrize("door", [reset_by_link, reset_by_code])
def test_repeated_reset_is_harmless(
    service: Service, door: Door, statuses: set[int], members: int, *, is_confirmed: bool
) -> None:
    (service.register_verified if is_confirmed else service.register)(ADDRESS)
    proof = door(service, ADDRESS)
    assert proof.send(service).status_code == 204

    assert proof.send(service).status_code in statuses
    assert proof.send(service, password="three fish in the sea").status_code in {401, 422}

    assert sign_in_status(service, ADDRESS, NEW_PASSWORD) == 200
    assert count_members(service) == members


@pytest.mark.parametrize(
    "doors",
    [(sign_in_by_code, sign_in_by_code), (reset_by_link, sign_in_by_code), (reset_by_code, reset_by_link)],
)
def test_concurrent_mailbox_proofs_open_one_account(service: Service, doors: tuple[Door, Door]) -> None:
    service.register(ADDRESS)
    proofs = [door(service, ADDRESS) for door in doors]

    with ThreadPoolExecutor(2) as pool:
        responses = list(pool.map(lambda proof: proof.send(service), proofs))

    assert any(response.is_success for response in responses)
    assert {response.status_code for response in responses} <= {200, 204, 401, 422}
    assert count_members(service) == 2


def test_concurrent_uses_of_one_reset_link_open_one_account(service: Service) -> None:
    service.register(ADDRESS)
    proof = reset_by_link(service, ADDRESS)
    passwords = [f"{NEW_PASSWORD} {n}" for n in range(4)]

    with ThreadPoolExecutor(4) as pool:
        responses = list(pool.map(lambda password: proof.send(service, password=password), passwords))

    assert sorted(response.status_code for response in responses) == [204, 422, 422, 422]
    assert [sign_in_status(service, ADDRESS, password) for password in passwords].count(200) == 1
    assert count_members(service) == 2


def test_confirmed_change_to_unconfirmed_address_detaches_account(service: Service) -> None:
    squatter, member = service.register(NEW_ADDRESS), service.register_verified()
    token = request_change_token(service, member, NEW_ADDRESS)

    assert verify_email(member, token).status_code == 204

    assert (read_account(member)["email"], read_account(squatter)["address_lost"]) == (NEW_ADDRESS, True)
    assert service.sent_emails(to=NEW_ADDRESS)[-1]["Subject"] == "About an earlier account with this address"
    member.email = NEW_ADDRESS
    assert member.sign_in().status_code == 200
    assert read_account(member)["email"] == NEW_ADDRESS


def test_concurrent_change_and_proof_of_one_address_do_not_deadlock(make_service: MakeService) -> None:
    service = make_service(sign_ins_a_minute=1000)
    statuses = []
    with ThreadPoolExecutor(2) as pool:
        for n in range(5):
            member = service.register_verified(f"person{n}@example.org")
            token = request_change_token(service, member, f"Person{n}@example.org")  # only another spelling
            proof = sign_in_by_code(service, member.email)
            responses = [pool.submit(verify_email, member, token), pool.submit(proof.send, service)]
            statuses.append([response.result().status_code for response in responses])

    assert statuses == [[204, 200]] * 5
