"""Test of the code statistics (`make stats`): the repository meets all limits."""

import subprocess
import sys

from tests.factories.processes.servers import ROOT


def test_stats_of_repository_meet_all_limits() -> None:
    process = subprocess.run(
        [sys.executable, "-m", "tests.structure.code_statistics"], cwd=ROOT, capture_output=True, text=True, check=False
    )

    assert process.returncode == 0, process.stdout + process.stderr[-3000:]
    assert "all limits are met" in process.stdout
