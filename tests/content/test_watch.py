"""Tests for `load --watch`: it loads at the start and after each saved file, and continues after errors."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic, sleep

import pytest

from app.content.commands import load_on_save
from tests.content.conftest import Workspace, replace_in

TIMEOUT_SECONDS = 30.0


@contextmanager
def default_interrupt_handler() -> Iterator[None]:
    """Use Python's SIGINT handler, so that subprocesses can be interrupted even if the tests run in the background."""
    previous_handler = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, previous_handler)


@pytest.fixture
def printed(tmp_path: Path) -> Path:
    return tmp_path / "printed"


@pytest.fixture
def watching(workspace: Workspace, printed: Path) -> Iterator[subprocess.Popen[bytes]]:
    workspace.write("one")
    address = workspace.database.url.render_as_string(hide_password=False)
    with printed.open("wb") as output:
        with default_interrupt_handler():
            process = subprocess.Popen(
                [sys.executable, "-m", "app.cli", "content", "load", "--watch", workspace.directory],
                env={**os.environ, "TWENTYONE_DATABASE_URL": address},
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        yield process
        process.kill()
        process.wait()


@pytest.fixture
def await_line(watching: subprocess.Popen[bytes], printed: Path) -> Callable[[str], None]:
    def wait(line: str) -> None:
        end = monotonic() + TIMEOUT_SECONDS
        while line not in printed.read_text(encoding="utf-8").split("\n"):
            assert watching.poll() is None, printed.read_text(encoding="utf-8")
            assert monotonic() < end, printed.read_text(encoding="utf-8")
            sleep(0.02)

    return wait


def test_watch_loads_saves_reports_errors_and_ends_on_interrupt(
    workspace: Workspace, watching: subprocess.Popen[bytes], printed: Path, await_line: Callable[[str], None]
) -> None:
    await_line("created      article       one")

    workspace.write("two")
    await_line("created      article       two")

    replace_in(workspace.directory / "articles" / "two.md", "excerpt:", "excerp:")
    workspace.remove("one")
    await_line("articles/two.md:3: excerp is unknown; did you mean 'excerpt'?")
    await_line("2 errors; nothing was written.")
    assert workspace.article("one").status == "published"

    replace_in(workspace.directory / "articles" / "two.md", "excerp: About two.", "excerpt: About two, fixed.")
    await_line("changed      article       two (excerpt, seo)")
    await_line("unpublished  article       one")

    watching.send_signal(signal.SIGINT)
    assert watching.wait(timeout=TIMEOUT_SECONDS) == 0
    assert workspace.article("two").excerpt == "About two, fixed."
    assert "Traceback" not in printed.read_text(encoding="utf-8")
    assert len(workspace.releases()) == 3


def test_load_on_save_loads_first_and_after_each_save(workspace: Workspace, capsys: pytest.CaptureFixture[str]) -> None:
    changed_files = {("modified", "site.yaml")}

    load_on_save(workspace.database, workspace.directory, [set(), set(), changed_files, set(), changed_files])

    assert [line for line in capsys.readouterr().out.split("\n") if line.endswith(".")] == [
        "11 changes.",
        "No changes.",
        "No changes.",
    ]
