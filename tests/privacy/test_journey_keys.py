"""Tests that journey data is readable and requests can be repeated after a rotation of the encryption keys."""

import pytest
from time_machine import Traveller
from typer.testing import CliRunner

from app.cli import app
from app.core.crypto.key_ring import generate_entry
from tests.conftest import TEST_KEYS, MakeService
from tests.factories.results import consenting_member, new_id, status_and_code
from tests.factories.rows import all_rows
from tests.factories.runs import MORNING, RunClient, calendar_path, offline_change, start_run
from tests.factories.services import Service

REFLECTION = "The door was open, and I went in."
NEW_KEY = generate_entry("new-")


def rotate(service: Service) -> None:
    environment = {
        "TWENTYONE_DATABASE_URL": service.settings.database.render_as_string(hide_password=False),
        "TWENTYONE_KEYS": f"{NEW_KEY},{TEST_KEYS}",
    }
    assert CliRunner().invoke(app, ["keys", "rotate"], env=environment).exit_code == 0


@pytest.mark.parametrize("keys", [NEW_KEY, f"{NEW_KEY},{TEST_KEYS}"], ids=["new", "both"])
def test_notes_and_calendar_after_key_rotation_are_unchanged(
    make_service: MakeService, service: Service, clock: Traveller, keys: str
) -> None:
    run_client, run_id = RunClient(consenting_member(service), clock), new_id()
    assert start_run(run_client.member, run_id).status_code == 201
    run_client.update_day(1, completed=True, tasks={"first-1": True}, mood_before=2)
    change = offline_change(1, MORNING, reflection=REFLECTION)
    run_client.sync(change)
    path, day, encrypted_notes = (
        calendar_path(run_client),
        run_client.read_day(1),
        all_rows(service.database)["day_notes"],
    )
    rotate(service)

    restarted = make_service(service.settings.database, keys=keys)
    run_client.member.client = restarted.client
    assert run_client.member.sign_in().status_code == 200

    assert run_client.read_day(1) == day
    assert day["progress"]["reflection"] == REFLECTION
    assert calendar_path(run_client) == path
    assert restarted.client.get(path).status_code == 200
    assert all_rows(service.database)["day_notes"] == encrypted_notes
    assert run_client.sync(change)["results"][0]["status"] == "unchanged"
    assert start_run(run_client.member, run_id).status_code == 200
    assert status_and_code(start_run(run_client.member, run_id, pace="gentle")) == (409, "id_reused")
    assert run_client.update_day(1, mood_after=5)["progress"]["mood_before"] == 2
