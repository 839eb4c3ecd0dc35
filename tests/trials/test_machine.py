"""Members on several devices, led at random through the whole API: in short, and always the same way."""

from pathlib import Path

from sqlalchemy import URL

from tests.conftest import Backend
from trials.machine.leading import lead
from trials.machine.site import furnish
from trials.verdict import Verdict


def test_every_answer_is_one_that_a_model_might_have_given(backend: Backend, empty: URL, tmp_path: Path) -> None:
    url = backend.create(empty)
    furnish(url, tmp_path / "content")
    verdict = Verdict()

    lead(verdict, url.get_backend_name(), url, examples=5, steps=40, by=2)

    assert verdict.broken == []
    backend.drop(url)
