"""`make stats` runs, and every limit is kept."""

import subprocess
import sys

from tests.factories.processes.servers import ROOT


def test_stats_keep_every_limit() -> None:
    done = subprocess.run([sys.executable, "-m", "bench.stats"], cwd=ROOT, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stdout + done.stderr[-3000:]
    assert "every limit is kept" in done.stdout
