"""Draw an SVG chart of questionnaire scores: a point on a plane for two scales, or one bar per scale.

The colors adapt to the light or dark theme. The title and description make the chart accessible to screen readers.
"""

from base64 import b64encode
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from html import escape

CSS_CLASS = "twentyone-chart"  # limits the CSS rules to the chart, so that they don't affect an embedding page
LIGHT = {
    "b": "fill:#fff",
    "t": "fill:#1f2937;font:14px system-ui,sans-serif",
    "s": "fill:#4b5563;font:12px system-ui,sans-serif",
    "l": "stroke:#9ca3af;stroke-width:1;fill:none",
    "z": "fill:#6b7280;fill-opacity:.14",
    "a": "fill:#2563eb;fill-opacity:.25",
    "p": "fill:#1d4ed8;stroke:#fff;stroke-width:2",
    "r": "fill:#e5e7eb",
}
DARK = {
    "b": "fill:#111827",
    "t": "fill:#f3f4f6",
    "s": "fill:#d1d5db",
    "l": "stroke:#6b7280",
    "z": "fill:#9ca3af",
    "a": "fill:#60a5fa;fill-opacity:.3",
    "p": "fill:#93c5fd;stroke:#111827",
    "r": "fill:#374151",
}


def _css_rules(styles: Mapping[str, str]) -> str:
    return "".join(f".{CSS_CLASS} .{name}{{{style}}}" for name, style in styles.items())


STYLESHEET = f"{_css_rules(LIGHT)}@media(prefers-color-scheme:dark){{{_css_rules(DARK)}}}"
CHART_WIDTH = 480
PLANE_SIZE = 320  # width and height of the plane
PLANE_LEFT, PLANE_TOP = 110, 70
ROW_HEIGHT = 64  # height of a bar with its labels
BAR_WIDTH = 360
BAR_LEFT = 60
MAX_TITLE_LENGTH = 52  # characters that fit the width of the chart
MAX_LABEL_LENGTH = 40  # characters that fit next to a value or along the plane


@dataclass(frozen=True, slots=True)
class Axis:
    """A scale and its score, drawn as a bar or as one axis of a plane.

    `midpoint` separates low scores from high scores. Scores within `margin` of it are borderline.
    """

    name: str
    low: float
    high: float
    value: float | None
    interval: tuple[float, float] | None
    midpoint: float | None = None
    margin: float | None = None

    def position(self, value: float) -> float:
        """Return the position of a value between the ends of the axis, from 0 to 1."""
        return (min(max(value, self.low), self.high) - self.low) / (self.high - self.low)

    @property
    def description(self) -> str:
        if self.value is None:
            return f"{self.name}: too few answers for a score."
        interval_text = ""
        if self.interval:
            low, high = (f"{bound:.2f}" for bound in self.interval)
            interval_text = f", 95 % interval {low} to {high}"
        return f"{self.name}: {self.value:.2f} on a scale from {self.low:g} to {self.high:g}{interval_text}."


def stylesheet_hash() -> str:
    """Return the hash of the stylesheet, for a Content-Security-Policy header."""
    return f"sha256-{b64encode(sha256(STYLESHEET.encode()).digest()).decode()}"


def render_chart(name: str, title: str, axes: Sequence[Axis], *, is_plane: bool) -> str:
    """Return an SVG chart: a point on a plane if requested and both scales have scores, otherwise bars.

    `name` makes the element ids unique, so that a page can contain several charts.
    """
    draws_plane = is_plane and all(axis.value is not None for axis in axes)
    height = PLANE_TOP + PLANE_SIZE + 80 if draws_plane else PLANE_TOP + ROW_HEIGHT * len(axes) + 10
    parts = _draw_plane(*axes) if draws_plane else _draw_bars(axes)
    description = " ".join(axis.description for axis in axes)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {CHART_WIDTH} {height}" '
        f'class="{CSS_CLASS}" role="img" aria-labelledby="title-{name} desc-{name}">'
        f'<title id="title-{name}">{escape(title)}</title><desc id="desc-{name}">{escape(description)}</desc>'
        f"<style>{STYLESHEET}</style>"
        f'<rect class="b" width="{CHART_WIDTH}" height="{height}" rx="8"/>'
        f'<text class="t" x="{CHART_WIDTH / 2:g}" y="34" text-anchor="middle">'
        f"{escape(_truncate(title, MAX_TITLE_LENGTH))}</text>"
        f"{''.join(parts)}</svg>"
    )


