"""Passwords: long, hard to guess, kept exactly as they are, hashed by today's parameters."""

import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import pytest
from argon2 import PasswordHasher
from sqlmodel import col, select

from app.accounts.credentials.passwords import Passwords, WeakPassword
from app.accounts.models import Member
from app.core.settings import LEAST_KIBIBYTES
from tests.conftest import MakeService
from tests.factories.services import PASSWORD, Person, Service, post, request

PASSWORDS = Passwords(least=12)
LONG = "correct horse battery staple " * 8  # 232 characters
NEW = "two birds on a wire"


@pytest.mark.parametrize(
    "password",
    [
        "a kettle sings in the rain",
        "xK7#qLm2vT9w",
        "ein sehr langer satz ohne zahlen",
        "пароль на каждый день недели",
        "\u2615 and croissants at seven",
        LONG,
    ],
)
def test_a_password_that_is_hard_to_guess_is_good_without_further_rules(password: str) -> None:
    PASSWORDS.check(password, words=[])


@pytest.mark.parametrize(
    "password",
    [
        "password1234",
        "123456789012",
        "qwertyuiop[]",
        "iloveyou2026",
        "twentyone21",
        "aaaaaaaaaaaa",
        "Twentyone2026",
        "",
    ],
)
def test_what_everybody_tries_is_refused(password: str) -> None:
    with pytest.raises(WeakPassword):
        PASSWORDS.check(password, words=[])


@pytest.mark.parametrize("password", [("4@8({[<369!1|70$5+%2" * 4)[:72], "4@8({[<369!1|70$5+%2" * 12, "$@!0" * 64])
def test_no_password_takes_long_to_judge(password: str) -> None:
    begun = time.process_time()
    with suppress(WeakPassword):
        PASSWORDS.check(password, words=["ophelia.marlborough@example.org"])

    assert time.process_time() - begun < 0.5  # it took seconds


def test_letters_written_as_other_characters_are_seen_through() -> None:
    with pytest.raises(WeakPassword):
        PASSWORDS.check("P@$$w0rd!1234", words=[])


def test_the_members_own_words_are_tried_first() -> None:
    PASSWORDS.check("ophelia.marlborough", words=[])
    with pytest.raises(WeakPassword):
        PASSWORDS.check("ophelia.marlborough", words=["ophelia.marlborough@example.org"])
    with pytest.raises(WeakPassword):
        PASSWORDS.check("OpheliaMarlborough", words=["x@example.org", "Ophelia Marlborough"])


def test_the_words_of_one_member_are_not_held_against_another() -> None:
    """They are kept in a global while a password is looked at."""

    def check(n: int) -> bool:
        try:
            PASSWORDS.check("ophelia.marlborough", words=["ophelia.marlborough@example.org"] if n % 2 else ["x@y.org"])
        except WeakPassword:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        results = list(pool.map(check, range(80)))

    assert results == [True, False] * 40


@pytest.mark.parametrize(
    ("password", "status"),
    [("kz7 qm2 vx9", 422), ("kz7 qm2 vx9w", 202), (("kz7 qm2 vx9w " * 20)[:256], 202), ("kz7 qm2 vx9w " * 20, 422)],
)
def test_a_password_has_twelve_to_256_characters(service: Service, password: str, status: int) -> None:
    reply = post(service.client, "/v1/auth/register", {"email": "ana@example.org", "password": password})

    assert reply.status_code == status
    if status == 422:
        assert [each["pointer"] for each in reply.json()["errors"]] == ["/password"]
    else:
        assert Person(service.client, "ana@example.org", password).sign_in().status_code == 200


def test_the_least_length_is_a_setting(make_service: MakeService) -> None:
    service = make_service(password_min_length=20)

    reply = post(service.client, "/v1/auth/register", {"email": "ana@example.org", "password": "kz7 qm2 vx9w"})

    assert (reply.status_code, reply.json()["code"]) == (422, "weak_password")
    assert "20" in reply.json()["errors"][0]["detail"]


