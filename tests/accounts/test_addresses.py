"""Addresses: which are the same, and how a member moves to another one."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from pydantic import TypeAdapter, ValidationError

from app.accounts.addresses import Address, address_hash, address_hashes, sameness
from app.accounts.members import hold_row, member_by_address
from app.core.crypto.key_ring import KeyRing, new_entry
from tests.factories.services import PASSWORD, Person, Service, post, token_in

EMAIL = "/v1/me/email"
ENCODED = ["=?utf-8?q?ben?=@example.org", "=?utf-8?q?x=2C?=ana@example.org"]  # for other people, in a header
NEW = "ana.new@example.org"


def moving(service: Service, person: Person, address: str = NEW) -> str:
    """The token of the link that was mailed to a new address."""
    reply = person.ask("PUT", EMAIL, {"email": address, "current_password": PASSWORD})
    assert (reply.status_code, reply.json()) == (202, {})
    return token_in(service.mails(to=address)[-1])


@pytest.mark.parametrize(
    "address", ["ana@example.org", "a.n-a+21@mail.example.co.uk", "анна@example.org", "ana@bücher.example.org"]
)
def test_addresses_of_all_scripts_are_taken(address: str) -> None:
    assert TypeAdapter(Address).validate_python(address)


@pytest.mark.parametrize(
    "address",
    [
        "",
        "ana",
        "@example.org",
        "ana@",
        "a b@example.org",
        "ana@@example.org",
        "ana@localhost",
        "<ana@x.org>",
        *ENCODED,
    ],
)
def test_what_no_server_would_take_is_refused(address: str) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(Address).validate_python(address)


def test_case_and_width_make_no_other_address_but_another_domain_does() -> None:
    assert sameness("Ana@Example.ORG") == sameness("ana@example.org") == sameness("ａna@example.org")
    assert sameness("ana@example.org") != sameness("anna@example.org")
    assert sameness("ana@straße.example") != sameness("ana@strasse.example")


def test_an_address_is_found_by_every_secret_of_the_ring() -> None:
    old, new = new_entry(), new_entry()
    before, after = KeyRing(old), KeyRing(f"{new},{old}")
    stored = address_hash(before, before.current, "ana@example.org")

    assert stored in list(address_hashes(after, "Ana@example.org"))
    assert stored != next(iter(address_hashes(after, "ana@example.org")))


def test_a_new_address_counts_once_its_link_is_followed(service: Service) -> None:
    person = service.register_verified()
    token = moving(service, person)
    assert person.ask("GET", "/v1/me").json()["email"] == person.address

    assert person.ask("POST", "/v1/auth/verify-email", {"token": token}).status_code == 204

    me = person.ask("GET", "/v1/me").json()
    assert (me["email"], me["email_verified"]) == (NEW, True)
    assert Person(service.client, NEW).sign_in().status_code == 200
    assert person.sign_in().status_code == 401
    assert service.mails(to=person.address)[-1]["Subject"] == "Your email address was changed"


def test_moving_needs_the_password_and_a_confirmed_address(service: Service) -> None:
    person = service.register()

    wrong = person.ask("PUT", EMAIL, {"email": NEW, "current_password": "wrong"})
    unverified = person.ask("PUT", EMAIL, {"email": NEW, "current_password": PASSWORD})

    assert (wrong.status_code, wrong.json()["code"]) == (403, "wrong_password")
    assert (unverified.status_code, unverified.json()["code"]) == (403, "address_unverified")
    assert service.mails(to=NEW) == []


def test_the_link_of_an_address_that_is_not_confirmed_is_mailed_again(service: Service) -> None:
    person = service.register()

    token = moving(service, person, person.address)

    assert len(service.mails(to=person.address)) == 2
    assert person.ask("POST", "/v1/auth/verify-email", {"token": token}).status_code == 204
    assert person.ask("PUT", EMAIL, {"email": person.address, "current_password": PASSWORD}).status_code == 202
    assert len(service.mails(to=person.address)) == 2


def test_an_address_of_somebody_else_is_answered_alike_and_they_are_told(service: Service) -> None:
    ana, ben = service.register_verified(), service.register_verified()

    reply = ana.ask("PUT", EMAIL, {"email": ben.address, "current_password": PASSWORD})

    assert (reply.status_code, reply.json()) == (202, {})
    notice = service.mails(to=ben.address)[-1].get_content()
    assert "another account" in notice
    assert "#token=" not in notice


def test_the_owner_is_told_at_their_own_spelling(service: Service) -> None:
    ana, ben = service.register_verified(), service.register_verified("Ben@example.org")

    ana.ask("PUT", EMAIL, {"email": "BEN@example.org", "current_password": PASSWORD})

    assert "another account" in service.mails(to=ben.address)[-1].get_content()
    assert service.mails(to="BEN@example.org") == []


def test_an_address_stays_confirmed_since_it_first_was(service: Service) -> None:
    with time_machine.travel(datetime(2026, 11, 24, 12, tzinfo=UTC), tick=False) as clock:
        person = service.register()
        tokens = [token_in(service.mails(to=person.address)[-1]), moving(service, person, person.address)]
        assert person.ask("POST", "/v1/auth/verify-email", {"token": tokens[0]}).status_code == 204
        clock.shift(timedelta(hours=1))
        person.sign_in()

        assert person.ask("POST", "/v1/auth/verify-email", {"token": tokens[1]}).status_code == 422


def test_an_address_that_somebody_took_meanwhile_stays_theirs(service: Service) -> None:
    ana = service.register_verified()
    token = moving(service, ana)
    ben = service.register(NEW)

    reply = ana.ask("POST", "/v1/auth/verify-email", {"token": token})

    assert (reply.status_code, reply.json()["code"]) == (409, "address_taken")
    assert ana.ask("GET", "/v1/me").json()["email"] == ana.address
    assert ben.ask("GET", "/v1/me").json()["email"] == NEW


def test_links_to_the_old_address_are_dead_after_moving(service: Service) -> None:
    person = service.register_verified()
    post(service.client, "/v1/auth/password/forgot", {"email": person.address})
    reset = token_in(service.mails(to=person.address)[-1])
    token = moving(service, person)

    person.ask("POST", "/v1/auth/verify-email", {"token": token})

    reply = post(service.client, "/v1/auth/password/reset", {"token": reset, "password": "two birds on a wire"})
    assert reply.status_code == 422


def test_whoever_found_a_member_before_they_moved_or_left_writes_nothing_to_them(service: Service) -> None:
    person, ring = service.register_verified(), service.app.state.services.accounts.ring
    token = moving(service, person)
    with service.database.transaction() as session:
        found = member_by_address(session, ring, person.address)
        assert found
        assert hold_row(session, found)
    person.ask("POST", "/v1/auth/verify-email", {"token": token})

    with service.database.transaction() as session:
        moved = member_by_address(session, ring, NEW)
        assert moved
        assert (hold_row(session, found), hold_row(session, moved)) == (False, True)
    person.erase()

    with service.database.transaction() as session:
        assert not hold_row(session, moved)


def test_another_spelling_of_the_same_address_is_a_new_one_to_write_to(service: Service) -> None:
    person = service.register_verified("ana@example.org")
    token = moving(service, person, "Ana@example.org")

    assert person.ask("POST", "/v1/auth/verify-email", {"token": token}).status_code == 204

    assert person.ask("GET", "/v1/me").json()["email"] == "Ana@example.org"
    assert person.sign_in().status_code == 200


def test_a_stranger_mailbox_is_not_flooded(service: Service) -> None:
    person = service.register_verified()

    replies = [person.ask("PUT", EMAIL, {"email": NEW, "current_password": PASSWORD}) for _ in range(7)]

    assert [reply.status_code for reply in replies] == [202] * 5 + [429] * 2
    assert replies[-1].json()["code"] == "too_many_mails"
    assert 3500 < int(replies[-1].headers["Retry-After"]) <= 3600
    assert len(service.mails(to=NEW)) == 5


def test_nobody_floods_many_mailboxes_with_one_account(service: Service) -> None:
    person = service.register_verified()

    statuses = [
        person.ask("PUT", EMAIL, {"email": f"x{n}@example.org", "current_password": PASSWORD}).status_code
        for n in range(8)
    ]

    assert statuses == [202] * 5 + [429] * 3


def test_an_export_does_not_tell_whether_the_wanted_address_was_free(service: Service) -> None:
    ana, taken = service.register_verified(), service.register_verified("taken@example.org")
    told = []
    for address in ("free@example.org", taken.address):
        ana.ask("PUT", EMAIL, {"email": address, "current_password": PASSWORD})
        service.mails()
        export = ana.ask("GET", "/v1/me/export").json()
        told.append(([each["purpose"] for each in export["links"]], [each["kind"] for each in export["mails"]]))

    assert told[0] == (["move"], ["confirm_address", "new_address"])
    assert told[1] == (["move"] * 2, ["confirm_address", "new_address", "new_address"])
