"""Tests for exporting a member's data: the export is complete and contains no data of others."""

from datetime import timedelta
from typing import Any

import time_machine
from pydantic import TypeAdapter
from sqlalchemy import event

from app.privacy.schemas import Export
from tests.factories.accounts import NOON
from tests.factories.services import PASSWORD, Service


def test_export_contains_all_data(service: Service) -> None:
    member = service.register_verified(
        "ana@example.org",
        display_name="Ana",
        time_zone="Europe/Dublin",
        consents=[{"purpose": "health_data", "granted": True, "version": "1"}],
    )
    member.sign_in_on_new_device(device_name="Ana's tablet")
    member.request("PUT", "/v1/me/email", {"email": "ana.new@example.org", "current_password": PASSWORD})
    service.sent_emails()

    response = member.request("GET", "/v1/me/export")

    assert response.status_code == 200
    assert response.headers["Content-Disposition"] == 'attachment; filename="export.json"'
    export = TypeAdapter(Export).validate_json(response.content)
    assert (export.account.email, export.account.display_name) == ("ana@example.org", "Ana")
    assert {session.device for session in export.sessions} >= {"Ana's tablet"}
    assert [(consent.purpose, consent.granted, consent.version) for consent in export.consents] == [
        ("health_data", True, "1")
    ]
    assert [(link.purpose, link.address) for link in export.links] == [("move", "ana.new@example.org")]
    assert [mail.kind for mail in export.mails] == ["confirm_address", "new_address"]
    assert all(mail.sent_at for mail in export.mails)
    assert all(event.session_id for event in export.security_events if event.event == "signed_in")
    events = [event.event for event in export.security_events]
    assert sorted(events) == sorted(
        [
            "consent_granted",
            "registered",
            "signed_in",
            "address_verified",
            "signed_in",
            "address_change_asked",
            "exported",
        ]
    )


def test_export_contains_no_data_of_other_members(service: Service) -> None:
    service.register_verified("ben@example.org", display_name="Ben")
    ana = service.register_verified("ana@example.org")

    assert "ben" not in ana.request("GET", "/v1/me/export").text.lower()


def test_export_contains_no_key_hash_or_token(service: Service) -> None:
    ana = service.register_verified()

    text = ana.request("GET", "/v1/me/export").text

    assert "argon2" not in text
    assert ana.refresh_token not in text
    assert ana.access_token not in text
    assert not {"password_hash", "sealed", "wrapped", "digest", "counter"} & set(text.replace('"', " ").split())


def test_export_requires_recent_sign_in_but_no_verified_address(service: Service) -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        member = service.register()
        for minutes, status in ((4, 200), (1, 403)):
            clock.shift(timedelta(minutes=minutes))
            response = member.request("GET", "/v1/me/export")
            assert response.status_code == status
        assert (response.json()["code"], response.json()["methods"]) == (
            "reauthentication_required",
            ["password", "code"],
        )


def test_export_when_session_ends_during_it_returns_401(service: Service) -> None:
    member = service.register_verified()
    devices = [member.sign_in_on_new_device()]

    engine = service.app.state.services.web.database.reads
    begin = "BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY" if engine.dialect.name == "postgresql" else "BEGIN"
    statuses: list[int] = []

    @event.listens_for(engine, "before_cursor_execute")
    def end_sessions(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        """End all sessions just before the export starts to read the database."""
        if statement == begin and devices:
            statuses.append(devices.pop().request("DELETE", "/v1/me/sessions").status_code)

    assert member.request("GET", "/v1/me/export").status_code == 401
    assert statuses == [204]