def test_a_password_is_neither_trimmed_nor_cut(service: Service) -> None:
    post(service.client, "/v1/auth/register", {"email": "ana@example.org", "password": f" {LONG}1"})

    tries = [f" {LONG}1", f"{LONG}1", f" {LONG}2", f" {LONG}1 ", f" {LONG}"]

    assert [Person(service.client, "ana@example.org", each).sign_in().status_code for each in tries] == [200] + [
        401
    ] * 4


def test_the_same_letters_are_the_same_however_a_keyboard_writes_them() -> None:
    hashed = PASSWORDS.hashed("cr\u00e8me br\u00fbl\u00e9e for all")

    assert PASSWORDS.verify("cre\u0300me bru\u0302le\u0301e for all", hashed).is_right
    assert not PASSWORDS.verify("creme brulee for all", hashed).is_right


def test_nobodys_password_is_never_right() -> None:
    assert not PASSWORDS.verify(PASSWORD, None).is_right
    assert not PASSWORDS.verify("", None).is_right


def test_signing_in_hashes_anew_by_todays_parameters(make_service: MakeService) -> None:
    service = make_service(password_kibibytes=LEAST_KIBIBYTES)
    person = service.register()
    old = PasswordHasher(time_cost=1, memory_cost=8192, parallelism=1).hash(PASSWORD)
    with service.database.loading() as session:
        session.exec(select(Member)).one().password_hash = old

    assert person.sign_in().status_code == 200

    with service.database.loading() as session:
        stored = session.exec(select(col(Member.password_hash))).one()
    assert stored.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert person.sign_in().status_code == 200


def test_a_wrong_password_hashes_nothing_anew(service: Service) -> None:
    person = service.register()
    old = PasswordHasher(time_cost=1, memory_cost=8192, parallelism=1).hash(PASSWORD)
    with service.database.loading() as session:
        session.exec(select(Member)).one().password_hash = old

    assert Person(service.client, person.address, "wrong").sign_in().status_code == 401

    with service.database.loading() as session:
        assert session.exec(select(col(Member.password_hash))).one() == old


def test_over_its_capacity_signing_in_says_when_to_come_again_and_reads_go_on(make_service: MakeService) -> None:
    service = make_service(passwords_at_once=1, passwords_waiting=2)
    person = service.register()

    def work(n: int) -> tuple[str, int, str | None]:
        if n % 4 == 3:
            reply = service.client.get("/v1/articles/here-now?format=text")
            return "read", reply.status_code, None
        other = Person(service.client, person.address)
        reply = other.sign_in()
        return "sign in", reply.status_code, reply.headers.get("Retry-After")

    with ThreadPoolExecutor(20) as pool:
        results = list(pool.map(work, range(40)))

    signed_in = [result for result in results if result[0] == "sign in"]
    assert {status for kind, status, _ in results if kind == "read"} == {200}
    assert {status for _, status, _ in signed_in} == {200, 503}
    assert all(int(again or 0) >= 1 for _, status, again in signed_in if status == 503)


def test_without_a_token_nobody_takes_a_place_from_those_who_sign_in(make_service: MakeService) -> None:
    service = make_service(passwords_at_once=1, passwords_waiting=0)
    person = service.register()
    change = {"current_password": PASSWORD, "new_password": NEW}

    with ThreadPoolExecutor(8) as pool:
        busy = [pool.submit(person.sign_in) for _ in range(4)]
        statuses = [request(service.client, "PUT", "/v1/me/password", change).status_code for _ in range(20)]

    assert set(statuses) == {401}
    assert {each.result().status_code for each in busy} <= {200, 503}


def test_one_at_a_time_with_enough_room_to_wait_everybody_gets_in(make_service: MakeService) -> None:
    service = make_service(passwords_at_once=1, passwords_waiting=100)
    person = service.register()

    with ThreadPoolExecutor(20) as pool:
        statuses = list(pool.map(lambda _: Person(service.client, person.address).sign_in().status_code, range(20)))

    assert statuses == [200] * 20
