"""Tests for the security log: sign-ins, password changes and similar events are logged with the member's id."""

import json

import pytest

from tests.factories.accounts import change_password, sign_in_status
from tests.factories.services import Service, post


def test_security_events_are_logged_with_member_id(service: Service, capsys: pytest.CaptureFixture[str]) -> None:
    member = service.register("ana@example.org")
    for address in (member.email, "nobody@example.org"):
        assert sign_in_status(service, address, "wrong") == 401
    member.store_tokens(change_password(member))
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
