"""Draw a chart for each part of the benchmark: one row per measure, with values and target.

The axis is logarithmic.
"""

from collections.abc import Iterator, Mapping, Sequence
from html import escape
from math import ceil, floor, log10
from pathlib import Path
from typing import NamedTuple

from bench.results import Measure, by_part, file_name
from bench.servers.machine import cores, cpu

FOLDER = Path(__file__).parents[1] / "docs" / "performance"
WIDTH, NAMES, VALUES, ROW, TOP, BOTTOM, MARGIN = 1020, 420, 110, 22, 44, 34, 16
LEFT, RIGHT = NAMES + MARGIN, WIDTH - VALUES
SHADES = ("#9ecae1", "#4292c6", "#08519c", "#08306b")
TARGET = "#d94801"
STYLE = "text{font:12px system-ui,sans-serif;fill:#222}.axis{stroke:#ddd}.small{font-size:11px;fill:#555}"
SHARE = "share of the limit"


class Row(NamedTuple):
    name: str
    dots: Mapping[str, float]
    target: float | None
    label: str


class Axis(NamedTuple):
    """A logarithmic chart axis of whole powers of ten."""

    low: int
    high: int

    @classmethod
    def around(cls, values: Sequence[float]) -> "Axis":
        low = floor(log10(min(values)))
        return cls(low, max(ceil(log10(max(values))), low + 1))

    def position(self, value: float) -> float:
        return LEFT + (RIGHT - LEFT) * (log10(value) - self.low) / (self.high - self.low)


def write(measures: Sequence[Measure], folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for part, part_measures in by_part(measures).items():
        (folder / f"{file_name(part)}.svg").write_text(picture(part, part_measures), encoding="utf-8")


def picture(part: str, measures: Sequence[Measure]) -> str:
    unit = measures[0].unit if len({measure.unit for measure in measures}) == 1 else SHARE
    if part.endswith(", articles"):
        measures, unit = [measure for measure in measures if _by_number(measure)], "ms"
    rows = [_row(measure, unit) for measure in measures]
    rows = [row for row in rows if row.dots]
    values = [value for row in rows for value in (*row.dots.values(), row.target or 0.0) if value > 0] or [1.0]
    return "".join(_svg(f"{part}: {unit}; {cpu()}, {len(cores())} cores", rows, Axis.around(values)))


def _row(measure: Measure, unit: str) -> Row:
    limit = measure.target.limit if measure.target else None
    if unit == SHARE:
        dots = {"value": measure.value / limit} if limit and measure.value > 0 else {}
        return Row(measure.name, dots, 1.0 if limit else None, f"{measure.value:,.3g} {measure.unit.split()[0]}")
    dots = _by_number(measure) or _percentiles(measure) or _whiskers(measure)
    positive = {name: value for name, value in dots.items() if value > 0}
    is_compared = bool(_by_number(measure))  # then the target is a ratio, not milliseconds
    label = f"{measure.value:,.3g} {measure.unit.split()[0]}"
    return Row(measure.name, positive, None if is_compared else limit, label)


def _by_number(measure: Measure) -> dict[str, float]:
    return {name.removeprefix("ms at "): value for name, value in measure.raw.items() if name.startswith("ms at ")}


def _percentiles(measure: Measure) -> dict[str, float]:
    percentiles = {name: measure.raw[name] for name in ("p50", "p95") if name in measure.raw}
    return percentiles | {"p99": measure.value} if percentiles else {}


def _whiskers(measure: Measure) -> dict[str, float]:
    parts = {name: value for name, value in measure.raw.items() if name in {"lowest", "highest"} or name[:3] == "us "}
    return parts | {measure.unit: measure.value}


def _svg(title: str, rows: Sequence[Row], axis: Axis) -> Iterator[str]:
    height = TOP + ROW * len(rows) + BOTTOM
    yield f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img">'
    yield f"<title>{escape(title)}</title>"
    yield f'<style>{STYLE}</style><rect width="100%" height="100%" fill="#fff"/>'
    yield f'<text x="{MARGIN}" y="24" font-weight="600">{escape(title)}</text>'
    for power in range(axis.low, axis.high + 1):
        x = axis.position(10.0**power)
        yield f'<line class="axis" x1="{x:.1f}" x2="{x:.1f}" y1="{TOP}" y2="{height - BOTTOM}"/>'
        yield f'<text class="small" x="{x:.1f}" y="{height - BOTTOM + 16}" text-anchor="middle">{10.0**power:,g}</text>'
    for n, row in enumerate(rows):
        yield from _row_svg(row, TOP + ROW * (n + 0.5), axis)
    yield "</svg>\n"


def _row_svg(row: Row, y: float, axis: Axis) -> Iterator[str]:
    yield f'<text x="{NAMES}" y="{y + 4:.1f}" text-anchor="end">{escape(row.name)}</text>'
    positions = {name: axis.position(value) for name, value in row.dots.items()}
    low, high = min(positions.values()), max(positions.values())
    yield f'<line x1="{low:.1f}" x2="{high:.1f}" y1="{y}" y2="{y}" stroke="#bbb"/>'
    if row.target:
        x = axis.position(row.target)
        yield f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{y - 8}" y2="{y + 8}" stroke="{TARGET}" stroke-width="2"/>'
    for (name, x), shade in zip(positions.items(), _shades(len(positions)), strict=True):
        tooltip = f"{name}: {row.dots[name]:,.3g}"
        yield f'<circle cx="{x:.1f}" cy="{y}" r="4" fill="{shade}"><title>{escape(tooltip)}</title></circle>'
    yield f'<text class="small" x="{RIGHT + 8}" y="{y + 4:.1f}">{escape(row.label)}</text>'


def _shades(count: int) -> Sequence[str]:
    """Return the shades of the dots in a chart. The last is the darkest."""
    return [*[SHADES[0]] * (count - len(SHADES)), *SHADES[-min(count, len(SHADES)) :]]
