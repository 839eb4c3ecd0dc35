"""Tests for password rules, password hashing, and the limit on concurrent hashing."""

import time
import unicodedata
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import pytest
from argon2 import PasswordHasher
from httpx2 import Response
from pydantic import TypeAdapter, ValidationError
from sqlmodel import col, select

from app.accounts.credentials.passwords import Password, Passwords, WeakPassword
from app.accounts.models import Member
from app.core.settings import MIN_PASSWORD_KIBIBYTES
from tests.conftest import MakeService
from tests.factories.accounts import change_password, sign_in_status
from tests.factories.services import PASSWORD, MemberClient, Service, post

PASSWORDS = Passwords(min_length=12)
LONG_PASSWORD = "correct horse battery staple " * 8  # 232 characters


@pytest.mark.parametrize("password", ["xK7#qLm2vT9w", "пароль на каждый день недели", f"\u2615 {LONG_PASSWORD}"])
def test_check_strength_accepts_hard_to_guess_passwords(password: str) -> None:
    PASSWORDS.check_strength(password, words=[])


@pytest.mark.parametrize(
    "password",
    ["", "123456789012", "iloveyou2026", "Twentyone2026", "P@$$w0rd!1234", unicodedata.normalize("NFD", "ṩệǘṩ")],
)
def test_check_strength_rejects_short_and_common_passwords(password: str) -> None:
    with pytest.raises(WeakPassword):
        PASSWORDS.check_strength(password, words=[])


@pytest.mark.parametrize("password", [("4@8({[<369!1|70$5+%2" * 4)[:72], "4@8({[<369!1|70$5+%2" * 12, "$@!0" * 64])
def test_check_strength_takes_less_than_half_a_second(password: str) -> None:
    started = time.process_time()
    with suppress(WeakPassword):
        PASSWORDS.check_strength(password, words=["ophelia.marlborough@example.org"])

    assert time.process_time() - started < 0.5  # would take several seconds without the limit on substituted letters


def test_check_strength_rejects_words_of_member() -> None:
    PASSWORDS.check_strength("ophelia.marlborough", words=[])
    with pytest.raises(WeakPassword):
        PASSWORDS.check_strength("ophelia.marlborough", words=["ophelia.marlborough@example.org"])
    with pytest.raises(WeakPassword):
        PASSWORDS.check_strength("OpheliaMarlborough", words=["x@example.org", "Ophelia Marlborough"])


def test_concurrent_checks_do_not_share_words_of_members() -> None:
    """The library zxcvbn stores user words in a global variable, so concurrent checks could mix them up."""

    def check(n: int) -> bool:
        try:
            PASSWORDS.check_strength(
                "ophelia.marlborough", words=["ophelia.marlborough@example.org"] if n % 2 else ["x@y.org"]
            )
        except WeakPassword:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        results = list(pool.map(check, range(80)))

    assert results == [True, False] * 40


def test_register_accepts_passwords_of_12_to_256_characters(service: Service) -> None:
    longest = ("kz7 qm2 vx9w " * 20)[:256]

    for password in ("kz7 qm2 vx9", f"{longest}x"):
        response = register(service, password)
        assert (response.status_code, response.json()["errors"][0]["pointer"]) == (422, "/password")
    for password in ("kz7 qm2 vx9w", longest):
        assert register(service, password).status_code == 202
        assert sign_in_status(service, f"{len(password)}@example.org", password) == 200


def register(service: Service, password: str) -> Response:
    """Register an address that contains the length of the password."""
    return post(service.client, "/v1/auth/register", {"email": f"{len(password)}@example.org", "password": password})


def test_minimum_password_length_is_configurable(make_service: MakeService) -> None:
    service = make_service(password_min_length=20)

    response = register(service, "kz7 qm2 vx9w")

    assert (response.status_code, response.json()["code"]) == (422, "weak_password")
    assert "20" in response.json()["errors"][0]["detail"]


def test_password_is_neither_trimmed_nor_truncated(service: Service) -> None:
    address, password = "ana@example.org", f" {LONG_PASSWORD}1"
    post(service.client, "/v1/auth/register", {"email": address, "password": password})

    assert sign_in_status(service, address, password) == 200
    for other in (password.lstrip(), f"{password} ", f" {LONG_PASSWORD}2"):
        assert sign_in_status(service, address, other) == 401


