"""Draw bar charts as SVG: one bar per measure, and a line at its limit."""

from collections.abc import Iterator, Sequence
from html import escape
from typing import NamedTuple

WIDTH, NAMES, VALUES, ROW, TOP, MARGIN = 1020, 420, 220, 22, 44, 16
LEFT, SPACE = NAMES + MARGIN, WIDTH - VALUES - NAMES - MARGIN
STYLE = "text{font:12px system-ui,sans-serif;fill:#222}.value{font-size:11px;fill:#555}"
FILL, LIMIT = "#4292c6", "#d94801"


class Bar(NamedTuple):
    name: str
    value: float
    limit: float | None
    label: str


def chart(title: str, bars: Sequence[Bar]) -> str:
    return "".join(_svg(title, bars))


def _svg(title: str, bars: Sequence[Bar]) -> Iterator[str]:
    height = TOP + ROW * len(bars) + MARGIN
    scale = SPACE / (max((max(bar.value, bar.limit or 0.0) for bar in bars), default=0.0) or 1.0)
    yield f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img">'
    yield f'<title>{escape(title)}</title><style>{STYLE}</style><rect width="100%" height="100%" fill="#fff"/>'
    yield f'<text x="{MARGIN}" y="24" font-weight="600">{escape(title)}</text>'
    for n, bar in enumerate(bars):
        y = TOP + ROW * n
        yield f'<text x="{NAMES}" y="{y + 15}" text-anchor="end">{escape(bar.name)}</text>'
        yield f'<rect x="{LEFT}" y="{y + 4}" width="{scale * max(bar.value, 0.0):.1f}" height="14" fill="{FILL}"/>'
        if bar.limit:
            yield f'<rect x="{LEFT + scale * bar.limit:.1f}" y="{y}" width="2" height="{ROW}" fill="{LIMIT}"/>'
        yield f'<text class="value" x="{LEFT + SPACE + 8}" y="{y + 15}">{escape(bar.label)}</text>'
    yield "</svg>\n"
