"""Short version of the backup trial, a long-running reliability check: a single round."""

from pathlib import Path

import pytest
from sqlalchemy import URL

from bench.servers.processes import Sandbox
from tests.conftest import Backend
from trials.backup import BackupTrial, snapshot_number
from trials.verdict import Verdict


def test_backup_round_under_load_passes_all_checks(backend: Backend, sample_template: URL, tmp_path: Path) -> None:
    verdict = Verdict()
    live, restored = backend.create(sample_template), backend.create()
    url, target_url = (database_url.render_as_string(hide_password=False) for database_url in (live, restored))

    BackupTrial(verdict, Sandbox(tmp_path), live.get_backend_name()).run_round(url, target_url, tmp_path / "backup")

    assert len(verdict.checks) == 7
    assert verdict.failed == []
    for database_url in (live, restored):
        backend.drop(database_url)


@pytest.mark.parametrize(
    ("days", "last"),
    [
        ([0] * 21, 0),
        ([1, 2, 3] + [0] * 18, 3),
        ([22, 23, *range(3, 22)], 23),
        ([1, 0, 3] + [0] * 18, None),
        ([22, 2, 24, *range(4, 22)], None),
    ],
)
def test_snapshot_number_of_days_from_two_moments_is_none(days: list[int], last: int | None) -> None:
    assert snapshot_number(days) == last
