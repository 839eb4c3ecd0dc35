"""With other secrets on the ring, what was sealed before can still be read, and what was sent before is still known."""

import pytest
import time_machine
from typer.testing import CliRunner

from app.cli import app
from app.core.crypto.key_ring import new_entry
from tests.conftest import KEYS, MakeService
from tests.factories.results import agreed, new_id, told
from tests.factories.rows import all_rows
from tests.factories.runs import MORNING, Walker, calendar_path, change_of, start
from tests.factories.services import Service

WORDS = "The door was open, and I went in."
NEW = new_entry("new-")


def rotate(service: Service) -> None:
    environment = {
        "TWENTYONE_DATABASE_URL": service.settings.database.render_as_string(hide_password=False),
        "TWENTYONE_KEYS": f"{NEW},{KEYS}",
    }
    assert CliRunner().invoke(app, ["keys", "rotate"], env=environment).exit_code == 0


@pytest.mark.parametrize("keys", [NEW, f"{NEW},{KEYS}"], ids=["new", "both"])
def test_after_a_rotation_notes_and_the_calendar_are_there_as_before(
    make_service: MakeService, service: Service, keys: str
) -> None:
    with time_machine.travel(MORNING, tick=False) as clock:
        walker, run_id = Walker(agreed(service), clock), new_id()
        assert start(walker.person, run_id).status_code == 201
        walker.note(1, completed=True, tasks={"first-1": True}, mood_before=2)
        change = change_of(1, MORNING, reflection=WORDS)
        walker.sync(change)
        path, day, sealed = calendar_path(walker), walker.read(1), all_rows(service.database)["day_notes"]
        rotate(service)

        after = make_service(service.settings.database, keys=keys)
        walker.person.client = after.client
        assert walker.person.sign_in().status_code == 200

        assert walker.read(1) == day
        assert day["progress"]["reflection"] == WORDS
        assert calendar_path(walker) == path
        assert after.client.get(path).status_code == 200
        assert all_rows(service.database)["day_notes"] == sealed
        assert walker.sync(change)["results"][0]["status"] == "unchanged"
        assert start(walker.person, run_id).status_code == 200
        assert told(start(walker.person, run_id, pace="gentle")) == (409, "id_reused")
        assert walker.note(1, mood_after=5)["progress"]["mood_before"] == 2
