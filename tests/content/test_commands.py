"""Tests for the `twentyone content` commands: output, exit codes and effects."""

from collections.abc import Callable, Iterator
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console
from sqlalchemy import URL
from typer.testing import CliRunner, Result

from app.cli import app
from app.content import commands
from app.content.commands import PROGRESS_BAR_MIN_ITEMS
from tests.conftest import Backend
from tests.content.conftest import Workspace, replace_in
from tests.factories.content import write_article
from tests.factories.journeys import write_journey

Run = Callable[..., Result]


def runner_for(url: URL) -> Run:
    """Return a function that runs `twentyone content` on the given database."""

    def run(*arguments: str | Path) -> Result:
        environment = {"TWENTYONE_DATABASE_URL": url.render_as_string(hide_password=False)}
        return CliRunner().invoke(app, ["content", *map(str, arguments)], env=environment)

    return run


@pytest.fixture
def run(database_url: URL) -> Run:
    return runner_for(database_url)


@pytest.fixture
def unmigrated(backend: Backend) -> Iterator[URL]:
    url = backend.create()
    yield url
    backend.drop(url)


def test_check_of_valid_directory_prints_counts(workspace: Workspace, run: Run) -> None:
    workspace.write("one")
    write_journey(workspace.directory)

    result = run("check", workspace.directory)

    assert (result.exit_code, result.stdout) == (0, "1 article, 0 assessments, 1 journey: no errors.\n")


def test_diff_prints_changes_that_load_makes(workspace: Workspace, run: Run) -> None:
    workspace.write("one")
    workspace.write("two")
    workspace.write("three")
    assert run("load", workspace.directory).exit_code == 0
    workspace.remove("one", "three")
    workspace.write("uno", former_slugs=["one"])
    workspace.write("two", category="living", topics=["friends"])
    workspace.write("four")

    diff = run("diff", workspace.directory)
    load = run("load", workspace.directory)
    second_load = run("load", workspace.directory)

    assert diff.stdout.split("\n") == [
        "created      article       four",
        "changed      article       two (category, topics)",
        "renamed      article       uno (formerly one; title, excerpt, former_slugs, seo)",
        "unpublished  article       three",
        "4 changes.",
        "",
    ]
    assert load.stdout == diff.stdout
    assert (second_load.exit_code, second_load.stdout) == (0, "No changes.\n")
    assert len(workspace.releases()) == 2


def test_commands_with_errors_exit_with_1_and_write_nothing(workspace: Workspace, run: Run) -> None:
    workspace.write("one")
    workspace.load()
    before = workspace.rows(), workspace.articles(), workspace.releases()
    workspace.write("two")
    workspace.write("three", titel="Three")
    replace_in(workspace.directory / "support.yaml", "country: GB", "country: NO")

    for command in ("check", "diff", "load"):
        result = run(command, workspace.directory)
        assert result.exit_code == 1
        assert result.stdout.split("\n") == [
            "articles/three.md:10: titel is unknown; did you mean 'title'?",
            "support.yaml:3: lines.1.country must be a text; put it in quotes",
            "",
        ]
        assert result.stderr == "2 errors; nothing was written.\n"
    assert (workspace.rows(), workspace.articles(), workspace.releases()) == before


def test_errors_are_printed_literally(content_dir: Path) -> None:
    """Brackets are not interpreted as markup, and `:100:` is not printed as an emoji."""
    write_article(content_dir, "one", body="\n" * 87 + "[x](#no)\n\n[x](:smile:)\n", **{"[red]": "A value."})

    result = CliRunner().invoke(app, ["content", "check", str(content_dir)])

    unknown, no_heading, no_link = result.stdout.splitlines()
    assert unknown == "articles/one.md:10: [red] is unknown"
    assert no_heading == "articles/one.md:100: links to '#no', but there is no such heading"
    assert "a link to ':smile:': use" in no_link


def test_commands_when_database_has_no_tables_exit_with_1(content_dir: Path, unmigrated: URL, tmp_path: Path) -> None:
    for command, directory in (("diff", content_dir), ("load", content_dir), ("export", tmp_path / "out")):
        result = runner_for(unmigrated)(command, directory)
        assert result.exit_code == 1
        assert result.stderr.startswith("The database can't be used: ")
        assert "twentyone migrate" in result.stderr


def test_load_when_database_is_missing_exits_with_1(content_dir: Path, tmp_path: Path) -> None:
    missing = URL.create("sqlite", database=str(tmp_path / "nowhere" / "a.db"))

    result = runner_for(missing)("load", content_dir)

    assert result.exit_code == 1
    assert result.stderr.startswith("The database can't be used: ")


def test_export_prints_counts_and_requires_empty_directory(workspace: Workspace, run: Run, tmp_path: Path) -> None:
    workspace.write("one", topics=["habits"])
    workspace.write("two")
    workspace.load()
    workspace.remove("one")
    workspace.edit("topics.yaml", "- slug: habits\n  name: habits\n  description: A topic.\n", "")
    workspace.load()

    first, second = run("export", tmp_path / "out"), run("export", tmp_path / "out")

    assert first.exit_code == 0
    assert first.stdout.split("\n") == [
        f"Exported 1 article to {tmp_path / 'out'}.",
        "Omitted 1 unpublished article without a listed author, category or topic.",
        "",
    ]
    assert (second.exit_code, second.stdout) == (1, "")
    assert second.stderr.endswith("isn't empty. Choose a new or empty directory.\n")


def test_watch_of_missing_directory_exits_with_1(run: Run, tmp_path: Path) -> None:
    result = run("load", tmp_path / "nowhere", "--watch")

    assert (result.exit_code, result.stdout) == (
        1,
        f"{tmp_path}/nowhere:1: isn't a directory: pass the directory that contains site.yaml\n",
    )


@pytest.mark.parametrize(
    ("articles", "is_shown"), [(PROGRESS_BAR_MIN_ITEMS - 1, False), (PROGRESS_BAR_MIN_ITEMS, True)]
)
def test_progress_bar_is_shown_for_many_items(
    monkeypatch: pytest.MonkeyPatch, articles: int, *, is_shown: bool
) -> None:
    terminal = StringIO()
    monkeypatch.setattr(commands, "err", Console(file=terminal, force_terminal=True))

    items = list(commands.progress_bar("Reading")(range(articles)))

    assert items == list(range(articles))
    assert ("Reading" in terminal.getvalue()) is is_shown
    assert ("100%" in terminal.getvalue()) is is_shown
