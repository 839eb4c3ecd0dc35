"""What matters to an account's security is written down and told to the logs, and nothing secret with it."""

import json

import pytest

from tests.factories.services import PASSWORD, Service, post

NEW = "two birds on a wire"


def test_security_events_are_logged_with_the_members_id(service: Service, capsys: pytest.CaptureFixture[str]) -> None:
    person = service.register("ana@example.org")
    post(service.client, "/v1/auth/login", {"email": "ana@example.org", "password": "wrong"})
    post(service.client, "/v1/auth/login", {"email": "nobody@example.org", "password": "wrong"})
    person.keep(person.ask("PUT", "/v1/me/password", {"current_password": PASSWORD, "new_password": NEW}))
    member_id = person.ask("GET", "/v1/me").json()["id"]
    stolen = person.refresh
    for _ in range(2):
        person.renew()
    post(service.client, "/v1/auth/refresh", {"refresh_token": stolen})

    lines = [json.loads(line) for line in capsys.readouterr().err.splitlines() if line.startswith("{")]
    told = [(line["event"], line["member"]) for line in lines if line["logger"] == "app.security"]
    assert told == [
        ("registered", member_id),
        ("signed_in", member_id),
        ("wrong_password", member_id),
        ("wrong_password", None),
        ("sessions_ended", member_id),
        ("password_changed", member_id),
        ("signed_in", member_id),
        ("refresh_token_reused", member_id),
    ]


def test_each_sign_in_is_a_session_of_its_own(service: Service) -> None:
    person = service.register()
    before = person.refresh
    person.sign_in()

    page = person.ask("GET", "/v1/me/sessions").json()
    assert len({each["id"] for each in page["items"]}) == page["total"] == 2
    assert person.refresh[:46] != before[:46]  # the part that names the session
