"""Tests for `twentyone assessments score`: the output file is replaced completely or not at all."""

import json
import resource
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.assessments.test_score_command import RESPONSES_CSV, read_people, score_csv

OLD_SCORES = "These scores are from last year.\n"
LONG_RESPONSES_CSV = "person,q01,q02,q03,q04,q05\n" + "person 1,6,2,2,2,5\n" * 3000


@pytest.fixture
def scores(tmp_path: Path) -> Path:
    """Return the path of an existing output file with older scores."""
    path = tmp_path / "responses.scores.csv"
    path.write_text(OLD_SCORES, encoding="utf-8")
    return path


def file_names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


@contextmanager
def limited_file_size(size: int) -> Iterator[None]:
    """Let writing to files fail beyond a size, as on a full disk."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@contextmanager
def interrupted_writing(path: Path) -> Iterator[None]:
    """Raise KeyboardInterrupt, as Ctrl+C does, as soon as the file has content."""

    def interrupt(*_: object) -> None:
        if path.exists() and path.stat().st_size:
            signal.setitimer(signal.ITIMER_REAL, 0)
            raise KeyboardInterrupt

    previous = signal.signal(signal.SIGALRM, interrupt)
    signal.setitimer(signal.ITIMER_REAL, 0.001, 0.001)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, previous)


def test_score_command_replaces_previous_and_unfinished_file(tmp_path: Path, scores: Path) -> None:
    (tmp_path / ".responses.scores.csv.unfinished").write_text("person,acr" * 1000, encoding="utf-8")

    result = score_csv(tmp_path, RESPONSES_CSV)

    assert result.exit_code == 0
    assert [person["across"] for person in read_people(scores)] == ["6.0", "3.0"]
    assert file_names(tmp_path) == {"responses.csv", "questionnaire.yaml", "responses.scores.csv"}


def test_score_command_with_invalid_cells_keeps_previous_file(tmp_path: Path, scores: Path) -> None:
    assert score_csv(tmp_path, f"{RESPONSES_CSV}eve,9,9,9,9,9\n").exit_code == 1

    assert scores.read_text(encoding="utf-8") == OLD_SCORES


def test_score_command_on_full_disk_keeps_previous_file(tmp_path: Path, scores: Path) -> None:
    with limited_file_size(100_000):
        result = score_csv(tmp_path, LONG_RESPONSES_CSV)

    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr == f"{scores}: File too large\n"
    assert scores.read_text(encoding="utf-8") == OLD_SCORES
    assert file_names(tmp_path) == {"responses.csv", "questionnaire.yaml", "responses.scores.csv"}


def test_score_command_when_interrupted_keeps_previous_file(tmp_path: Path, scores: Path) -> None:
    with interrupted_writing(tmp_path / ".responses.scores.csv.unfinished"):
        result = score_csv(tmp_path, LONG_RESPONSES_CSV)

    assert result.exit_code == 130
    assert scores.read_text(encoding="utf-8") == OLD_SCORES
    assert file_names(tmp_path) == {"responses.csv", "questionnaire.yaml", "responses.scores.csv"}


def test_score_command_with_out_writes_to_that_path(tmp_path: Path) -> None:
    output = tmp_path / "elsewhere.txt"

    result = score_csv(tmp_path, RESPONSES_CSV, "--out", output, "--json")

    assert json.loads(result.stdout)["file"] == str(output)
    assert [person["across"] for person in read_people(output)] == ["6.0", "3.0"]
    assert file_names(tmp_path) == {"responses.csv", "questionnaire.yaml", "elsewhere.txt"}


@pytest.mark.parametrize("name", ["../{folder}/responses.csv", "link.csv"])
def test_score_command_never_overwrites_responses(tmp_path: Path, name: str) -> None:
    path = tmp_path / "responses.csv"
    (tmp_path / "link.csv").symlink_to(path)

    result = score_csv(tmp_path, RESPONSES_CSV, "--out", tmp_path / name.format(folder=tmp_path.name))

    assert (result.exit_code, result.stdout) == (2, "")
    assert "--out is the file of responses" in result.stderr
    assert path.read_text(encoding="utf-8") == RESPONSES_CSV


@pytest.mark.parametrize("name", ["folder", "link", "/dev/null"])
def test_score_command_rejects_special_output_file(tmp_path: Path, name: str) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "nowhere.csv")

    result = score_csv(tmp_path, RESPONSES_CSV, "--out", tmp_path / name)

    assert (result.exit_code, result.stdout) == (2, "")
    assert "--out isn't a regular file" in result.stderr
    assert file_names(tmp_path) == {"responses.csv", "questionnaire.yaml", "folder", "link"}


def test_score_command_with_missing_output_directory_reports_path(tmp_path: Path) -> None:
    output = tmp_path / "nowhere" / "scores.csv"

    result = score_csv(tmp_path, RESPONSES_CSV, "--out", output)

    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.startswith(f"{output}: ")
