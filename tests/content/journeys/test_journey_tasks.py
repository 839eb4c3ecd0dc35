"""A task that members may have ticked goes only if that is meant."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from app.cli import app
from app.content.plan import Action, ContentChange
from app.core.source_files.sources import ContentFaults
from tests.conftest import MakeService
from tests.content.conftest import Desk, replace_in
from tests.factories.content import write_article, write_questionnaire
from tests.factories.journeys import write_day, write_journey
from tests.factories.services import Service
from tests.security import belongings

RUN = f"{belongings.RUNS}/current"
ONE_TASK = [{"id": "first-1", "text": "A task."}]
GONE = "members have notes on this day, and task 'second-1' is gone: bring it back, or use --force"


@pytest.fixture
def service(make_service: MakeService) -> Service:
    """One with a member who noted something on day 1, and never ticked a task."""
    service = make_service()
    me = service.register()
    belongings.run(service, me)
    assert me.ask("PATCH", f"{RUN}/days/1", {"mood_before": 3}).status_code == 200
    return service


@pytest.fixture
def walking(service: Service, folder: Path) -> Desk:
    """The desk of the editor of what the service serves."""
    write_article(folder, "here-now")
    write_questionnaire(folder)
    write_journey(folder, assessment="attachment-reflection")
    desk = Desk(folder, service.database)
    assert desk.diff() == []
    return desk


@pytest.fixture
def command(service: Service, walking: Desk) -> Callable[..., Result]:
    """Runs `twentyone content` on the folder."""
    environment = {"TWENTYONE_DATABASE_URL": service.settings.database.render_as_string(hide_password=False)}

    def run(*arguments: str) -> Result:
        return CliRunner().invoke(app, ["content", *arguments, str(walking.folder)], env=environment)

    return run


def refused(deed: Callable[[], object]) -> list[str]:
    with pytest.raises(ContentFaults) as refusal:
        deed()
    return [str(fault) for fault in refusal.value.faults]


def test_a_task_on_a_day_with_notes_does_not_go(walking: Desk, service: Service) -> None:
    write_day(walking.folder, 1, tasks=ONE_TASK, title="Another title")
    replace_in(walking.folder / "journey" / "journey.yaml", "title: A journey", "title: Another")

    assert refused(walking.diff) == refused(walking.load) == [f"journey/day-01.md:1: {GONE}"]
    assert service.client.get("/v1/journeys/21-days").json()["title"] == "A journey"


def test_all_that_would_go_is_named(walking: Desk) -> None:
    write_day(walking.folder, 1, tasks=[{"id": "third", "text": "A task."}])
    write_day(walking.folder, 2, tasks=[{"id": "fourth", "text": "A task."}])

    [fault] = refused(walking.diff)
    assert "task 'first-1', 'second-1' is gone" in fault


def test_other_changes_of_a_day_with_notes_go_through(walking: Desk) -> None:
    tasks = [{"id": name, "text": "In other words."} for name in ("new", "second-1", "first-1")]
    write_day(walking.folder, 1, tasks=tasks, title="Another title")
    write_day(walking.folder, 2, tasks=[{"id": "only", "text": "A task."}])

    assert walking.load().changes == [ContentChange("journey", "21-days", Action.CHANGED, ("day 1", "day 2"))]


def test_a_journey_that_goes_away_as_a_whole_is_only_unlisted(walking: Desk, service: Service) -> None:
    shutil.rmtree(walking.folder / "journey")

    assert walking.load().changes == [ContentChange("journey", "21-days", Action.UNPUBLISHED)]
    assert service.people[0].ask("GET", f"{RUN}/days/1").status_code == 200


@pytest.mark.parametrize("name", ["diff", "load"])
def test_on_the_command_line_it_needs_to_be_forced(
    walking: Desk, command: Callable[..., Result], service: Service, name: str
) -> None:
    write_day(walking.folder, 1, tasks=ONE_TASK)

    result, forced = command(name), command(name, "--force")

    assert (result.exit_code, result.stdout) == (1, f"journey/day-01.md:1: {GONE}\n")
    assert result.stderr == "1 fault; nothing was written.\n"
    told = "changed      journey       21-days (day 1)\n1 change.\n"
    assert (forced.exit_code, forced.stdout) == (0, told)
    tasks = service.people[0].ask("GET", f"{RUN}/days/1").json()["progress"]["tasks"]
    assert ("second-1" in tasks) is (name == "diff")


def test_check_counts_it_and_tells_its_faults(walking: Desk, command: Callable[..., Result]) -> None:
    good = command("check")
    (walking.folder / "journey" / "day-21.md").unlink()
    faulty = command("check")

    assert (good.exit_code, good.stdout) == (0, "1 article, 1 assessment, 1 journey: all good.\n")
    assert (faulty.exit_code, faulty.stderr) == (1, "1 fault; nothing was written.\n")
    assert faulty.stdout.startswith("journey/day-21.md:1: is missing")
