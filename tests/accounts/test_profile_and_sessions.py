"""Tests for a member's own profile, password and sessions."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from uuid import uuid4

import pytest
import time_machine

from app.accounts.credentials.sessions import start_session
from app.accounts.members import member_by_address
from app.accounts.services import Caller
from app.core.timestamps import utc_now
from tests.factories.accounts import (
    NEW_PASSWORD,
    NOON,
    change_password,
    newest_code,
    newest_email_token,
    recorded_statements,
    sign_in_status,
    verify_email,
)
from tests.factories.services import PASSWORD, MemberClient, Service, post

IPHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    "Version/17.5 Mobile/15E148 Safari/604.1"
)


def test_change_profile_updates_only_sent_fields(service: Service) -> None:
    member = service.register(display_name="Ana")

    response = member.request("PATCH", "/v1/me", {"time_zone": "Asia/Kolkata", "language": "hi-IN", "country": "in"})

    assert (response.json()["display_name"], response.json()["country"]) == ("Ana", "IN")
    assert response.json() == member.request("GET", "/v1/me").json()
    assert (response.json()["time_zone"], response.json()["language"]) == ("Asia/Kolkata", "hi-IN")
    removed = member.request("PATCH", "/v1/me", {"display_name": None, "country": None}).json()
    assert (removed["display_name"], removed["country"]) == (None, None)
    assert member.request("PATCH", "/v1/me", {}).json()["time_zone"] == "Asia/Kolkata"


def test_change_profile_with_invalid_field_changes_nothing(service: Service) -> None:
    member = service.register()
    before = member.request("GET", "/v1/me").json()

    response = member.request("PATCH", "/v1/me", {"display_name": "Bo", "time_zone": None})

    assert (response.status_code, response.json()["errors"][0]["pointer"]) == (422, "/time_zone")
    assert member.request("GET", "/v1/me").json() == before


def test_log_out_ends_session_immediately(service: Service) -> None:
    member = service.register()
    phone = member.sign_in_on_new_device()

    assert member.request("POST", "/v1/auth/logout").status_code == 204

    assert member.request("GET", "/v1/me").status_code == 401
    assert member.request("POST", "/v1/auth/logout").status_code == 401
    assert member.refresh_session().status_code == 401
    assert '"signed_out"' in phone.request("GET", "/v1/me/export").text


def test_change_password_ends_all_sessions_and_starts_one(service: Service) -> None:
    member = service.register_verified()
    phone = member.sign_in_on_new_device()
    old_client = MemberClient(
        service.client, member.email, access_token=member.access_token, refresh_token=member.refresh_token
    )

    response = change_password(member)

    assert response.status_code == 200
    member.store_tokens(response)
    assert member.request("GET", "/v1/me").status_code == 200
    for client in (old_client, phone):
        assert client.request("GET", "/v1/me").status_code == 401
        assert client.refresh_session().status_code == 401
    assert old_client.sign_in().status_code == 401
    assert sign_in_status(service, member.email, NEW_PASSWORD) == 200
    assert service.sent_emails(to=member.email)[-1]["Subject"] == "Your password was changed"


def test_change_password_with_wrong_current_password_returns_403(service: Service) -> None:
    member = service.register()

    for wrong in ("", PASSWORD.upper(), f"{PASSWORD} "):
        response = change_password(member, current=wrong)

        assert (response.status_code, response.json()["code"]) == (403, "wrong_password")
        assert response.json()["errors"][0]["pointer"] == "/current_password"
    assert member.request("GET", "/v1/me").status_code == 200


def test_weak_new_password_changes_nothing_and_is_not_failed_attempt(service: Service) -> None:
    member = service.register("ophelia.marlborough@example.org")

    for _ in range(7):
        response = change_password(member, new="ophelia.marlborough")

        assert (response.status_code, response.json()["code"]) == (422, "weak_password")
        assert response.json()["errors"][0]["pointer"] == "/new_password"
    assert member.request("GET", "/v1/me").status_code == 200
    assert change_password(member).status_code == 200


def test_concurrent_password_changes_succeed_once(service: Service) -> None:
    member = service.register()

    with ThreadPoolExecutor(2) as pool:
        responses = pool.map(lambda new: change_password(member, new=new), [NEW_PASSWORD, "three fish in the sea"])
        statuses = [response.status_code for response in responses]

    assert statuses.count(200) == 1
    assert set(statuses) <= {200, 401, 403}


def test_sessions_are_listed_with_device_in_pages(service: Service) -> None:
    member = service.register()
    body = {"email": member.email, "password": PASSWORD}
    post(service.client, "/v1/auth/login", body, headers={"User-Agent": IPHONE})
    member.sign_in_on_new_device(device_name="Ana's tablet").refresh_session()

    first_page = member.request("GET", "/v1/me/sessions?limit=2")
    second_page = member.request("GET", f"/v1/me/sessions?limit=2&cursor={first_page.json()['next']}")

    assert 'rel="next"' in first_page.headers["Link"]
    assert (first_page.json()["total"], second_page.json()["next"]) == (3, None)
    sessions = first_page.json()["items"] + second_page.json()["items"]
    assert [session["device"] for session in sessions][:2] == ["Ana's tablet", "Mobile Safari on iOS"]
    assert [session["is_current"] for session in sessions] == [False, False, True]
    assert {session["place"] for session in sessions} == {None}


def test_expired_session_is_neither_listed_nor_readable(service: Service) -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        member = service.register()
        [expired] = member.request("GET", "/v1/me/sessions").json()["items"]
        clock.shift(timedelta(days=60))
        assert member.sign_in().status_code == 200

        sessions = member.request("GET", "/v1/me/sessions").json()

        assert (sessions["total"], [item["is_current"] for item in sessions["items"]]) == (1, [True])
        assert member.request("GET", f"/v1/me/sessions/{expired['id']}").status_code == 404


def test_end_session_ends_one_session(service: Service) -> None:
    member = service.register()
    phone = member.sign_in_on_new_device()
    other_id = member.request("GET", "/v1/me/sessions").json()["items"][0]["id"]

    assert member.request("GET", f"/v1/me/sessions/{other_id}").json()["is_current"] is False
    assert member.request("DELETE", f"/v1/me/sessions/{other_id}").status_code == 204

    assert member.request("GET", f"/v1/me/sessions/{other_id}").json()["code"] == "session_not_found"
    assert phone.request("GET", "/v1/me").status_code == 401
    assert '"session_ended"' in member.request("GET", "/v1/me/export").text
    repeated, unknown = (member.request("DELETE", f"/v1/me/sessions/{id_}") for id_ in (other_id, uuid4()))
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
    service.register()  # the sessions of others do not count

    assert first_client.request("GET", "/v1/me").status_code == 401
    assert member.sign_in().status_code == 200
    assert member.request("GET", "/v1/me/sessions").json()["total"] == 100


def test_verify_email_accepts_only_members_own_token_repeatedly(service: Service) -> None:
    ana, ben = service.register(), service.register()
    token = newest_email_token(service, ana.email)

    response = verify_email(ben, token)

    assert (response.status_code, response.json()["code"]) == (403, "wrong_member")
    code = {"code": newest_code(service, ana.email)}
    assert ben.request("POST", "/v1/auth/verify-email", code).json()["code"] == "wrong_code"
    assert ana.request("GET", "/v1/me").json()["email_verified"] is False
    for _ in range(2):
        assert verify_email(ana, token).status_code == 204
        assert ana.request("GET", "/v1/me").json()["email_verified"] is True
    dead_token = newest_email_token(service, ana.email)[:-4] + "AAAA"
    assert verify_email(ana, dead_token).json()["code"] == "token_not_good"


def test_reads_take_two_round_trips_and_lists_three(service: Service) -> None:
    member = service.register()
    session_id = member.request("GET", "/v1/me/sessions").json()["items"][0]["id"]
    counts = {
        path: count_statements(service, member, path)
        for path in ("/v1/me", "/v1/me/consents/health_data", f"/v1/me/sessions/{session_id}", "/v1/me/sessions")
    }

    assert list(counts.values()) == [2, 2, 2, 3], counts


def count_statements(service: Service, member: MemberClient, path: str) -> int:
    with recorded_statements(service.app.state.services.web.database) as statements:
        assert member.request("GET", path).status_code == 200
    return len(statements)
