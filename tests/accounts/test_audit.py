"""Tests for the security log: sign-ins, password changes and similar events are logged with the member's id."""

import json

import pytest

from tests.factories.services import PASSWORD, Service, post

NEW_PASSWORD = "two birds on a wire"


def test_security_events_are_logged_with_member_id(service: Service, capsys: pytest.CaptureFixture[str]) -> None:
    member = service.register("ana@example.org")
    post(service.client, "/v1/auth/login", {"email": "ana@example.org", "password": "wrong"})
    post(service.client, "/v1/auth/login", {"email": "nobody@example.org", "password": "wrong"})
    member.store_tokens(
        member.request("PUT", "/v1/me/password", {"current_password": PASSWORD, "new_password": NEW_PASSWORD})
    )
    member_id = member.request("GET", "/v1/me").json()["id"]
    old_token = member.refresh_token
    for _ in range(2):
        member.refresh_session()
    post(service.client, "/v1/auth/refresh", {"refresh_token": old_token})

    lines = [json.loads(line) for line in capsys.readouterr().err.splitlines() if line.startswith("{")]
    events = [(line["event"], line["member"]) for line in lines if line["logger"] == "app.security"]
    assert events == [
        ("registered", member_id),
        ("signed_in", member_id),
        ("wrong_password", member_id),
        ("wrong_password", None),
        ("sessions_ended", member_id),
        ("password_changed", member_id),
        ("signed_in", member_id),
        ("refresh_token_reused", member_id),
    ]


def test_each_sign_in_creates_session(service: Service) -> None:
    member = service.register()
    first_token = member.refresh_token
    member.sign_in()

    page = member.request("GET", "/v1/me/sessions").json()
    assert len({session["id"] for session in page["items"]}) == page["total"] == 2
    assert member.refresh_token[:46] != first_token[:46]  # these characters contain the session id
