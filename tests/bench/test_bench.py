"""Tests for the benchmark: a short run of each part writes results and charts, and verdicts compare with targets."""

import json
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from bench.client.journey_members import add_walkers
from bench.client.load import percentile
from bench.parts.storage import measure_storage
from bench.results import Measure, Target
from bench.servers.database_content import load_content
from bench.servers.databases import DATABASES
from tests.factories.processes.servers import ROOT

PARTS = {
    "public": {"public": {"cached article", "304", "cached list"}},
    "kinds": {
        "sqlite": {"dashboard against bare", "completing a day against plain driver"},
        "sqlite-waiting": {"dashboard at 50%", "completing a day at 50%"},
        "sqlite-cost": {"dashboard"},
        "running": {"memory after all that"},
    },
    "running": {"running": {"from the command to ready", "dashboard: processor time with 2 processes"}},
    "growth": {"sqlite-articles": {"load", "article", "a change shown"}},
    "sign-in": {"sign-in": {"sign-in, known or not", "a cached article meanwhile"}},
    "spreadsheets": {"spreadsheet": {"score"}},
}


@pytest.mark.trial
@pytest.mark.parametrize("part", PARTS)
def test_bench_short_run_writes_measures_and_charts(part: str, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "bench", part, "--short", "--into", str(tmp_path)]
    process = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)

    assert process.returncode == 0, process.stderr[-3000:]
    for name, expected in PARTS[part].items():
        measures = json.loads((tmp_path / f"{name}.json").read_text())["measures"]
        assert [start for start in expected if not any(start in measure["name"] for measure in measures)] == []
        assert all(measure["verdict"] == "-" for measure in measures)
        assert ET.parse(tmp_path / f"{name}.svg").getroot().tag.endswith("svg")


@pytest.mark.trial
def test_storage_measures_bytes_per_row_of_filled_tables(tmp_path: Path) -> None:
    with DATABASES["PostgreSQL"](tmp_path) as databases:
        database_url = load_content(databases("storage"))
        add_walkers(database_url, 2, completed=1)
        measures = {measure.name: measure for measure in measure_storage(database_url)}

    assert measures["a row of runs"].raw == {"rows": 2}
    assert measures["a row of runs"].value > 100
    assert "a row of results" not in measures


def test_verdict_compares_value_with_target() -> None:
    minimum, maximum = Target(0.5, at_least=True), Target(20)

    assert [_verdict(value, minimum) for value in (0.49, 0.5)] == ["falls short", "met"]
    assert [_verdict(value, maximum) for value in (20, 20.1)] == ["met", "falls short"]


def test_percentile_uses_nearest_rank() -> None:
    times = [float(n) for n in range(1, 101)]

    assert [percentile(times, part) for part in (0, 0.5, 0.99, 1)] == [1, 51, 100, 100]


def _verdict(value: float, target: Target) -> str:
    return Measure("a part", "a name", value, "times", {}, target).verdict
