"""Tests for removing tasks from a 21-day journey: it requires --force if members may have completed them."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from app.cli import app
from app.content.plan import Action, ContentChange
from app.core.source_files.sources import InvalidContent
from tests.conftest import MakeService
from tests.content.conftest import Workspace, replace_in
from tests.factories.content import write_article, write_questionnaire
from tests.factories.journeys import write_day, write_journey
from tests.factories.services import Service
from tests.security import member_requests

RUN = f"{member_requests.RUNS_PATH}/current"
ONE_TASK = [{"id": "first-1", "text": "A task."}]
REMOVED = "task 'second-1' was removed, but members have notes on this day: restore it or use --force"


@pytest.fixture
def service(make_service: MakeService) -> Service:
    """Return a service with one member who has notes on day 1 but no completed tasks."""
    service = make_service()
    member = service.register()
    member_requests.create_run(service, member)
    assert member.request("PATCH", f"{RUN}/days/1", {"mood_before": 3}).status_code == 200
    return service


@pytest.fixture
def workspace(service: Service, content_dir: Path) -> Workspace:
    """Return a workspace with the same content as the service."""
    write_article(content_dir, "here-now")
    write_questionnaire(content_dir)
    write_journey(content_dir, assessment="attachment-reflection")
    workspace = Workspace(content_dir, service.database)
    assert workspace.diff() == []
    return workspace


@pytest.fixture
def command(service: Service, workspace: Workspace) -> Callable[..., Result]:
    """Return a function that runs `twentyone content` on the content directory."""
    environment = {"TWENTYONE_DATABASE_URL": service.settings.database.render_as_string(hide_password=False)}

    def run(*arguments: str) -> Result:
        return CliRunner().invoke(app, ["content", *arguments, str(workspace.directory)], env=environment)

    return run


def raised_errors(action: Callable[[], object]) -> list[str]:
    with pytest.raises(InvalidContent) as exc_info:
        action()
    return [str(error) for error in exc_info.value.errors]


def test_removing_task_on_day_with_notes_is_rejected(workspace: Workspace, service: Service) -> None:
    write_day(workspace.directory, 1, tasks=ONE_TASK, title="Another title")
    replace_in(workspace.directory / "journey" / "journey.yaml", "title: A journey", "title: Another")

    assert raised_errors(workspace.diff) == raised_errors(workspace.load) == [f"journey/day-01.md:1: {REMOVED}"]
    assert service.client.get("/v1/journeys/21-days").json()["title"] == "A journey"


def test_all_removed_tasks_are_reported(workspace: Workspace) -> None:
    write_day(workspace.directory, 1, tasks=[{"id": "third", "text": "A task."}])
    write_day(workspace.directory, 2, tasks=[{"id": "fourth", "text": "A task."}])

    [error] = raised_errors(workspace.diff)
    assert "task 'first-1', 'second-1' was removed" in error


def test_other_changes_of_day_with_notes_are_loaded(workspace: Workspace) -> None:
    tasks = [{"id": name, "text": "In other words."} for name in ("new", "second-1", "first-1")]
    write_day(workspace.directory, 1, tasks=tasks, title="Another title")
    write_day(workspace.directory, 2, tasks=[{"id": "only", "text": "A task."}])

    assert workspace.load().changes == [ContentChange("journey", "21-days", Action.CHANGED, ("day 1", "day 2"))]


def test_removed_journey_is_unlisted(workspace: Workspace, service: Service) -> None:
    shutil.rmtree(workspace.directory / "journey")

    assert workspace.load().changes == [ContentChange("journey", "21-days", Action.UNPUBLISHED)]
    assert service.members[0].request("GET", f"{RUN}/days/1").status_code == 200


@pytest.mark.parametrize("name", ["diff", "load"])
def test_command_that_removes_task_with_notes_requires_force(
    workspace: Workspace, command: Callable[..., Result], service: Service, name: str
) -> None:
    write_day(workspace.directory, 1, tasks=ONE_TASK)

    result, forced = command(name), command(name, "--force")

    assert (result.exit_code, result.stdout) == (1, f"journey/day-01.md:1: {REMOVED}\n")
    assert result.stderr == "1 error; nothing was written.\n"
    output = "changed      journey       21-days (day 1)\n1 change.\n"
    assert (forced.exit_code, forced.stdout) == (0, output)
    tasks = service.members[0].request("GET", f"{RUN}/days/1").json()["progress"]["tasks"]
    assert ("second-1" in tasks) is (name == "diff")


def test_check_counts_journey_and_reports_errors(workspace: Workspace, command: Callable[..., Result]) -> None:
    valid = command("check")
    (workspace.directory / "journey" / "day-21.md").unlink()
    invalid = command("check")

    assert (valid.exit_code, valid.stdout) == (0, "1 article, 1 assessment, 1 journey: no errors.\n")
    assert (invalid.exit_code, invalid.stderr) == (1, "1 error; nothing was written.\n")
    assert invalid.stdout.startswith("journey/day-21.md:1: is missing")
