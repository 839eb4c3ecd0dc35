"""Short version of the full-disk trial, a long-running reliability check."""

import pytest

from tests.conftest import Backend, SqliteBackend
from trials.crash.full_disk import NO_NAMESPACE_MESSAGE, namespace_command, run_on_small_disk


def test_full_disk_returns_503_and_loses_no_write(backend: Backend, capfd: pytest.CaptureFixture[str]) -> None:
    code = run_on_small_disk("SQLite" if isinstance(backend, SqliteBackend) else "PostgreSQL", seconds=0.5)

    output = capfd.readouterr()
    if namespace_command() is None:  # for example on macOS: the trial must fail
        assert (code, output.out.strip()) == (1, NO_NAMESPACE_MESSAGE)
        return
    assert "6 of 6 checks passed." in output.out, output
    assert code == 0
