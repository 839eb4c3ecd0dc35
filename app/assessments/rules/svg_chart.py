"""The picture of a result, as SVG: two scales as a point on a plane, or a bar for each scale.

Its colours follow the reader's light or dark theme; title and description say the same to those who listen.
"""

from base64 import b64encode
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from html import escape

SCOPE = "twentyone-chart"  # so that a page which holds the picture keeps its own looks
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


def _rules(looks: Mapping[str, str]) -> str:
    return "".join(f".{SCOPE} .{name}{{{look}}}" for name, look in looks.items())


STYLE = f"{_rules(LIGHT)}@media(prefers-color-scheme:dark){{{_rules(DARK)}}}"
WIDTH = 480
SIDE = 320  # of the plane
LEFT, TOP = 110, 70
ROW = 64  # height of a bar with its texts
BAR = 360
MARGIN = 60
LINE = 52  # characters that fit across
SHORT = 40  # and beside a figure, or along a plane's side


@dataclass(frozen=True, slots=True)
class Axis:
    """A scale with its score, and its `interval` if known. Styles part at `middle`, and are unsure within `margin`."""

    name: str
    low: float
    high: float
    value: float | None
    interval: tuple[float, float] | None
    middle: float | None = None
    margin: float | None = None

    def share(self, value: float) -> float:
        """Where a value lies between the lowest and the highest, 0 to 1."""
        return (min(max(value, self.low), self.high) - self.low) / (self.high - self.low)

    @property
    def said(self) -> str:
        if self.value is None:
            return f"{self.name}: too few answers for a score."
        between = ""
        if self.interval:
            low, high = (f"{each:.2f}" for each in self.interval)
            between = f", 95 % interval {low} to {high}"
        return f"{self.name}: {self.value:.2f} on a scale from {self.low:g} to {self.high:g}{between}."


def style_hash() -> str:
    """What a content security policy allows of the picture: the one style in it, and no other."""
    return f"sha256-{b64encode(sha256(STYLE.encode()).digest()).decode()}"


def chart(name: str, title: str, axes: Sequence[Axis], *, is_plane: bool) -> str:
    """A plane for two scales that both have a score, else bars. `name` tells the picture from others on a page."""
    drawn = is_plane and all(axis.value is not None for axis in axes)
    height = TOP + SIDE + 80 if drawn else TOP + ROW * len(axes) + 10
    parts = _plane(*axes) if drawn else _bars(axes)
    said = " ".join(axis.said for axis in axes)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" '
        f'class="{SCOPE}" role="img" aria-labelledby="title-{name} desc-{name}">'
        f'<title id="title-{name}">{escape(title)}</title><desc id="desc-{name}">{escape(said)}</desc>'
        f"<style>{STYLE}</style>"
        f'<rect class="b" width="{WIDTH}" height="{height}" rx="8"/>'
        f'<text class="t" x="{WIDTH / 2:g}" y="34" text-anchor="middle">{escape(_fitting(title, LINE))}</text>'
        f"{''.join(parts)}</svg>"
    )


def _plane(across: Axis, up: Axis) -> Iterator[str]:
    yield f'<rect class="l" x="{LEFT}" y="{TOP}" width="{SIDE}" height="{SIDE}"/>'
    for axis, is_across in ((across, True), (up, False)):
        if axis.middle is not None and axis.margin:
            low, high = axis.share(axis.middle - axis.margin), axis.share(axis.middle + axis.margin)
            yield _area("z", (low, high), (0, 1)) if is_across else _area("z", (0, 1), (low, high))
        if axis.middle is not None:
            yield _line(axis.share(axis.middle), is_across=is_across)
    if across.interval and up.interval:
        (left, right), (bottom, top) = map(across.share, across.interval), map(up.share, up.interval)
        yield _area("a", (left, right), (bottom, top))
    x, y = _x(across.share(across.value or 0)), _y(up.share(up.value or 0))
    yield f'<circle class="p" cx="{x:.1f}" cy="{y:.1f}" r="7"/>'
    bottom_line = TOP + SIDE + 20
    yield _text("s", LEFT, bottom_line, f"{across.low:g}", "middle")
    yield _text("s", LEFT + SIDE, bottom_line, f"{across.high:g}", "middle")
    yield _text("t", LEFT + SIDE / 2, bottom_line + 24, _fitting(across.name, SHORT), "middle")
    yield _text("s", LEFT - 10, TOP + SIDE, f"{up.low:g}", "end")
    yield _text("s", LEFT - 10, TOP + 10, f"{up.high:g}", "end")
    name = _text("t", 0, 0, _fitting(up.name, SHORT), "middle")
    yield f'<g transform="translate({LEFT - 40} {TOP + SIDE / 2:g}) rotate(-90)">{name}</g>'


def _bars(axes: Sequence[Axis]) -> Iterator[str]:
    for n, axis in enumerate(axes):
        y = TOP + ROW * n
        shown = "too few answers" if axis.value is None else f"{axis.value:.2f}"
        yield _text("t", MARGIN, y, _fitting(axis.name, SHORT), "start")
        yield _text("t", MARGIN + BAR, y, shown, "end")
        yield f'<rect class="r" x="{MARGIN}" y="{y + 8}" width="{BAR}" height="14" rx="3"/>'
        if axis.value is not None:
            width = BAR * axis.share(axis.value)
            yield f'<rect class="p" x="{MARGIN}" y="{y + 8}" width="{width:.1f}" height="14" rx="3"/>'
        if axis.interval:
            low, high = (MARGIN + BAR * axis.share(each) for each in axis.interval)
            yield f'<rect class="a" x="{low:.1f}" y="{y + 4}" width="{high - low:.1f}" height="22"/>'
        yield _text("s", MARGIN, y + 38, f"{axis.low:g}", "start")
        yield _text("s", MARGIN + BAR, y + 38, f"{axis.high:g}", "end")


def _x(share: float) -> float:
    return LEFT + SIDE * share


def _y(share: float) -> float:
    return TOP + SIDE * (1 - share)


def _area(kind: str, across: tuple[float, float], up: tuple[float, float]) -> str:
    (left, right), (bottom, top) = across, up
    x, y, width, height = _x(left), _y(top), SIDE * (right - left), SIDE * (top - bottom)
    return f'<rect class="{kind}" x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}"/>'


def _line(share: float, *, is_across: bool) -> str:
    if is_across:
        return f'<path class="l" d="M{_x(share):.1f} {TOP}v{SIDE}"/>'
    return f'<path class="l" d="M{LEFT} {_y(share):.1f}h{SIDE}"/>'


def _text(kind: str, x: float, y: float, text: str, anchor: str) -> str:
    return f'<text class="{kind}" x="{x:g}" y="{y:g}" text-anchor="{anchor}">{escape(text)}</text>'


def _fitting(text: str, most: int) -> str:
    """What there is room for; the whole of it is in the description."""
    return text if len(text) <= most else f"{text[: most - 1].rstrip()}…"
