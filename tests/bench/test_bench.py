"""Tests for the benchmark: a short run measures every part and writes all results and plots."""

import json
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree as ET

from bench.client.load import percentile
from bench.results import Measure, Target
from tests.factories.processes.servers import ROOT

PARTS = {
    "public": {"cached article", "304", "cached list", "search", "uncached article"},
    "sqlite": {"dashboard", "completing a day"},
    "postgresql": {"dashboard against reference stack", "completing a day against plain driver"},
    "public-waiting": {"cached article at 50%", "search at 90%"},
    "sqlite-waiting": {"dashboard at 50%", "completing a day at 90%"},
    "postgresql-waiting": {"dashboard at 50%", "completing a day at 90%"},
    "sqlite-cost": {"dashboard"},
    "postgresql-cost": {"dashboard"},
    "storage": {"a row of runs"},
    "running": {"memory after all that", "from the command to ready", "dashboard: processor time with 2 processes"},
    "sqlite-articles": {"load", "article", "a change shown"},
    "sign-in": {"sign-in, known or not", "a cached article meanwhile"},
    "spreadsheet": {"score"},
}


def test_bench_short_run_writes_measures_and_plots_of_all_parts(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "bench", "--short", "--into", str(tmp_path)]
    process = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)

    assert process.returncode == 0, process.stderr[-3000:]
    for part, names in PARTS.items():
        measures = json.loads((tmp_path / f"{part}.json").read_text())["measures"]
        assert [name for name in names if not any(name in measure["name"] for measure in measures)] == []
        assert all(measure["verdict"] == "-" for measure in measures)
        assert ET.parse(tmp_path / f"{part}.svg").getroot().tag.endswith("svg")


def test_verdict_compares_value_with_target() -> None:
    minimum, maximum = Target(0.5, at_least=True), Target(20)

    assert [_verdict(value, minimum) for value in (0.49, 0.5)] == ["falls short", "met"]
    assert [_verdict(value, maximum) for value in (20, 20.1)] == ["met", "falls short"]


def test_percentile_uses_nearest_rank() -> None:
    times = [float(n) for n in range(1, 101)]

    assert [percentile(times, part) for part in (0, 0.5, 0.99, 1)] == [1, 51, 100, 100]


def _verdict(value: float, target: Target) -> str:
    return Measure("a part", "a name", value, "times", {}, target).verdict
