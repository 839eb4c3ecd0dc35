"""Fixtures for `twentyone doctor`: a deployment without problems, in which each test introduces one."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import URL
from typer.testing import CliRunner

from app.cli import app
from tests.conftest import TEST_KEYS, Backend
from tests.factories.content import write_article, write_content_directory, write_questionnaire
from tests.factories.journeys import write_journey


@dataclass(frozen=True, slots=True)
class Report:
    exit_code: int
    findings: list[dict[str, str]]
    text: str

    def all_details(self, check: str, state: str) -> list[str]:
        """Return the details of all findings of a check with the given state."""
        is_wanted = {"check": check, "state": state}.items()
        return [finding["detail"] for finding in self.findings if is_wanted <= finding.items()]

    def details(self, state: str) -> dict[str, str]:
        """Return the last detail of each check with the given state, by the name of the check."""
        return {finding["check"]: finding["detail"] for finding in self.findings if finding["state"] == state}

    @property
    def errors(self) -> dict[str, str]:
        """Return all errors except those about durability, which is disabled in the PostgreSQL of the tests."""
        return {check: detail for check, detail in self.details("error").items() if check != "durability"}

    @property
    def warnings(self) -> dict[str, str]:
        return self.details("warning")


RunDoctor = Callable[..., Report]


@pytest.fixture
def content_dir(tmp_path: Path) -> Path:
    """Create a content directory with the same content as the database of the fixture `loaded`."""
    content_dir = write_content_directory(tmp_path / "content")
    write_article(content_dir, "here-now")
    write_questionnaire(content_dir)
    write_journey(content_dir, assessment="attachment-reflection")
    return content_dir


@pytest.fixture
def var(tmp_path: Path) -> Path:
    path = tmp_path / "var"
    path.mkdir(mode=0o700)
    return path


@pytest.fixture
def run_doctor(tmp_path: Path, var: Path, content_dir: Path, monkeypatch: pytest.MonkeyPatch) -> RunDoctor:
    """Return a function that runs `twentyone doctor`. A setting with the value None is omitted."""
    monkeypatch.chdir(tmp_path)

    def run(url: URL | None = None, *arguments: str, **settings: Any) -> Report:
        defaults = {
            "keys": TEST_KEYS,
            "var_dir": str(var),
            "database_url": url and url.render_as_string(hide_password=False),
        }
        environment = {f"TWENTYONE_{name.upper()}": value for name, value in (defaults | settings).items()}
        command = ["doctor", "--json", "--content", str(content_dir), *arguments]
        result = CliRunner().invoke(app, command, env=environment)
        output = json.loads(result.stdout)
        assert output["is_ok"] == (result.exit_code == 0)
        return Report(result.exit_code, output["findings"], result.output)

    return run


@pytest.fixture
def loaded(backend: Backend, sample_template: URL) -> Iterator[URL]:
    url = backend.create(sample_template)
    yield url
    backend.drop(url)
