"""What was measured, against what was promised: one table, and one file."""

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
    """A bound that a value keeps, both in the value's own unit."""

    limit: float
    at_least: bool = False

    def is_met_by(self, value: float) -> bool:
        return value >= self.limit if self.at_least else value <= self.limit


@dataclass(frozen=True, slots=True)
class Measure:
    """One value with the raw numbers behind it, each named with its unit. Without a target it is only told."""

    part: str
    name: str
    value: float
    unit: str
    raw: Mapping[str, float]
    target: Target | None = None

    def with_raw(self, more: Mapping[str, float]) -> "Measure":
        return replace(self, raw={**self.raw, **more})

    @property
    def is_met(self) -> bool:
        return self.target is None or self.target.is_met_by(self.value)

    @property
    def verdict(self) -> str:
        if self.target is None:
            return "-"
        return "met" if self.is_met else "falls short"


def table(measures: Sequence[Measure]) -> str:
    lines = [("what", "value", "target", "verdict", "raw numbers")]
    lines += [
        (f"{each.part}: {each.name}", f"{_short(each.value)} {each.unit}", _said(each.target), each.verdict, _raw(each))
        for each in measures
    ]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    lines.insert(1, tuple("-" * width for width in widths))  # type: ignore[arg-type]
    return "\n".join(_aligned(lines, widths))


def _aligned(lines: Sequence[Sequence[str]], widths: Sequence[int]) -> Iterator[str]:
    for line in lines:
        yield "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()


def by_part(measures: Sequence[Measure]) -> dict[str, list[Measure]]:
    parts: dict[str, list[Measure]] = {}
    for each in measures:
        parts.setdefault(each.part, []).append(each)
    return parts


def file_name(part: str) -> str:
    return part.lower().replace(", ", "-").replace(" ", "-")


def write(measures: Sequence[Measure], folder: Path, *, seconds: float) -> None:
    """Keep a run, which took so many seconds, with the machine that it ran on: a file for each part."""
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
    for part, some in by_part(measures).items():
        kept = {"part": part, **run, "measures": [{**asdict(each), "verdict": each.verdict} for each in some]}
        (folder / f"{file_name(part)}.json").write_text(json.dumps(kept, indent=2) + "\n", encoding="utf-8")


def _said(target: Target | None) -> str:
    return f"{'>=' if target.at_least else '<='} {target.limit:g}" if target else ""


def _raw(measure: Measure) -> str:
    return ", ".join(f"{name} {_short(value)}" for name, value in measure.raw.items())


def _short(value: float) -> str:
    """About three digits."""
    decimals = next((n for n, least in enumerate((100, 10, 0.1)) if abs(value) >= least), 3 if value else 0)
    return f"{value:,.{decimals}f}"
