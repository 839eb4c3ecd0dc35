"""Tests for the `twentyone accounts` commands."""

import json
from uuid import UUID

from typer.testing import CliRunner

from app.cli import app
from app.core.timestamps import utc_now
from tests.factories.services import Service
from tests.privacy.conftest import Run


def test_list_masks_email_addresses(service: Service, run: Run) -> None:
    service.register_verified("ana@example.org", display_name="Ana")
    service.register("ben@example.org")

    result = run("list", "--json")

    ben, ana = (json.loads(line) for line in result.stdout.splitlines())
    assert (ana["address"], ana["verified"], ana["sessions"]) == ("a***@example.org", True, 1)
    assert (ben["address"], ben["verified"]) == ("b***@example.org", False)
    table = run("list").stdout
    assert "a***@example.org" in table
    assert "ana@" not in table


def test_commands_find_member_by_address_or_id(service: Service, run: Run) -> None:
    ana = service.register("ana@example.org")
    service.register("ben@example.org")
    member_id = ana.request("GET", "/v1/me").json()["id"]

    for argument in ("Ana@example.org", member_id):
        [line] = run("list", argument, "--json").stdout.splitlines()
        assert json.loads(line)["id"] == member_id
    for argument in ("nobody@example.org", "6f1c7e0a-4c1f-4a57-9a2e-0d8f3f2b7c11"):
        assert [run(command, argument).exit_code for command in ("list", "sessions", "erase")] == [1, 1, 1]


def test_sessions_lists_devices(service: Service, run: Run) -> None:
    member = service.register("ana@example.org")
    member.sign_in_on_new_device(device_name="Ana's tablet")

    assert "Ana's tablet" in run("sessions", "ana@example.org").stdout


def test_erase_asks_for_confirmation(service: Service, run: Run) -> None:
    member = service.register("ana@example.org")

    assert run("erase", "ana@example.org", answer="n\n").exit_code == 1
    assert member.request("GET", "/v1/me").status_code == 200
    assert run("erase", "ana@example.org", answer="y\n").exit_code == 0

    assert member.request("GET", "/v1/me").status_code == 401
    assert run("list", "ana@example.org").exit_code == 1
    assert len(service.settings.erasures.read_text().splitlines()) == 1


def test_reapply_erasures_erases_logged_members(service: Service, run: Run) -> None:
    service.register("ana@example.org")
    assert run("reapply-erasures").stdout == "0 erasures repeated.\n"
    member = service.register("ben@example.org")
    erasure_log = service.app.state.services.privacy.erasure_log
    erasure_log.append([erasure_log.compute_mark(UUID(member.request("GET", "/v1/me").json()["id"]))], now=utc_now())

    assert run("reapply-erasures").stdout == "1 erasure repeated.\n"

    assert member.sign_in().status_code == 401


def test_list_when_secret_is_missing_fails(service: Service, run: Run) -> None:
    service.register("ana@example.org")

    result = CliRunner().invoke(
        app,
        ["accounts", "list"],
        env={
            "TWENTYONE_DATABASE_URL": service.settings.database.render_as_string(hide_password=False),
            "TWENTYONE_KEYS": "other:Qm5vYxT8eRZ1uWcA7nHd4sLpGfXb9iOyKtQzE3Mq0Jk",
        },
    )

    assert result.exit_code == 1
    assert "test-1" in result.stderr