def _draw_plane(across: Axis, up: Axis) -> Iterator[str]:
    yield f'<rect class="l" x="{PLANE_LEFT}" y="{PLANE_TOP}" width="{PLANE_SIZE}" height="{PLANE_SIZE}"/>'
    for axis, is_across in ((across, True), (up, False)):
        if axis.midpoint is not None and axis.margin:
            low, high = axis.position(axis.midpoint - axis.margin), axis.position(axis.midpoint + axis.margin)
            yield _draw_area("z", (low, high), (0, 1)) if is_across else _draw_area("z", (0, 1), (low, high))
        if axis.midpoint is not None:
            yield _draw_line(axis.position(axis.midpoint), is_across=is_across)
    if across.interval and up.interval:
        (left, right), (bottom, top) = map(across.position, across.interval), map(up.position, up.interval)
        yield _draw_area("a", (left, right), (bottom, top))
    x, y = _x(across.position(across.value or 0)), _y(up.position(up.value or 0))
    yield f'<circle class="p" cx="{x:.1f}" cy="{y:.1f}" r="7"/>'
    bottom_line = PLANE_TOP + PLANE_SIZE + 20
    yield _draw_text("s", PLANE_LEFT, bottom_line, f"{across.low:g}", "middle")
    yield _draw_text("s", PLANE_LEFT + PLANE_SIZE, bottom_line, f"{across.high:g}", "middle")
    yield _draw_text(
        "t", PLANE_LEFT + PLANE_SIZE / 2, bottom_line + 24, _truncate(across.name, MAX_LABEL_LENGTH), "middle"
    )
    yield _draw_text("s", PLANE_LEFT - 10, PLANE_TOP + PLANE_SIZE, f"{up.low:g}", "end")
    yield _draw_text("s", PLANE_LEFT - 10, PLANE_TOP + 10, f"{up.high:g}", "end")
    name = _draw_text("t", 0, 0, _truncate(up.name, MAX_LABEL_LENGTH), "middle")
    yield f'<g transform="translate({PLANE_LEFT - 40} {PLANE_TOP + PLANE_SIZE / 2:g}) rotate(-90)">{name}</g>'


def _draw_bars(axes: Sequence[Axis]) -> Iterator[str]:
    for n, axis in enumerate(axes):
        y = PLANE_TOP + ROW_HEIGHT * n
        value_text = "too few answers" if axis.value is None else f"{axis.value:.2f}"
        yield _draw_text("t", BAR_LEFT, y, _truncate(axis.name, MAX_LABEL_LENGTH), "start")
        yield _draw_text("t", BAR_LEFT + BAR_WIDTH, y, value_text, "end")
        yield f'<rect class="r" x="{BAR_LEFT}" y="{y + 8}" width="{BAR_WIDTH}" height="14" rx="3"/>'
        if axis.value is not None:
            width = BAR_WIDTH * axis.position(axis.value)
            yield f'<rect class="p" x="{BAR_LEFT}" y="{y + 8}" width="{width:.1f}" height="14" rx="3"/>'
        if axis.interval:
            low, high = (BAR_LEFT + BAR_WIDTH * axis.position(bound) for bound in axis.interval)
            yield f'<rect class="a" x="{low:.1f}" y="{y + 4}" width="{high - low:.1f}" height="22"/>'
        yield _draw_text("s", BAR_LEFT, y + 38, f"{axis.low:g}", "start")
        yield _draw_text("s", BAR_LEFT + BAR_WIDTH, y + 38, f"{axis.high:g}", "end")


def _x(position: float) -> float:
    return PLANE_LEFT + PLANE_SIZE * position


def _y(position: float) -> float:
    return PLANE_TOP + PLANE_SIZE * (1 - position)


def _draw_area(css_class: str, across: tuple[float, float], up: tuple[float, float]) -> str:
    (left, right), (bottom, top) = across, up
    x, y, width, height = _x(left), _y(top), PLANE_SIZE * (right - left), PLANE_SIZE * (top - bottom)
    return f'<rect class="{css_class}" x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}"/>'


def _draw_line(position: float, *, is_across: bool) -> str:
    if is_across:
        return f'<path class="l" d="M{_x(position):.1f} {PLANE_TOP}v{PLANE_SIZE}"/>'
    return f'<path class="l" d="M{PLANE_LEFT} {_y(position):.1f}h{PLANE_SIZE}"/>'


def _draw_text(css_class: str, x: float, y: float, text: str, anchor: str) -> str:
    return f'<text class="{css_class}" x="{x:g}" y="{y:g}" text-anchor="{anchor}">{escape(text)}</text>'


def _truncate(text: str, max_length: int) -> str:
    """Shorten a text to a maximum length, ending with an ellipsis."""
    return text if len(text) <= max_length else f"{text[: max_length - 1].rstrip()}…"
