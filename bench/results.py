"""Measured values and their targets, printed as one table and stored in one file per part."""

import json
import platform
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from bench.charts import Bar, chart
from bench.servers.machine import cores, cpu

FOLDER = Path(__file__).parent / "results"
CHARTS = Path(__file__).parents[1] / "docs" / "performance"


@dataclass(frozen=True, slots=True)
class Target:
    """The limit that a measured value must not exceed, or must reach with `at_least`."""

    limit: float
    at_least: bool = False

    def is_met_by(self, value: float) -> bool:
        return value >= self.limit if self.at_least else value <= self.limit

    def __str__(self) -> str:
        return f"{'>=' if self.at_least else '<='} {self.limit:g}"


@dataclass(frozen=True, slots=True)
class Measure:
    """A measured value, with the raw numbers behind it. Without a target, it is only reported."""

    part: str
    name: str
    value: float
    unit: str
    raw: Mapping[str, float]
    target: Target | None = None

    @property
    def is_met(self) -> bool:
        return self.target is None or self.target.is_met_by(self.value)

    @property
    def verdict(self) -> str:
        if self.target is None:
            return "-"
        return "met" if self.is_met else "falls short"

    @property
    def label(self) -> str:
        return f"{self.value:,.3g} {self.unit}"


def table(measures: Sequence[Measure]) -> str:
    lines = [("measure", "value", "target", "verdict")]
    lines += [(f"{m.part}: {m.name}", m.label, str(m.target or ""), m.verdict) for m in measures]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    raw = ["raw numbers", *(", ".join(f"{name} {value:,.3g}" for name, value in m.raw.items()) for m in measures)]
    padded = ("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) for line in lines)
    return "\n".join(f"{line}  {numbers}".rstrip() for line, numbers in zip(padded, raw, strict=True))


def write(measures: Sequence[Measure], folder: Path, charts: Path, *, seconds: float, is_complete: bool) -> None:
    """Store the measures in one JSON file and one chart per part, with a description of the machine.

    If they are complete, remove the files of parts that no longer exist.
    """
    system = f"{platform.system()} {platform.machine()}"
    run = {
        "measured_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "seconds": round(seconds),
        "machine": {"cpu": cpu(), "cores": len(cores()), "python": platform.python_version(), "system": system},
    }
    for directory in (folder, charts):
        directory.mkdir(parents=True, exist_ok=True)
    if is_complete:
        for path in (*folder.glob("*.json"), *charts.glob("*.svg")):
            path.unlink()
    for part in {measure.part for measure in measures}:
        selected = [measure for measure in measures if measure.part == part]
        rows = [{**asdict(measure), "verdict": measure.verdict} for measure in selected]
        document = json.dumps({"part": part, **run, "measures": rows}, indent=2)
        (folder / f"{_file_name(part)}.json").write_text(f"{document}\n", encoding="utf-8")
        title = f"{part}; {cpu()}, {len(cores())} cores"
        (charts / f"{_file_name(part)}.svg").write_text(chart(title, _bars(selected)), encoding="utf-8")


def _file_name(part: str) -> str:
    return part.lower().replace(", ", "-").replace(" ", "-")


def _bars(measures: Sequence[Measure]) -> list[Bar]:
    """Return the bars of a chart. If the units differ, each value is a share of its limit."""
    if len({measure.unit for measure in measures}) == 1:
        return [Bar(m.name, m.value, m.target.limit if m.target else None, m.label) for m in measures]
    return [Bar(m.name, m.value / m.target.limit, 1.0, m.label) for m in measures if m.target]
