"""`twentyone content` on the command line: what it says, how it ends, and what it writes."""

from collections.abc import Callable, Iterator
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console
from sqlalchemy import URL
from typer.testing import CliRunner, Result

from app.cli import app
from app.content import commands
from app.content.commands import LONG
from tests.conftest import Backend
from tests.content.conftest import Desk, replace_in

Run = Callable[..., Result]


def runner_for(url: URL) -> Run:
    """Runs `twentyone content` on a database."""

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


def test_a_good_folder_is_all_good(desk: Desk, run: Run) -> None:
    desk.write("one")

    result = run("check", desk.folder)

    assert (result.exit_code, result.stdout) == (0, "1 article, 0 assessments, 0 journeys: all good.\n")


def test_diff_says_what_load_then_does_and_a_second_load_does_nothing(desk: Desk, run: Run) -> None:
    desk.write("one")
    desk.write("two")
    desk.write("three")
    assert run("load", desk.folder).exit_code == 0
    desk.remove("one", "three")
    desk.write("uno", former_slugs=["one"])
    desk.write("two", category="living", topics=["friends"])
    desk.write("four")

    told = run("diff", desk.folder)
    done = run("load", desk.folder)
    again = run("load", desk.folder)

    assert told.stdout.split("\n") == [
        "created      article       four",
        "changed      article       two (category, topics)",
        "renamed      article       uno (was one; title, excerpt, former_slugs, seo)",
        "unpublished  article       three",
        "4 changes.",
        "",
    ]
    assert done.stdout == told.stdout
    assert (again.exit_code, again.stdout) == (0, "Nothing to change.\n")
    assert len(desk.releases()) == 2


@pytest.mark.parametrize("command", ["check", "diff", "load"])
def test_faults_end_with_code_1_and_nothing_is_written(desk: Desk, run: Run, command: str) -> None:
    desk.write("one")
    desk.load()
    before = desk.rows(), desk.articles(), desk.releases()
    desk.write("two")
    desk.write("three", titel="Three")
    replace_in(desk.folder / "support.yaml", "country: GB", "country: NO")

    result = run(command, desk.folder)

    assert result.exit_code == 1
    assert result.stdout.split("\n") == [
        "articles/three.md:10: titel isn't known here; did you mean 'title'?",
        "support.yaml:3: lines.1.country must be a text; put it in quotes",
        "",
    ]
    assert result.stderr == "2 faults; nothing was written.\n"
    assert (desk.rows(), desk.articles(), desk.releases()) == before


def test_what_was_found_is_printed_as_it_stands(desk: Desk, run: Run) -> None:
    """Not as rich's markup, nor with `:100:` as an emoji."""
    desk.write("one", body="\n" * 88 + "[bold](#[red])\n\n[x](:smile:)\n\n" + "Text.\n")

    result = run("check", desk.folder)

    assert result.stdout.split("\n")[0] == "articles/one.md:100: links to '#%5Bred%5D', but there is no such heading"
    assert "a link to ':smile:': use" in result.stdout


def test_a_changed_agreement_ends_with_code_1(desk: Desk, run: Run) -> None:
    desk.load()
    desk.edit("consents.yaml", "title: Keeping", "title: Selling")
    desk.write("one")

    result = run("load", desk.folder)

    assert result.exit_code == 1
    assert result.stdout.strip() == (
        "consents.yaml:2: version '1' of health_data has been published with other words: give these a new version"
    )
    assert result.stderr.strip() == "1 fault; nothing was written."
    assert "one" not in desk.articles()


@pytest.mark.parametrize("command", ["diff", "load", "export"])
def test_a_database_without_tables_is_told(folder: Path, unmigrated: URL, tmp_path: Path, command: str) -> None:
    result = runner_for(unmigrated)(command, tmp_path / "out" if command == "export" else folder)

    assert result.exit_code == 1
    assert result.stderr.startswith("The database can't be used: ")
    assert "twentyone migrate" in result.stderr


def test_a_database_that_is_not_there_is_told(folder: Path, tmp_path: Path) -> None:
    nowhere = URL.create("sqlite", database=str(tmp_path / "nowhere" / "a.db"))

    result = runner_for(nowhere)("load", folder)

    assert result.exit_code == 1
    assert result.stderr.startswith("The database can't be used: ")


def test_export_says_how_much_it_wrote_and_refuses_to_write_twice(desk: Desk, run: Run, tmp_path: Path) -> None:
    desk.write("one", topics=["habits"])
    desk.write("two")
    desk.load()
    desk.remove("one")
    desk.edit("topics.yaml", "- slug: habits\n  name: habits\n  description: A topic.\n", "")
    desk.load()

    first, second = run("export", tmp_path / "out"), run("export", tmp_path / "out")

    assert first.exit_code == 0
    assert first.stdout.split("\n") == [
        f"1 article written to {tmp_path / 'out'}.",
        "1 unpublished article left out: what they were filed under was removed.",
        "",
    ]
    assert (second.exit_code, second.stdout) == (1, "")
    assert second.stderr.endswith("isn't empty; name a new folder, so that nothing is overwritten\n")


def test_watching_a_folder_that_is_not_there_ends_at_once(run: Run, tmp_path: Path) -> None:
    result = run("load", tmp_path / "nowhere", "--watch")

    assert (result.exit_code, result.stdout) == (
        1,
        f"{tmp_path}/nowhere:1: isn't a folder: name the one that holds site.yaml\n",
    )


@pytest.mark.parametrize(("articles", "is_shown"), [(LONG - 1, False), (LONG, True)])
def test_long_work_shows_a_bar(monkeypatch: pytest.MonkeyPatch, articles: int, *, is_shown: bool) -> None:
    terminal = StringIO()
    monkeypatch.setattr(commands, "err", Console(file=terminal, force_terminal=True))

    done = list(commands.bar("Reading")(range(articles)))

    assert done == list(range(articles))
    assert ("Reading" in terminal.getvalue()) is is_shown
    assert ("100%" in terminal.getvalue()) is is_shown
