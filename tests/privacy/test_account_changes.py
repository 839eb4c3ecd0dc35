"""Tests for the commands with which operators change an account."""

from sqlmodel import col, select

from app.accounts.models import AuditEvent
from tests.factories.accounts import newest_email_token, request_reset_token, reset_password, sign_in_status
from tests.factories.services import PASSWORD, MemberClient, Service, post
from tests.privacy.conftest import Run

RIGHT_ADDRESS = "ana@example.org"


def events_of(service: Service, member_id: str) -> set[str]:
    with service.database.reads.connect() as connection:
        statement = select(col(AuditEvent.event)).where(col(AuditEvent.subject) == member_id)
        return set(connection.execute(statement).scalars())


def member_id_of(member: MemberClient) -> str:
    return str(member.request("GET", "/v1/me").json()["id"])


def verify_with_password(service: Service, password: str) -> int:
    body = {"token": newest_email_token(service, RIGHT_ADDRESS), "password": password}
    return post(service.client, "/v1/auth/verify-email", body).status_code


def test_correct_address_completes_with_password(service: Service, run: Run) -> None:
    member = service.register("anna@example.org")
    member_id = member_id_of(member)
    assert member.request("POST", "/v1/auth/logout").status_code == 204

    assert run("correct-address", "anna@example.org", RIGHT_ADDRESS).exit_code == 0

    assert sign_in_status(service, RIGHT_ADDRESS) == 401
    assert [verify_with_password(service, password) for password in ("not this one", PASSWORD)] == [403, 204]
    assert sign_in_status(service, RIGHT_ADDRESS) == 200
    assert sign_in_status(service, "anna@example.org") == 401
    assert {"address_corrected", "address_changed"} <= events_of(service, member_id)


def test_correct_address_of_detached_account_restores_it(service: Service, run: Run) -> None:
    member = service.register("anna@example.org")
    member_id = member_id_of(member)
    post(service.client, "/v1/auth/password/forgot", {"email": "anna@example.org"})
    body = {"token": newest_email_token(service, "anna@example.org"), "password": "nine quiet herons at dusk"}
    assert post(service.client, "/v1/auth/password/reset", body).status_code == 204
    assert member.request("GET", "/v1/me").json()["address_lost"]

    assert run("correct-address", member_id, RIGHT_ADDRESS).exit_code == 0

    assert verify_with_password(service, PASSWORD) == 204
    me = member.request("GET", "/v1/me").json()
    assert (me["id"], me["email"], me["address_lost"], me["email_verified"]) == (member_id, RIGHT_ADDRESS, False, True)


def test_correct_address_refuses_confirmed_accounts_and_invalid_addresses(service: Service, run: Run) -> None:
    service.register_verified("ben@example.org")
    service.register("cleo@example.org")
    before = len(service.sent_emails())

    results = [
        run("correct-address", "ben@example.org", RIGHT_ADDRESS),
        run("correct-address", "cleo@example.org", "not an address"),
        run("correct-address", "nobody@example.org", RIGHT_ADDRESS),
    ]

    assert [result.exit_code for result in results] == [1, 1, 1]
    assert len(service.sent_emails()) == before


def test_end_sessions_signs_out_all_devices(service: Service, run: Run) -> None:
    member = service.register("ana@example.org")
    member_id = member_id_of(member)
    member.sign_in_on_new_device()

    assert run("end-sessions", "ana@example.org").stdout == "2 sessions ended.\n"

    assert member.request("GET", "/v1/me").status_code == 401
    assert "sessions_ended_by_operator" in events_of(service, member_id)
    assert member.sign_in().status_code == 200


def test_disable_prevents_every_sign_in_until_enable(service: Service, run: Run) -> None:
    member = service.register_verified("ana@example.org")
    member_id, other = member_id_of(member), service.register("ben@example.org")
    token = request_reset_token(service, member.email)

    assert run("disable", "ana@example.org").exit_code == 0

    assert other.sign_in().status_code == 200
    assert run("disable", other.email).exit_code == 0
    assert member.request("GET", "/v1/me").status_code == member.refresh_session().status_code == 401
    rejected = member.sign_in()
    assert (rejected.status_code, rejected.json()["code"]) == (403, "account_disabled")
    assert sign_in_status(service, "ana@example.org", "not this one") == 401
    post(service.client, "/v1/auth/password/forgot", {"email": "ana@example.org"})
    reset = {"token": newest_email_token(service, "ana@example.org"), "password": "nine quiet herons at dusk"}
    assert post(service.client, "/v1/auth/password/reset", reset).json()["code"] == "account_disabled"
    post(service.client, "/v1/auth/code", {"email": "ana@example.org"})
    lines = str(service.sent_emails(to="ana@example.org")[-1].get_content()).splitlines()
    code = next(line for line in lines if line.isdigit())
    verified = post(service.client, "/v1/auth/code/verify", {"email": "ana@example.org", "code": code})
    assert verified.json()["code"] == "account_disabled"

    assert run("enable", member_id).exit_code == 0
    assert [client.sign_in().status_code for client in (member, other)] == [200, 403]
    assert reset_password(service.client, token).status_code == 422
    assert {"disabled", "enabled"} <= events_of(service, member_id)
