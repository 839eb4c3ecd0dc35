"""`load --watch` follows an editor: loads now and after each save, and outlives their mistakes."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic, sleep

import pytest

from app.content.commands import follow
from tests.content.conftest import Desk, replace_in

PATIENCE = 30.0  # seconds, for a machine that is busy with other tests


@contextmanager
def interrupts_heeded() -> Iterator[None]:
    """What is started here can be interrupted, although the suite itself may run in the background."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.fixture
def printed(tmp_path: Path) -> Path:
    return tmp_path / "printed"


@pytest.fixture
def watching(desk: Desk, printed: Path) -> Iterator[subprocess.Popen[bytes]]:
    desk.write("one")
    address = desk.database.url.render_as_string(hide_password=False)
    with printed.open("wb") as output:
        with interrupts_heeded():
            process = subprocess.Popen(
                [sys.executable, "-m", "app.cli", "content", "load", "--watch", desk.folder],
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
        end = monotonic() + PATIENCE
        while line not in printed.read_text(encoding="utf-8").split("\n"):
            assert watching.poll() is None, printed.read_text(encoding="utf-8")
            assert monotonic() < end, printed.read_text(encoding="utf-8")
            sleep(0.02)

    return wait


def test_saves_are_loaded_mistakes_are_told_and_an_interrupt_ends_it(
    desk: Desk, watching: subprocess.Popen[bytes], printed: Path, await_line: Callable[[str], None]
) -> None:
    await_line("created      article       one")

    desk.write("two")
    await_line("created      article       two")

    replace_in(desk.folder / "articles" / "two.md", "excerpt:", "excerp:")
    desk.remove("one")
    await_line("articles/two.md:3: excerp isn't known here; did you mean 'excerpt'?")
    await_line("2 faults; nothing was written.")
    assert desk.article("one").status == "published"

    replace_in(desk.folder / "articles" / "two.md", "excerp: About two.", "excerpt: About two, mended.")
    await_line("changed      article       two (excerpt, seo)")
    await_line("unpublished  article       one")

    watching.send_signal(signal.SIGINT)
    assert watching.wait(timeout=PATIENCE) == 0
    assert desk.article("two").excerpt == "About two, mended."
    assert "Traceback" not in printed.read_text(encoding="utf-8")
    assert len(desk.releases()) == 3


def test_a_beat_loads_only_at_first_and_after_a_save(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    saved = {("modified", "site.yaml")}

    follow(desk.database, desk.folder, [set(), set(), saved, set(), saved])

    assert [line for line in capsys.readouterr().out.split("\n") if line.endswith(".")] == [
        "11 changes.",
        "Nothing to change.",
        "Nothing to change.",
    ]
