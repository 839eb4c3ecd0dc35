"""The real server stops under load without failing anybody."""

from pathlib import Path

from sqlalchemy import URL

from bench.servers.processes import Place
from tests.conftest import Backend
from trials.stopping import stopped_under_load
from trials.verdict import Verdict


def test_a_stop_fails_nobody(backend: Backend, shipped: URL, tmp_path: Path) -> None:
    verdict = Verdict()
    url = backend.create(shipped)

    stopped_under_load(verdict, "here", Place(tmp_path), url.render_as_string(hide_password=False))

    assert len(verdict.promises) == 4
    assert verdict.broken == []
    backend.drop(url)
