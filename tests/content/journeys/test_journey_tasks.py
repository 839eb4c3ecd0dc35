"""Tests for removing tasks from a 21-day journey: it requires --force if members may have completed them."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from app.cli import app
from app.content.plan import Action, ContentChange
from tests.conftest import MakeService
from tests.content.conftest import Workspace, replace_in
from tests.factories.content import write_article, write_questionnaire
from tests.factories.journeys import write_day, write_journey
from tests.factories.services import Service
from tests.security import member_requests

RUN = f"{member_requests.RUNS_PATH}/current"
REMOVED = "task 'first-1', 'second-1' was removed, but members have notes on this day: restore it or use --force"


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


def test_removing_tasks_on_day_with_notes_requires_force(
    workspace: Workspace, command: Callable[..., Result], service: Service
) -> None:
    write_day(workspace.directory, 1, tasks=[{"id": "third", "text": "A task."}], title="Another title")
    write_day(workspace.directory, 2, tasks=[{"id": "fourth", "text": "A task."}])
    replace_in(workspace.directory / "journey" / "journey.yaml", "title: A journey", "title: Another")

    for name in ("diff", "load"):
        result = command(name)
        assert (result.exit_code, result.stdout) == (1, f"journey/day-01.md:1: {REMOVED}\n")
        assert result.stderr == "1 error; nothing was written.\n"
    for name in ("diff", "load"):
        assert "third" not in service.members[0].request("GET", f"{RUN}/days/1").json()["progress"]["tasks"]
        forced = command(name, "--force")
        output = "changed      journey       21-days (title, day 1, day 2)\n1 change.\n"
        assert (forced.exit_code, forced.stdout) == (0, output)
    assert list(service.members[0].request("GET", f"{RUN}/days/1").json()["progress"]["tasks"]) == ["third"]


def test_other_changes_of_day_with_notes_are_loaded(workspace: Workspace) -> None:
    tasks = [{"id": name, "text": "In other words."} for name in ("new", "second-1", "first-1")]
    write_day(workspace.directory, 1, tasks=tasks, title="Another title")

    assert workspace.load().changes == [ContentChange("journey", "21-days", Action.CHANGED, ("day 1",))]


def test_removed_journey_continues_for_members_who_started_it(workspace: Workspace, service: Service) -> None:
    shutil.rmtree(workspace.directory / "journey")

    assert workspace.load().changes == [ContentChange("journey", "21-days", Action.UNPUBLISHED)]
    assert service.members[0].request("GET", f"{RUN}/days/1").status_code == 200
