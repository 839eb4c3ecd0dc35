"""Tests for email addresses: validation, normalization, and changing a member's address."""

from datetime import timedelta

import pytest
import time_machine
from pydantic import TypeAdapter, ValidationError

from app.accounts.addresses import Address, address_hash, address_hashes, normalize_address
from app.accounts.members import lock_unchanged_member, member_by_address
from app.core.crypto.key_ring import KeyRing, generate_entry
from tests.factories.accounts import (
    NEW_ADDRESS,
    NOON,
    change_address,
    newest_email_token,
    request_change_token,
    request_reset_token,
    reset_password,
    sign_in_status,
    verify_email,
)
from tests.factories.services import PASSWORD, Service, token_from_email


@pytest.mark.parametrize("address", ["a.n-a+21@mail.example.co.uk", "анна@example.org", "ana@bücher.example.org"])
def test_address_accepts_all_scripts(address: str) -> None:
    assert TypeAdapter(Address).validate_python(address)


@pytest.mark.parametrize(
    "address",
    [
        "",
        "ana@",
        "a b@example.org",
        "ana@localhost",
        "ana@exam\0ple.org",
        "a" * 250 + "@example.org",
        "=?utf-8?q?x=2C?=ana@example.org",  # decoded in a mail header, this would name another recipient
    ],
)
def test_address_rejects_invalid_addresses(address: str) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(Address).validate_python(address)


@pytest.mark.parametrize(
    ("name", "other", "are_equal"),
    [
        ("Ana", "ana", True),
        ("ΑΣ", "ας", True),
        ("ẞ", "ß", True),
        ("ᾈ", "ᾀ", True),
        ("cre\u0300me", "crème", True),
        ("ſ", "s", True),
        ("straße", "strasse", False),
        ("STRASSE", "straße", False),
        ("ａna", "ana", False),
        ("ﬁn", "fin", False),
        ("a²", "a2", False),
        ("İ", "i\u0307", False),
        ("ana", "anna", False),
    ],
)
def test_normalize_address_ignores_only_case_of_name(name: str, other: str, *, are_equal: bool) -> None:
    assert (normalize_address(f"{name}@example.org") == normalize_address(f"{other}@example.org")) is are_equal


def test_normalize_address_ignores_case_of_domain() -> None:
    assert normalize_address("ana@Example.ORG") == normalize_address("ana@example.org")
    assert normalize_address("ana@straße.example") != normalize_address("ana@strasse.example")


def test_address_hashes_include_every_key_of_ring() -> None:
    old, new = generate_entry(), generate_entry()
    old_ring, new_ring = KeyRing(old), KeyRing(f"{new},{old}")
    stored = address_hash(old_ring, old_ring.current, "ana@example.org")

    assert stored in list(address_hashes(new_ring, "Ana@example.org"))
    assert stored != next(iter(address_hashes(new_ring, "ana@example.org")))


def test_address_changes_when_link_is_confirmed(service: Service) -> None:
    member = service.register_verified()
    reset_token = request_reset_token(service, member.email)
    token = request_change_token(service, member)
    assert member.request("GET", "/v1/me").json()["email"] == member.email

    assert reset_password(service.client, reset_token, "password1234").json()["code"] == "weak_password"  # still valid

    assert [verify_email(member, token).status_code for _ in range(2)] == [204, 204]

    profile = member.request("GET", "/v1/me").json()
    assert (profile["email"], profile["email_verified"]) == (NEW_ADDRESS, True)
    assert (sign_in_status(service, NEW_ADDRESS), sign_in_status(service, member.email)) == (200, 401)
    assert service.sent_emails(to=member.email)[-1]["Subject"] == "Your email address was changed"
    assert reset_password(service.client, reset_token).status_code == 422  # older links are no longer valid


@pytest.mark.parametrize(
    ("minutes", "password", "code"),
    [
        (4, None, ""),
        (5, None, "reauthentication_required"),
        (5, PASSWORD, ""),
        (0, "wrong", "wrong_password"),
    ],
)
@pytest.mark.parametrize("is_verified", [True, False])
def test_change_address_requires_password_or_recent_sign_in(
    service: Service, minutes: int, password: str | None, code: str, *, is_verified: bool
) -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        member = service.register_verified() if is_verified else service.register()
        clock.shift(timedelta(minutes=minutes))

        response = change_address(member, password=password)

        assert (response.status_code, response.json().get("code", "")) == (403 if code else 202, code)
        assert response.json().get("methods") == (["password", "code"] if code == "reauthentication_required" else None)
        assert len(service.sent_emails(to=NEW_ADDRESS)) == (0 if code else 1)


def test_change_of_unverified_address_invalidates_its_links(service: Service) -> None:
    member = service.register()
    verification, reset = newest_email_token(service, member.email), request_reset_token(service, member.email)

    assert change_address(member, "other@example.org").status_code == 202
    token = request_change_token(service, member)

    assert len(service.sent_emails(to="other@example.org")) == 1
    assert verify_email(member, verification).status_code == 422
    assert reset_password(service.client, reset).status_code == 422
    assert sign_in_status(service, member.email) == 200
    assert verify_email(member, token).status_code == 204
    profile = member.request("GET", "/v1/me").json()
    assert (profile["email"], profile["email_verified"]) == (NEW_ADDRESS, True)
    assert (sign_in_status(service, NEW_ADDRESS), sign_in_status(service, member.email)) == (200, 401)
    assert len(service.sent_emails(to=member.email)) == 2  # no notice to an address that was never confirmed


