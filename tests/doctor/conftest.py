"""A deployment that is good, which each test spoils in one place."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import URL
from typer.testing import CliRunner

from app.cli import app
from tests.conftest import KEYS, Backend
from tests.factories.content import write_article, write_folder, write_questionnaire
from tests.factories.journeys import write_journey


@dataclass(frozen=True, slots=True)
class Report:
    exit_code: int
    findings: list[dict[str, str]]
    text: str

    def those(self, state: str) -> dict[str, str]:
        """What was found, by what it is about."""
        return {each["what"]: each["found"] for each in self.findings if each["state"] == state}

    @property
    def wrong(self) -> dict[str, str]:
        """But for the durability that the suite's PostgreSQL goes without."""
        return {what: found for what, found in self.those("wrong").items() if what != "durability"}

    @property
    def durability(self) -> list[str]:
        """What is wrong with that."""
        return [each["found"] for each in self.findings if (each["what"], each["state"]) == ("durability", "wrong")]

    @property
    def to_look_at(self) -> dict[str, str]:
        return self.those("look")


Examine = Callable[..., Report]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The content that `furnished` is loaded with."""
    folder = write_folder(tmp_path / "content")
    write_article(folder, "here-now")
    write_questionnaire(folder)
    write_journey(folder, assessment="attachment-reflection")
    return folder


@pytest.fixture
def var(tmp_path: Path) -> Path:
    path = tmp_path / "var"
    path.mkdir(mode=0o700)
    return path


@pytest.fixture
def examine(tmp_path: Path, var: Path, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Examine:
    """Runs `twentyone doctor` in a folder of its own; a setting that is None isn't set."""
    monkeypatch.chdir(tmp_path)

    def run(url: URL | None = None, *arguments: str, **settings: Any) -> Report:
        defaults = {
            "keys": KEYS,
            "var_dir": str(var),
            "database_url": url and url.render_as_string(hide_password=False),
        }
        environment = {f"TWENTYONE_{name.upper()}": value for name, value in (defaults | settings).items()}
        command = ["doctor", "--json", "--content", str(folder), *arguments]
        result = CliRunner().invoke(app, command, env=environment)
        said = json.loads(result.stdout)
        assert said["is_good"] == (result.exit_code == 0)
        return Report(result.exit_code, said["findings"], result.output)

    return run


@pytest.fixture
def loaded(backend: Backend, furnished: URL) -> Iterator[URL]:
    url = backend.create(furnished)
    yield url
    backend.drop(url)
