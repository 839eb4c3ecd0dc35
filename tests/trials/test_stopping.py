"""Short version of the shutdown trial, a long-running reliability check: one shutdown under load."""

from pathlib import Path

from sqlalchemy import URL

from bench.servers.processes import Sandbox
from tests.conftest import Backend
from trials.stopping import run_stop
from trials.verdict import Verdict


def test_stop_under_load_fails_no_request(backend: Backend, shipped_template: URL, tmp_path: Path) -> None:
    verdict = Verdict()
    url = backend.create(shipped_template)

    run_stop(verdict, "test", Sandbox(tmp_path), url.render_as_string(hide_password=False))

    assert len(verdict.checks) == 4
    assert verdict.failed == []
    backend.drop(url)
