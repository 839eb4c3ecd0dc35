"""Short version of the comparison of the API with its in-memory model (`python -m trials.machine`)."""

from pathlib import Path

from sqlalchemy import URL

from tests.conftest import Backend
from trials.machine.runner import run_machine
from trials.machine.servers import load_test_content
from trials.verdict import Verdict


def test_responses_to_random_requests_match_the_model(backend: Backend, empty_template: URL, tmp_path: Path) -> None:
    url = backend.create(empty_template)
    load_test_content(url, tmp_path / "content")
    verdict = Verdict()

    run_machine(verdict, url.get_backend_name(), url, examples=5, steps=40, seed_value=2)

    assert verdict.failed == []
    backend.drop(url)
