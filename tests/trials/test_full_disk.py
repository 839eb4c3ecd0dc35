"""A full disk, in the short form."""

import pytest

from tests.conftest import Backend, Sqlite
from trials.crash.full_disk import NO_DISK, on_small_disk, way_apart


def test_a_full_disk_is_told_and_harms_nothing(backend: Backend, capfd: pytest.CaptureFixture[str]) -> None:
    code = on_small_disk("SQLite" if isinstance(backend, Sqlite) else "PostgreSQL", seconds=0.5)

    said = capfd.readouterr()
    if way_apart() is None:  # as on macOS: then the trial can't have passed
        assert (code, said.out.strip()) == (1, NO_DISK)
        return
    assert "6 of 6 promises kept." in said.out, said
    assert code == 0
