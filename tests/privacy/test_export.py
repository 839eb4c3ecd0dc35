"""An export holds everything, and only one's own."""

from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import event

from app.privacy.schemas import Export
from tests.factories.services import PASSWORD, Service


def test_an_export_holds_everything_that_is_kept(service: Service) -> None:
    person = service.register_verified(
        "ana@example.org",
        display_name="Ana",
        time_zone="Europe/Dublin",
        consents=[{"purpose": "health_data", "granted": True, "version": "1"}],
    )
    person.on_another_device(device_name="Ana's tablet")
    person.ask("PUT", "/v1/me/email", {"email": "ana.new@example.org", "current_password": PASSWORD})
    service.mails()

    reply = person.ask("GET", "/v1/me/export")

    assert reply.status_code == 200
    assert reply.headers["Content-Disposition"] == 'attachment; filename="export.json"'
    export = TypeAdapter(Export).validate_json(reply.content)
    assert (export.account.email, export.account.display_name) == ("ana@example.org", "Ana")
    assert {session.device for session in export.sessions} >= {"Ana's tablet"}
    assert [(each.purpose, each.granted, each.version) for each in export.consents] == [("health_data", True, "1")]
    assert [(each.purpose, each.address) for each in export.links] == [("move", "ana.new@example.org")]
    assert [mail.kind for mail in export.mails] == ["confirm_address", "new_address"]
    assert all(mail.sent_at for mail in export.mails)
    assert all(each.session_id for each in export.security_events if each.event == "signed_in")
    events = [each.event for each in export.security_events]
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


def test_an_export_holds_nothing_of_anybody_else(service: Service) -> None:
    service.register_verified("ben@example.org", display_name="Ben")
    ana = service.register_verified("ana@example.org")

    assert "ben" not in ana.ask("GET", "/v1/me/export").text.lower()


def test_an_export_shows_no_key_hash_or_token(service: Service) -> None:
    ana = service.register_verified()

    text = ana.ask("GET", "/v1/me/export").text

    assert "argon2" not in text
    assert ana.refresh not in text
    assert ana.access not in text
    assert not {"password_hash", "sealed", "wrapped", "digest", "counter"} & set(text.replace('"', " ").split())


def test_who_has_not_confirmed_their_address_exports_nothing(service: Service) -> None:
    reply = service.register().ask("GET", "/v1/me/export")

    assert (reply.status_code, reply.json()["code"]) == (403, "address_unverified")


def test_who_is_signed_out_meanwhile_takes_nothing_along(service: Service) -> None:
    person = service.register_verified()
    phone = person.on_another_device()

    engine = service.app.state.services.web.database.reads
    begin = "BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY" if engine.dialect.name == "postgresql" else "BEGIN"
    ended: list[int] = []

    @event.listens_for(engine, "before_cursor_execute")
    def end_sessions(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        """Before the snapshot of the export begins."""
        if statement == begin and not ended:
            ended.append(phone.ask("DELETE", "/v1/me/sessions").status_code)

    assert person.ask("GET", "/v1/me/export").status_code == 401
    assert ended == [204]
