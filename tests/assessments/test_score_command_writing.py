"""Where `twentyone assessments score` puts the scores: a whole file, or the one that was there before."""

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.assessments.test_score_command import COMMAS, definition_in, people_in, responses_in, run
from tests.conftest import ROOT

OLD = "These scores are from last year.\n"
LONG = "person,q01,q02,q03,q04,q05\n" + "somebody,6,2,2,2,5\n" * 30_000

# A process of its own: one whose files can't grow beyond 100 kB, and one that a key can interrupt in any shell.
NARROW = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))"
INTERRUPTIBLE = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)"


def started(before: str, path: Path, definition: Path) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", f"{before}; from app.cli import app; app()", "assessments", "score", str(path)]
    return subprocess.Popen(
        [*command, "--definition", str(definition)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.fixture
def scores(tmp_path: Path) -> Path:
    """A file of scores that is there already."""
    path = tmp_path / "responses.scores.csv"
    path.write_text(OLD, encoding="utf-8")
    return path


def names_in(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def test_a_whole_file_replaces_the_one_before(tmp_path: Path, scores: Path) -> None:
    result = run(responses_in(tmp_path, COMMAS), "--definition", definition_in(tmp_path))

    assert result.exit_code == 0
    assert [person["across"] for person in people_in(scores)] == ["6.0", "3.0"]
    assert names_in(tmp_path) == {"responses.csv", "questionnaire.yaml", "responses.scores.csv"}


def test_what_a_killed_run_left_behind_does_not_stand_in_the_way(tmp_path: Path) -> None:
    (tmp_path / ".responses.scores.csv.unfinished").write_text("person,acr" * 1000, encoding="utf-8")

    result = run(responses_in(tmp_path, COMMAS), "--definition", definition_in(tmp_path))

    assert result.exit_code == 0
    assert len(people_in(tmp_path / "responses.scores.csv")) == 2
    assert names_in(tmp_path) == {"responses.csv", "questionnaire.yaml", "responses.scores.csv"}


def test_bad_cells_leave_the_file_before_as_it_was(tmp_path: Path, scores: Path) -> None:
    result = run(responses_in(tmp_path, f"{COMMAS}eve,9,9,9,9,9\n"), "--definition", definition_in(tmp_path))

    assert result.exit_code == 1
    assert scores.read_text(encoding="utf-8") == OLD


def test_a_full_disk_leaves_the_file_before_as_it_was(tmp_path: Path, scores: Path) -> None:
    process = started(NARROW, responses_in(tmp_path, LONG), definition_in(tmp_path))
    said, told = process.communicate(timeout=60)

    assert (process.returncode, said) == (1, "")
    assert "File too large" in told
    assert "Traceback" not in told
    assert scores.read_text(encoding="utf-8") == OLD
    assert names_in(tmp_path) == {"responses.csv", "questionnaire.yaml", "responses.scores.csv"}


def test_an_interruption_leaves_the_file_before_as_it_was(tmp_path: Path, scores: Path) -> None:
    unfinished = tmp_path / ".responses.scores.csv.unfinished"
    process = started(INTERRUPTIBLE, responses_in(tmp_path, LONG), definition_in(tmp_path))
    while process.poll() is None and not (unfinished.exists() and unfinished.stat().st_size):
        time.sleep(0.005)

    process.send_signal(signal.SIGINT)
    process.communicate(timeout=60)

    assert process.returncode == 130
    assert scores.read_text(encoding="utf-8") == OLD
    assert names_in(tmp_path) == {"responses.csv", "questionnaire.yaml", "responses.scores.csv"}


def test_scores_go_where_they_are_wanted(tmp_path: Path) -> None:
    wanted = tmp_path / "elsewhere.txt"

    result = run(responses_in(tmp_path, COMMAS), "--definition", definition_in(tmp_path), "--out", wanted, "--json")

    assert json.loads(result.stdout)["file"] == str(wanted)
    assert [person["across"] for person in people_in(wanted)] == ["6.0", "3.0"]
    assert names_in(tmp_path) == {"responses.csv", "questionnaire.yaml", "elsewhere.txt"}


@pytest.mark.parametrize("name", ["responses.csv", "../{folder}/responses.csv", "link.csv"])
def test_the_file_of_the_responses_is_never_written_over(tmp_path: Path, name: str) -> None:
    path = responses_in(tmp_path, COMMAS)
    (tmp_path / "link.csv").symlink_to(path)
    same = tmp_path / name.format(folder=tmp_path.name)

    result = run(path, "--definition", definition_in(tmp_path), "--out", same)

    assert (result.exit_code, result.stdout) == (2, "")
    assert "--out is the file of the responses" in result.stderr
    assert path.read_text(encoding="utf-8") == COMMAS


@pytest.mark.parametrize("name", ["folder", ".", "/dev/null"])
def test_scores_go_to_an_ordinary_file_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    (tmp_path / "folder").mkdir()
    path, definition = responses_in(tmp_path, COMMAS), definition_in(tmp_path)
    monkeypatch.chdir(tmp_path)

    result = run(path, "--definition", definition, "--out", name)

    assert (result.exit_code, result.stdout) == (2, "")
    assert "--out isn't an ordinary file" in result.stderr
    assert names_in(tmp_path) == {"responses.csv", "questionnaire.yaml", "folder"}


def test_a_folder_for_the_scores_that_is_not_there_is_told_by_its_name(tmp_path: Path) -> None:
    wanted = tmp_path / "nowhere" / "scores.csv"

    result = run(responses_in(tmp_path, COMMAS), "--definition", definition_in(tmp_path), "--out", wanted)

    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.startswith(f"{wanted}: ")