def test_change_to_current_unverified_address_resends_link(service: Service) -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        member = service.register()
        clock.shift(timedelta(minutes=9))

        assert [change_address(member, member.email, None).status_code for _ in range(3)] == [202, 202, 429]

        first, *_, last = service.sent_emails(to=member.email)
        assert {mail["Subject"] for mail in (first, last)} == {"Please confirm your email address"}
        assert verify_email(member, token_from_email(first)).status_code == 204
        assert change_address(member, member.email, None).status_code == 202
        assert len(service.sent_emails(to=member.email)) == 3


def test_change_to_taken_address_notifies_owner_in_their_spelling(service: Service) -> None:
    ana, ben = service.register_verified(), service.register_verified("Ben@example.org", language="es")

    response = change_address(ana, "BEN@example.org")

    assert (response.status_code, response.json()) == (202, {})
    notice = service.sent_emails(to=ben.email)[-1].get_content()
    assert "otra cuenta" in notice
    assert "#token=" not in notice
    assert service.sent_emails(to="BEN@example.org") == []


def test_second_verification_token_is_invalid_after_first(service: Service) -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        member = service.register()
        tokens = [newest_email_token(service, member.email), request_change_token(service, member, member.email)]
        assert verify_email(member, tokens[0]).status_code == 204
        clock.shift(timedelta(hours=1))
        member.sign_in()

        assert verify_email(member, tokens[1]).status_code == 422


@pytest.mark.parametrize("is_verified", [True, False])
def test_confirm_address_registered_since_returns_409_only_if_verified(service: Service, *, is_verified: bool) -> None:
    ana = service.register_verified()
    token = request_change_token(service, ana)
    ben = service.register_verified(NEW_ADDRESS) if is_verified else service.register(NEW_ADDRESS)

    response = verify_email(ana, token)

    profiles = [member.request("GET", "/v1/me").json() for member in (ana, ben)]
    addresses = [(profile["email"], profile["address_lost"]) for profile in profiles]
    if is_verified:
        assert (response.status_code, response.json()["code"]) == (409, "address_taken")
        assert addresses == [(ana.email, False), (NEW_ADDRESS, False)]
    else:
        assert response.status_code == 204
        assert addresses == [(NEW_ADDRESS, False), (None, True)]


def test_lock_unchanged_member_after_address_change_or_erasure_fails(service: Service) -> None:
    member, ring = service.register_verified(), service.app.state.services.accounts.ring
    token = request_change_token(service, member)
    with service.database.transaction() as session:
        old_member = member_by_address(session, ring, member.email)
        assert old_member
        assert lock_unchanged_member(session, old_member)
    verify_email(member, token)

    with service.database.transaction() as session:
        new_member = member_by_address(session, ring, NEW_ADDRESS)
        assert new_member
        assert (lock_unchanged_member(session, old_member), lock_unchanged_member(session, new_member)) == (False, True)
    member.erase()

    with service.database.transaction() as session:
        assert not lock_unchanged_member(session, new_member)


def test_change_to_other_spelling_updates_address(service: Service) -> None:
    member = service.register_verified("ana@example.org")
    token = request_change_token(service, member, "Ana@example.org")

    assert verify_email(member, token).status_code == 204

    assert member.request("GET", "/v1/me").json()["email"] == "Ana@example.org"
    assert member.sign_in().status_code == 200
    assert service.sent_emails()[-1]["Subject"] != "A new sign-in to your account"  # the network is still known


def test_change_address_limits_emails_per_member_and_address(service: Service) -> None:
    ana, ben = service.register_verified(), service.register_verified()
    assert [change_address(ana).status_code for _ in range(3)] == [202] * 3

    for response in (change_address(ana, "other@example.org"), *(change_address(ben) for _ in range(10))):
        assert (response.status_code, response.json()["code"]) == (429, "too_many_mails")
        assert 3500 < int(response.headers["Retry-After"]) <= 3600
    assert len(service.sent_emails(to=NEW_ADDRESS)) == 3
    assert [change_address(ben, f"ben-{n}@example.org").status_code for n in range(4)] == [202] * 3 + [429]


def test_export_does_not_reveal_whether_address_was_free(service: Service) -> None:
    ana, owner = service.register_verified(), service.register_verified("taken@example.org")
    exports = []
    for address in ("free@example.org", owner.email):
        change_address(ana, address)
        service.sent_emails()
        export = ana.request("GET", "/v1/me/export").json()
        exports.append(([link["purpose"] for link in export["links"]], [mail["kind"] for mail in export["mails"]]))

    assert exports[0] == (["move"], ["confirm_address", "new_address"])
    assert exports[1] == (["move"] * 2, ["confirm_address", "new_address", "new_address"])
