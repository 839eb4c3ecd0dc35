"""Measured values and their targets, printed as one table and stored in one file per part."""

import json
import platform
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from bench.servers.machine import cores, cpu

FOLDER = Path(__file__).parent / "results"


@dataclass(frozen=True, slots=True)
class Target:
    """The limit that a measured value must not exceed, or must reach with `at_least`."""

    limit: float
    at_least: bool = False

    def is_met_by(self, value: float) -> bool:
        return value >= self.limit if self.at_least else value <= self.limit


@dataclass(frozen=True, slots=True)
class Measure:
    """A measured value, with the raw numbers behind it. Without a target, it is only reported."""

    part: str
    name: str
    value: float
    unit: str
    raw: Mapping[str, float]
    target: Target | None = None

    def with_raw(self, values: Mapping[str, float]) -> "Measure":
        return replace(self, raw={**self.raw, **values})

    @property
    def is_met(self) -> bool:
        return self.target is None or self.target.is_met_by(self.value)

    @property
    def verdict(self) -> str:
        if self.target is None:
            return "-"
        return "met" if self.is_met else "falls short"


def table(measures: Sequence[Measure]) -> str:
    lines = [("measure", "value", "target", "verdict", "raw numbers")]
    lines += [
        (
            f"{measure.part}: {measure.name}",
            f"{_short(measure.value)} {measure.unit}",
            _describe_target(measure.target),
            measure.verdict,
            _raw(measure),
        )
        for measure in measures
    ]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    lines.insert(1, tuple("-" * width for width in widths))  # type: ignore[arg-type]
    return "\n".join(_aligned(lines, widths))


def _aligned(lines: Sequence[Sequence[str]], widths: Sequence[int]) -> Iterator[str]:
    for line in lines:
        yield "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()


def by_part(measures: Sequence[Measure]) -> dict[str, list[Measure]]:
    parts: dict[str, list[Measure]] = {}
    for measure in measures:
        parts.setdefault(measure.part, []).append(measure)
    return parts


def file_name(part: str) -> str:
    return part.lower().replace(", ", "-").replace(" ", "-")


def write(measures: Sequence[Measure], folder: Path, *, seconds: float) -> None:
    """Store the measures in one JSON file per part, with a description of the machine."""
    run = {
        "measured_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "seconds": round(seconds),
        "machine": {
            "cpu": cpu(),
            "cores": len(cores()),
            "python": platform.python_version(),
            "system": f"{platform.system()} {platform.machine()}",
        },
    }
    folder.mkdir(parents=True, exist_ok=True)
    for part, part_measures in by_part(measures).items():
        document = {
            "part": part,
            **run,
            "measures": [{**asdict(measure), "verdict": measure.verdict} for measure in part_measures],
        }
        (folder / f"{file_name(part)}.json").write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")


def _describe_target(target: Target | None) -> str:
    return f"{'>=' if target.at_least else '<='} {target.limit:g}" if target else ""


def _raw(measure: Measure) -> str:
    return ", ".join(f"{name} {_short(value)}" for name, value in measure.raw.items())


def _short(value: float) -> str:
    """Format a number with about three significant digits."""
    decimals = next((n for n, minimum in enumerate((100, 10, 0.1)) if abs(value) >= minimum), 3 if value else 0)
    return f"{value:,.{decimals}f}"
