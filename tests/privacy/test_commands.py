"""`twentyone accounts`: enough to help somebody, and no more."""

import json
from collections.abc import Callable
from uuid import UUID

import pytest
from typer.testing import CliRunner, Result

from app.cli import app
from app.core.timestamps import utc_now
from tests.conftest import KEYS
from tests.factories.services import Service

Run = Callable[..., Result]


@pytest.fixture
def run(service: Service) -> Run:
    """Runs `twentyone accounts` beside the service."""
    environment = {
        "TWENTYONE_DATABASE_URL": service.settings.database.render_as_string(hide_password=False),
        "TWENTYONE_KEYS": KEYS,
        "TWENTYONE_VAR_DIR": str(service.settings.var_dir),
        "COLUMNS": "200",
    }

    def invoke(*arguments: str, said: str | None = None) -> Result:
        return CliRunner().invoke(app, ["accounts", *arguments], env=environment, input=said)

    return invoke


def test_members_are_listed_with_their_addresses_hidden(service: Service, run: Run) -> None:
    service.register_verified("ana@example.org", display_name="Ana")
    service.register("ben@example.org")

    result = run("list", "--json")

    ben, ana = (json.loads(line) for line in result.stdout.splitlines())
    assert (ana["address"], ana["verified"], ana["sessions"]) == ("a***@example.org", True, 1)
    assert (ben["address"], ben["verified"]) == ("b***@example.org", False)
    table = run("list").stdout
    assert "a***@example.org" in table
    assert "ana@" not in table


def test_a_member_is_found_by_address_or_id(service: Service, run: Run) -> None:
    ana = service.register("ana@example.org")
    service.register("ben@example.org")
    member_id = ana.ask("GET", "/v1/me").json()["id"]

    for who in ("Ana@example.org", member_id):
        [line] = run("list", who, "--json").stdout.splitlines()
        assert json.loads(line)["id"] == member_id
    for who in ("nobody@example.org", "6f1c7e0a-4c1f-4a57-9a2e-0d8f3f2b7c11"):
        assert (run("list", who).exit_code, run("sessions", who).exit_code, run("erase", who).exit_code) == (1, 1, 1)


def test_sessions_are_shown_and_ended(service: Service, run: Run) -> None:
    person = service.register("ana@example.org")
    person.on_another_device(device_name="Ana's tablet")

    assert "Ana's tablet" in run("sessions", "ana@example.org").stdout
    assert person.ask("GET", "/v1/me").status_code == 200
    assert run("sessions", "ana@example.org", "--end").stdout == "2 sessions ended.\n"

    assert person.ask("GET", "/v1/me").status_code == 401


def test_erasing_asks_first(service: Service, run: Run) -> None:
    person = service.register("ana@example.org")

    assert run("erase", "ana@example.org", said="n\n").exit_code == 1
    assert person.ask("GET", "/v1/me").status_code == 200
    assert run("erase", "ana@example.org", said="y\n").exit_code == 0

    assert person.ask("GET", "/v1/me").status_code == 401
    assert run("list", "ana@example.org").exit_code == 1
    assert len(service.settings.erasures.read_text().splitlines()) == 1


def test_erasures_are_applied_again(service: Service, run: Run) -> None:
    service.register("ana@example.org")
    assert run("reapply-erasures").stdout == "0 members erased again.\n"
    person = service.register("ben@example.org")
    erasures = service.app.state.services.privacy.erasures
    erasures.add([erasures.mark(UUID(person.ask("GET", "/v1/me").json()["id"]))], now=utc_now())

    assert run("reapply-erasures").stdout == "1 member erased again.\n"

    assert person.sign_in().status_code == 401


def test_without_the_rings_secret_nothing_is_shown(service: Service, run: Run) -> None:
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
