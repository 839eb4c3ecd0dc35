"""Tests for a member's own profile, password and sessions."""

from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import pytest
from sqlalchemy import event

from app.accounts.credentials.sessions import start_session
from app.accounts.members import member_by_address
from app.accounts.services import Caller
from app.core.timestamps import utc_now
from tests.factories.services import PASSWORD, MemberClient, Service, post, token_from_email

IPHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    "Version/17.5 Mobile/15E148 Safari/604.1"
)
NEW_PASSWORD = "two birds on a wire"


def test_change_profile_updates_only_sent_fields(service: Service) -> None:
    member = service.register(display_name="Ana")

    response = member.request("PATCH", "/v1/me", {"time_zone": "Asia/Kolkata", "language": "hi-IN"})

    assert response.json()["display_name"] == "Ana"
    assert response.json() == member.request("GET", "/v1/me").json()
    assert (response.json()["time_zone"], response.json()["language"]) == ("Asia/Kolkata", "hi-IN")
    assert member.request("PATCH", "/v1/me", {"display_name": None}).json()["display_name"] is None
    assert member.request("PATCH", "/v1/me", {}).json()["time_zone"] == "Asia/Kolkata"


@pytest.mark.parametrize(
    "change",
    [
        {"time_zone": None},
        {"language": None},
        {"time_zone": ""},
        {"language": ""},
        {"email": "other@example.org"},
        {"password": NEW_PASSWORD},
        {"email_verified": True},
    ],
)
def test_change_profile_with_invalid_field_returns_422(service: Service, change: dict[str, object]) -> None:
    member = service.register()
    before = member.request("GET", "/v1/me").json()

    response = member.request("PATCH", "/v1/me", change)

    assert response.status_code == 422
    assert response.json()["errors"][0]["pointer"] == f"/{next(iter(change))}"
    assert member.request("GET", "/v1/me").json() == before


def test_log_out_ends_session_immediately(service: Service) -> None:
    member = service.register()
    phone = member.sign_in_on_new_device()

    assert member.request("POST", "/v1/auth/logout").status_code == 204

    assert member.request("GET", "/v1/me").status_code == 401
    assert member.request("POST", "/v1/auth/logout").status_code == 401
    assert member.refresh_session().status_code == 401
    assert phone.request("GET", "/v1/me").status_code == 200


def test_change_password_ends_all_sessions_and_starts_one(service: Service) -> None:
    member = service.register()
    phone = member.sign_in_on_new_device()
    old_client = MemberClient(
        service.client, member.email, access_token=member.access_token, refresh_token=member.refresh_token
    )

    response = member.request("PUT", "/v1/me/password", {"current_password": PASSWORD, "new_password": NEW_PASSWORD})

    assert response.status_code == 200
    member.store_tokens(response)
    assert member.request("GET", "/v1/me").status_code == 200
    for client in (old_client, phone):
        assert client.request("GET", "/v1/me").status_code == 401
        assert client.refresh_session().status_code == 401
    assert old_client.sign_in().status_code == 401
    assert MemberClient(service.client, member.email, NEW_PASSWORD).sign_in().status_code == 200
    assert service.sent_emails(to=member.email)[-1]["Subject"] == "Your password was changed"


@pytest.mark.parametrize("current", ["", "wrong", PASSWORD.upper(), f"{PASSWORD} "])
def test_change_password_with_wrong_current_password_returns_403(service: Service, current: str) -> None:
    member = service.register()

    response = member.request("PUT", "/v1/me/password", {"current_password": current, "new_password": NEW_PASSWORD})

    assert (response.status_code, response.json()["code"]) == (403, "wrong_password")
    assert response.json()["errors"][0]["pointer"] == "/current_password"
    assert member.request("GET", "/v1/me").status_code == 200


def test_change_weak_password_changes_nothing(service: Service) -> None:
    member = service.register("ophelia.marlborough@example.org")
    change = {"current_password": PASSWORD, "new_password": "ophelia.marlborough"}

    response = member.request("PUT", "/v1/me/password", change)

    assert (response.status_code, response.json()["code"]) == (422, "weak_password")
    assert response.json()["errors"][0]["pointer"] == "/new_password"
    assert member.request("GET", "/v1/me").status_code == 200


def test_weak_new_passwords_do_not_count_as_failed_attempts(service: Service) -> None:
    member = service.register()
    change = {"current_password": PASSWORD, "new_password": "password1234"}

    assert [member.request("PUT", "/v1/me/password", change).status_code for _ in range(7)] == [422] * 7


def test_concurrent_password_changes_succeed_once(service: Service) -> None:
    member = service.register()

    def change_password_to(new: str) -> int:
        body = {"current_password": PASSWORD, "new_password": new}
        return member.request("PUT", "/v1/me/password", body).status_code

    with ThreadPoolExecutor(2) as pool:
        statuses = list(pool.map(change_password_to, [NEW_PASSWORD, "three fish in the sea"]))

    assert statuses.count(200) == 1
    assert set(statuses) <= {200, 401, 403}


