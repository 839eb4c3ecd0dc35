"""Tests for `twentyone assessments score`: the output file is replaced completely or not at all."""

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.assessments.test_score_command import (
    RESPONSES_CSV,
    read_people,
    run_score_command,
    write_definition,
    write_responses,
)
from tests.conftest import ROOT

OLD_SCORES = "These scores are from last year.\n"
LONG_RESPONSES_CSV = "person,q01,q02,q03,q04,q05\n" + "person 1,6,2,2,2,5\n" * 30_000

# Setup code for a subprocess: limit files to 100 kB, or handle SIGINT even if the shell runs it in the background.
LIMIT_FILE_SIZE = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))"
HANDLE_INTERRUPT = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)"


def start_command(setup: str, path: Path, definition: Path) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", f"{setup}; from app.cli import app; app()", "assessments", "score", str(path)]
    return subprocess.Popen(
        [*command, "--definition", str(definition)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.fixture
def scores(tmp_path: Path) -> Path:
    """Return the path of an existing output file with older scores."""
    path = tmp_path / "responses.scores.csv"
    path.write_text(OLD_SCORES, encoding="utf-8")
    return path


def file_names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def test_score_command_replaces_previous_file(tmp_path: Path, scores: Path) -> None:
    result = run_score_command(write_responses(tmp_path, RESPONSES_CSV), "--definition", write_definition(tmp_path))

    assert result.exit_code == 0
    assert [person["across"] for person in read_people(scores)] == ["6.0", "3.0"]
    assert file_names(tmp_path) == {"responses.csv", "questionnaire.yaml", "responses.scores.csv"}


def test_score_command_with_leftover_temporary_file_succeeds(tmp_path: Path) -> None:
    (tmp_path / ".responses.scores.csv.unfinished").write_text("person,acr" * 1000, encoding="utf-8")

    result = run_score_command(write_responses(tmp_path, RESPONSES_CSV), "--definition", write_definition(tmp_path))

    assert result.exit_code == 0
    assert len(read_people(tmp_path / "responses.scores.csv")) == 2
    assert file_names(tmp_path) == {"responses.csv", "questionnaire.yaml", "responses.scores.csv"}


def test_score_command_with_invalid_cells_keeps_previous_file(tmp_path: Path, scores: Path) -> None:
    result = run_score_command(
        write_responses(tmp_path, f"{RESPONSES_CSV}eve,9,9,9,9,9\n"), "--definition", write_definition(tmp_path)
    )

    assert result.exit_code == 1
    assert scores.read_text(encoding="utf-8") == OLD_SCORES


def test_score_command_on_full_disk_keeps_previous_file(tmp_path: Path, scores: Path) -> None:
    process = start_command(LIMIT_FILE_SIZE, write_responses(tmp_path, LONG_RESPONSES_CSV), write_definition(tmp_path))
    stdout, stderr = process.communicate(timeout=60)

    assert (process.returncode, stdout) == (1, "")
    assert "File too large" in stderr
    assert "Traceback" not in stderr
    assert scores.read_text(encoding="utf-8") == OLD_SCORES
    assert file_names(tmp_path) == {"responses.csv", "questionnaire.yaml", "responses.scores.csv"}


def test_score_command_when_interrupted_keeps_previous_file(tmp_path: Path, scores: Path) -> None:
    unfinished = tmp_path / ".responses.scores.csv.unfinished"
    process = start_command(HANDLE_INTERRUPT, write_responses(tmp_path, LONG_RESPONSES_CSV), write_definition(tmp_path))
    while process.poll() is None and not (unfinished.exists() and unfinished.stat().st_size):
        time.sleep(0.005)

    process.send_signal(signal.SIGINT)
    process.communicate(timeout=60)

    assert process.returncode == 130
    assert scores.read_text(encoding="utf-8") == OLD_SCORES
    assert file_names(tmp_path) == {"responses.csv", "questionnaire.yaml", "responses.scores.csv"}


def test_score_command_with_out_writes_to_that_path(tmp_path: Path) -> None:
    output = tmp_path / "elsewhere.txt"

    result = run_score_command(
        write_responses(tmp_path, RESPONSES_CSV), "--definition", write_definition(tmp_path), "--out", output, "--json"
    )

    assert json.loads(result.stdout)["file"] == str(output)
    assert [person["across"] for person in read_people(output)] == ["6.0", "3.0"]
    assert file_names(tmp_path) == {"responses.csv", "questionnaire.yaml", "elsewhere.txt"}


@pytest.mark.parametrize("name", ["responses.csv", "../{folder}/responses.csv", "link.csv"])
def test_score_command_never_overwrites_responses(tmp_path: Path, name: str) -> None:
    path = write_responses(tmp_path, RESPONSES_CSV)
    (tmp_path / "link.csv").symlink_to(path)
    same = tmp_path / name.format(folder=tmp_path.name)

    result = run_score_command(path, "--definition", write_definition(tmp_path), "--out", same)

    assert (result.exit_code, result.stdout) == (2, "")
    assert "--out is the file of responses" in result.stderr
    assert path.read_text(encoding="utf-8") == RESPONSES_CSV


@pytest.mark.parametrize("name", ["folder", ".", "/dev/null"])
def test_score_command_rejects_special_output_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    (tmp_path / "folder").mkdir()
    path, definition = write_responses(tmp_path, RESPONSES_CSV), write_definition(tmp_path)
    monkeypatch.chdir(tmp_path)

    result = run_score_command(path, "--definition", definition, "--out", name)

    assert (result.exit_code, result.stdout) == (2, "")
    assert "--out isn't a regular file" in result.stderr
    assert file_names(tmp_path) == {"responses.csv", "questionnaire.yaml", "folder"}


def test_score_command_with_missing_output_directory_reports_path(tmp_path: Path) -> None:
    output = tmp_path / "nowhere" / "scores.csv"

    result = run_score_command(
        write_responses(tmp_path, RESPONSES_CSV), "--definition", write_definition(tmp_path), "--out", output
    )

    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.startswith(f"{output}: ")
