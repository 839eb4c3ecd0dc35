"""An export holds everything, and only one's own."""

from sqlalchemy import Connection, event

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
    export = Export.model_validate_json(reply.content)
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

    @event.listens_for(service.app.state.database.snapshot, "engine_connect", once=True)
    def end_sessions(_: Connection) -> None:
        """After the session was looked at, and before anything is read for the export."""
        assert phone.ask("DELETE", "/v1/me/sessions").status_code == 204

    assert person.ask("GET", "/v1/me/export").status_code == 401