def test_verify_normalizes_unicode() -> None:
    hashed = PASSWORDS.hash_password("cr\u00e8me br\u00fbl\u00e9e for all")

    assert PASSWORDS.verify("cre\u0300me bru\u0302le\u0301e for all", hashed).is_match
    assert not PASSWORDS.verify("creme brulee for all", hashed).is_match


@pytest.mark.parametrize("space", ["\u00a0", "\u2003", "\u3000"])
def test_sign_in_accepts_any_kind_of_space_in_password(service: Service, space: str) -> None:
    variant = PASSWORD.replace(" ", space)
    member = service.register(password=variant)

    assert sign_in_status(service, member.email, PASSWORD) == 200
    assert sign_in_status(service, member.email, variant) == 200


def test_password_length_is_limited_after_normalization() -> None:
    password = TypeAdapter(Password)

    assert password.validate_python(unicodedata.normalize("NFD", "ṩ" * 256)) == "ṩ" * 256
    for text in ("ṩ" * 257, "a" * 257, "e\u0301" * 20_000):
        with pytest.raises(ValidationError, match="at most 256 characters"):
            password.validate_python(text)


def test_verify_without_hash_never_matches() -> None:
    assert not PASSWORDS.verify(PASSWORD, None).is_match
    assert not PASSWORDS.verify("", None).is_match


def test_only_successful_sign_in_rehashes_with_current_parameters(make_service: MakeService) -> None:
    service = make_service(password_kibibytes=MIN_PASSWORD_KIBIBYTES)
    member = service.register()
    old = PasswordHasher(time_cost=1, memory_cost=8192, parallelism=1).hash(PASSWORD)
    with service.database.content_load() as session:
        session.exec(select(Member)).one().password_hash = old

    assert sign_in_status(service, member.email, "wrong") == 401
    assert stored_hash(service) == old

    assert member.sign_in().status_code == 200
    assert stored_hash(service).startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert member.sign_in().status_code == 200


def stored_hash(service: Service) -> str:
    with service.database.content_load() as session:
        return session.exec(select(col(Member.password_hash))).one() or ""


def test_sign_in_over_capacity_returns_503_while_reads_succeed(make_service: MakeService) -> None:
    service = make_service(passwords_at_once=1, passwords_waiting=2)
    member = service.register()

    def send_request(n: int) -> tuple[str, int, str | None]:
        if n % 4 == 3:
            response = service.client.get("/v1/articles/here-now?format=text")
            return "read", response.status_code, None
        client = MemberClient(service.client, member.email)
        response = client.sign_in()
        return "sign in", response.status_code, response.headers.get("Retry-After")

    with ThreadPoolExecutor(20) as pool:
        results = list(pool.map(send_request, range(24)))

    sign_ins = [result for result in results if result[0] == "sign in"]
    assert {status for kind, status, _ in results if kind == "read"} == {200}
    assert {status for _, status, _ in sign_ins} == {200, 503}
    assert all(int(retry_after or 0) >= 1 for _, status, retry_after in sign_ins if status == 503)


def test_requests_without_token_take_no_password_slot(make_service: MakeService) -> None:
    service = make_service(passwords_at_once=1, passwords_waiting=0)
    member = service.register()
    stranger = MemberClient(service.client, "nobody@example.org")

    with ThreadPoolExecutor(8) as pool:
        futures = [pool.submit(member.sign_in) for _ in range(4)]
        statuses = [change_password(stranger).status_code for _ in range(20)]

    assert set(statuses) == {401}
    assert {future.result().status_code for future in futures} <= {200, 503}


def test_sign_ins_within_queue_limit_all_succeed(make_service: MakeService) -> None:
    service = make_service(passwords_at_once=1, passwords_waiting=100)
    member = service.register()

    with ThreadPoolExecutor(20) as pool:
        statuses = list(pool.map(lambda _: sign_in_status(service, member.email), range(20)))

    assert statuses == [200] * 20
