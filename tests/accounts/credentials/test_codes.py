"""Tests for emailed codes: sign-in without a password, limited guesses, and one purpose for each code."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any, NamedTuple
from uuid import uuid4

import pytest
import time_machine
from httpx2 import Response
from sqlalchemy import select

from app.core.crypto.key_ring import generate_entry
from app.core.db.table import Table
from tests.conftest import TEST_KEYS, MakeService
from tests.factories.accounts import (
    CODE_PATH,
    NEW_PASSWORD,
    NOON,
    RESET_PATH,
    VERIFY_PATH,
    newest_code,
    reauthenticate,
    request_code,
    request_reset_code,
    sign_in_with_code,
    wrong_code,
)
from tests.factories.services import MemberClient, Service, post

UNKNOWN = "nobody@example.org"


def sign_in(member: MemberClient, **fields: Any) -> Response:
    return post(member.client, "/v1/auth/code/verify", {"email": member.email} | fields)


def reset(member: MemberClient, **fields: Any) -> Response:
    return post(member.client, RESET_PATH, {"email": member.email, "password": NEW_PASSWORD} | fields)


def verify(member: MemberClient, **fields: Any) -> Response:
    return member.request("POST", VERIFY_PATH, fields)


class Use(NamedTuple):
    """A use of codes: how a member receives one and sends it."""

    request: Callable[..., str]
    send: Callable[..., Response]
    rejection: tuple[int, str]


USES = {
    "sign-in": Use(request_code, sign_in, (401, "wrong_code")),
    "reset": Use(request_reset_code, reset, (401, "wrong_code")),
    "verify": Use(newest_code, verify, (403, "wrong_code")),
    "reauthenticate": Use(request_code, reauthenticate, (403, "wrong_code")),
}
all_uses = pytest.mark.parametrize("use", USES.values(), ids=USES)


def rejection(response: Response) -> tuple[int, str]:
    return response.status_code, response.json()["code"]


def signed_in_account(service: Service, response: Response) -> MemberClient:
    member = MemberClient(service.client, "")
    member.store_tokens(response)
    return member


def test_code_for_unknown_address_creates_account_without_password(service: Service) -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        code = request_code(service, UNKNOWN, language="es-MX")
        member = signed_in_account(service, sign_in_with_code(service.client, UNKNOWN, code, device_name="Tablet"))
        account = member.request("GET", "/v1/me").json()
        assert (account["email"], account["email_verified"], account["has_password"]) == (UNKNOWN, True, False)
        assert (account["address_lost"], account["language"]) == (False, "es-MX")
        assert member.request("GET", "/v1/me/sessions").json()["items"][0]["device"] == "Tablet"

        clock.shift(timedelta(minutes=5))
        body = {"new_password": NEW_PASSWORD}
        response = member.request("PUT", "/v1/me/password", body)
        assert (*rejection(response), response.json()["methods"]) == (403, "reauthentication_required", ["code"])
        assert reauthenticate(member, code=request_code(service, UNKNOWN)).status_code == 204
        member.store_tokens(member.request("PUT", "/v1/me/password", body))

        assert member.request("GET", "/v1/me").json() == account | {"has_password": True}
        again = sign_in_with_code(service.client, UNKNOWN.upper(), request_code(service, UNKNOWN))
        assert signed_in_account(service, again).request("GET", "/v1/me").json()["id"] == account["id"]


def test_code_sign_in_to_confirmed_account_opens_it(service: Service) -> None:
    member = service.register_verified()
    other_code = request_code(service, member.email)
    post(service.client, CODE_PATH, {"email": member.email.upper()})
    code = newest_code(service, member.email)  # sent to the member's own spelling

    response = sign_in_with_code(service.client, member.email, code)

    account = member.request("GET", "/v1/me").json()
    assert signed_in_account(service, response).request("GET", "/v1/me").json() == account
    assert rejection(sign_in_with_code(service.client, member.email, code)) == (401, "wrong_code")
    assert sign_in_with_code(service.client, member.email, other_code).status_code == 200
    kinds = [mail["kind"] for mail in member.request("GET", "/v1/me/export").json()["mails"]]
    assert kinds.count("sign_in_code") == 2


@pytest.mark.parametrize(("guesses", "is_accepted"), [(4, True), (5, False)])
@all_uses
def test_code_after_five_wrong_guesses_is_rejected(
    service: Service, use: Use, guesses: int, *, is_accepted: bool
) -> None:
    member = service.register()
    code = use.request(service, member.email)

    responses = [use.send(member, code=wrong_code(code)) for _ in range(guesses)]

    assert {rejection(response) for response in responses} == {use.rejection}
    response = use.send(member, code=code)
    assert response.is_success if is_accepted else rejection(response) == use.rejection


@pytest.mark.parametrize("use", [USES["sign-in"], USES["reset"], USES["reauthenticate"]])
def test_guesses_without_request_id_do_not_count_for_other_requests(service: Service, use: Use) -> None:
    member, request_id = service.register(), str(uuid4())
    code = use.request(service, member.email, request_id=request_id)

    for other in ({}, {"request_id": str(uuid4())}):
        for value in (code, *[wrong_code(code)] * 5):
            assert rejection(use.send(member, code=value, **other)) == use.rejection

    assert use.send(member, code=code, request_id=request_id).is_success


@pytest.mark.parametrize("use", [USES["sign-in"], USES["reset"], USES["verify"]])
def test_concurrent_wrong_guesses_use_up_codes(service: Service, use: Use) -> None:
    member = service.register()
    codes = [use.request(service, member.email) for _ in range(1 if use is USES["verify"] else 3)]
    wrong = next(code for code in map(str, range(10**7, 10**8)) if code not in codes)

    with ThreadPoolExecutor(20) as pool:
        responses = list(pool.map(lambda _: use.send(member, code=wrong), range(20)))

    assert {rejection(response) for response in responses} == {use.rejection}
    assert {rejection(use.send(member, code=code)) for code in codes} == {use.rejection}


def test_concurrent_uses_of_one_code_sign_in_once(service: Service) -> None:
    member = service.register_verified()
    code = request_code(service, member.email)

    with ThreadPoolExecutor(5) as pool:
        responses = list(pool.map(lambda _: sign_in_with_code(service.client, member.email, code), range(5)))

    assert sorted(response.status_code for response in responses) == [200] + [401] * 4


@pytest.mark.parametrize(("seconds", "is_accepted"), [(599, True), (600, False)])
@all_uses
def test_code_expires_after_ten_minutes(service: Service, use: Use, seconds: int, *, is_accepted: bool) -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        member = service.register()
        code = use.request(service, member.email)
        clock.shift(timedelta(seconds=seconds))
        member.refresh_session()

        response = use.send(member, code=code)

        assert response.is_success if is_accepted else rejection(response) == use.rejection


def test_codes_are_limited_to_three_live_and_twenty_a_day(service: Service) -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        counts = []
        for _ in range(8):
            for _ in range(5):
                assert post(service.client, CODE_PATH, {"email": UNKNOWN}).status_code == 202
            counts.append(len(service.sent_emails(to=UNKNOWN)))
            clock.shift(timedelta(minutes=10))

        assert counts == [3, 6, 9, 12, 15, 18, 20, 20]
        clock.move_to(NOON + timedelta(days=1))
        assert sign_in_with_code(service.client, UNKNOWN, request_code(service, UNKNOWN)).status_code == 200


@pytest.mark.parametrize("separated", ["{0} {1}", " {0}-{1} ", "{0}\u00a0{1}\n"])
def test_code_may_contain_separators(service: Service, separated: str) -> None:
    code = request_code(service, UNKNOWN)

    response = sign_in_with_code(service.client, UNKNOWN, separated.format(code[:4], code[4:]))

    assert response.status_code == 200
    assert sign_in_with_code(service.client, UNKNOWN, "1234567").status_code == 422


def test_codes_work_only_for_their_purpose(service: Service) -> None:
    member = service.register()
    codes = {name: USES[name].request(service, member.email) for name in ("verify", "reset", "sign-in")}
    assert len(set(codes.values())) == 3

    for purpose, code in codes.items():
        for name, use in USES.items():
            if name != purpose and (purpose, name) != ("sign-in", "reauthenticate"):
                assert rejection(use.send(member, code=code)) == use.rejection, (purpose, name)

    assert member.request("GET", "/v1/me").json()["email_verified"] is False
    assert reauthenticate(member, code=codes["sign-in"]).status_code == 204
    assert member.request("GET", "/v1/me").json()["email_verified"] is True
    assert verify(member, code=codes["verify"]).status_code == 204


def test_code_responses_do_not_reveal_accounts(service: Service) -> None:
    addresses = (service.register().email, service.register_verified().email, UNKNOWN)

    for path, fields in ((CODE_PATH, {}), ("/v1/auth/code/verify", {"code": "12345678"})):
        responses = [post(service.client, path, {"email": address} | fields) for address in addresses * 7]

        assert len({(response.status_code, response.content) for response in responses}) == 1, path
    assert all(len(service.sent_emails(to=address)) >= 3 for address in addresses)


def test_database_contains_no_code_in_clear(service: Service) -> None:
    member = service.register()
    for _ in range(2):  # the second time, the emails have been delivered
        post(service.client, CODE_PATH, {"email": member.email})
        post(service.client, "/v1/auth/password/forgot", {"email": member.email})
        with service.database.transaction() as session:
            tables = Table.metadata.sorted_tables
            stored = repr([row for table in tables for row in session.execute(select(table)).all()])
        codes = [newest_code(service, member.email)]
        codes += [code for mail in service.sent_emails() for code in mail.get_content().split() if code.isdigit()]

        assert len(codes) > 3
        assert [code for code in codes if len(code) == 8 and code in stored] == []


def test_codes_stay_valid_after_key_rotation(make_service: MakeService, service: Service) -> None:
    members = {name: service.register() for name in USES}
    codes = {name: use.request(service, members[name].email) for name, use in USES.items()}
    rotated = make_service(service.settings.database, keys=f"{generate_entry('new-')},{TEST_KEYS}")

    for name, use in USES.items():
        members[name].client = rotated.client
        assert use.send(members[name], code=codes[name]).is_success, name
