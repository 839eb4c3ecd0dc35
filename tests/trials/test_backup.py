"""A backup under load, and its restore, each killed once: the short form of `python -m trials.backup`."""

from pathlib import Path

import pytest
from sqlalchemy import URL

from bench.servers.processes import Place
from tests.conftest import Backend
from trials.backup import Trial, moment_of
from trials.verdict import Verdict


def test_a_backup_under_load_is_restored_whole(backend: Backend, furnished: URL, tmp_path: Path) -> None:
    verdict = Verdict()
    live, fresh = backend.create(furnished), backend.create()
    url, empty = (each.render_as_string(hide_password=False) for each in (live, fresh))

    Trial(verdict, Place(tmp_path), live.get_backend_name()).round(url, empty, tmp_path / "backup")

    assert len(verdict.promises) == 7
    assert verdict.broken == []
    for each in (live, fresh):
        backend.drop(each)


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
def test_days_of_two_moments_are_noticed(days: list[int], last: int | None) -> None:
    assert moment_of(days) == last