def test_sessions_are_listed_with_device_and_place(service: Service) -> None:
    member = service.register()
    body = {"email": member.email, "password": PASSWORD}
    post(service.client, "/v1/auth/login", body, headers={"User-Agent": IPHONE})
    member.sign_in_on_new_device(device_name="Ana's tablet")

    page = member.request("GET", "/v1/me/sessions").json()

    assert (page["total"], page["next"]) == (3, None)
    assert [session["device"] for session in page["items"]][:2] == ["Ana's tablet", "Mobile Safari on iOS"]
    assert [session["is_current"] for session in page["items"]] == [False, False, True]
    assert {session["place"] for session in page["items"]} == {None}


def test_sessions_are_paginated(service: Service) -> None:
    member = service.register()
    for _ in range(4):
        MemberClient(service.client, member.email).sign_in()

    first_page = member.request("GET", "/v1/me/sessions?limit=3")
    second_page = member.request("GET", f"/v1/me/sessions?limit=3&cursor={first_page.json()['next']}")

    ids = [session["id"] for page in (first_page, second_page) for session in page.json()["items"]]
    assert len(set(ids)) == len(ids) == 5
    assert 'rel="next"' in first_page.headers["Link"]


def test_end_session_ends_one_session(service: Service) -> None:
    member = service.register()
    phone = member.sign_in_on_new_device()
    [other_id] = [
        session["id"]
        for session in member.request("GET", "/v1/me/sessions").json()["items"]
        if not session["is_current"]
    ]

    assert member.request("GET", f"/v1/me/sessions/{other_id}").json()["is_current"] is False
    assert member.request("DELETE", f"/v1/me/sessions/{other_id}").status_code == 204

    assert member.request("GET", f"/v1/me/sessions/{other_id}").json()["code"] == "session_not_found"
    assert phone.request("GET", "/v1/me").status_code == 401
    assert member.request("GET", "/v1/me").status_code == 200
    repeated = member.request("DELETE", f"/v1/me/sessions/{other_id}")
    unknown = member.request("DELETE", f"/v1/me/sessions/{uuid4()}")
    assert (repeated.status_code, repeated.content) == (unknown.status_code, unknown.content)
    assert repeated.json()["code"] == "session_not_found"


@pytest.mark.parametrize(("query", "remains_signed_in"), [("", False), ("?which=all", False), ("?which=others", True)])
def test_end_sessions_ends_all_or_others(service: Service, query: str, *, remains_signed_in: bool) -> None:
    member = service.register()
    phone = member.sign_in_on_new_device()

    assert member.request("DELETE", f"/v1/me/sessions{query}").status_code == 204

    assert phone.request("GET", "/v1/me").status_code == 401
    assert member.request("GET", "/v1/me").status_code == (200 if remains_signed_in else 401)


def test_devices_that_end_other_sessions_do_not_deadlock(service: Service) -> None:
    member = service.register()
    devices = [member.sign_in_on_new_device() for _ in range(10)]

    with ThreadPoolExecutor(10) as pool:
        responses = list(pool.map(lambda device: device.request("DELETE", "/v1/me/sessions"), devices))

    assert sorted(response.status_code for response in responses) == [204] + [401] * 9


def test_sign_in_beyond_100_sessions_ends_least_recently_used(service: Service) -> None:
    member = service.register()
    accounts = service.app.state.services.accounts
    first_client = MemberClient(service.client, member.email, access_token=member.access_token)
    with service.database.transaction() as session:
        stored_member = member_by_address(session, accounts.ring, member.email)
        assert stored_member
        for _ in range(100):
            start_session(session, accounts, stored_member, Caller("unknown", "x"), now=utc_now())

    assert first_client.request("GET", "/v1/me").status_code == 401
    assert member.sign_in().status_code == 200
    assert member.request("GET", "/v1/me/sessions").json()["total"] == 100


def test_verify_email_with_token_of_other_member_returns_422(service: Service) -> None:
    ana, ben = service.register(), service.register()
    token = token_from_email(service.sent_emails(to=ana.email)[-1])

    response = ben.request("POST", "/v1/auth/verify-email", {"token": token})

    assert (response.status_code, response.json()["code"]) == (422, "token_not_good")
    assert ana.request("GET", "/v1/me").json()["email_verified"] is False
    assert ana.request("POST", "/v1/auth/verify-email", {"token": token}).status_code == 204
    assert ana.request("GET", "/v1/me").json()["email_verified"] is True
    assert ana.request("POST", "/v1/auth/verify-email", {"token": token}).status_code == 422


@pytest.mark.parametrize(
    ("path", "count"),
    [("/v1/me", 2), ("/v1/me/consents/health_data", 2), ("/v1/me/sessions/{id}", 2), ("/v1/me/sessions", 3)],
)
def test_reads_take_two_round_trips_and_lists_three(service: Service, path: str, count: int) -> None:
    member = service.register()
    path = path.replace("{id}", member.request("GET", "/v1/me/sessions").json()["items"][0]["id"])
    statements: list[str] = []
    engine = service.app.state.services.web.database.reads

    @event.listens_for(engine, "before_cursor_execute")
    def record_statement(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        statements.append(statement)

    assert member.request("GET", path).status_code == 200

    assert len(statements) == count
