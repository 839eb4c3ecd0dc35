"""Tests for drawing questionnaire scores as an SVG chart: a point on a plane, or one bar per scale."""

from base64 import b64encode
from collections.abc import Sequence
from hashlib import sha256
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.assessments.rules.svg_chart import Axis, render_chart, stylesheet_hash

Interval = tuple[float, float] | None

SVG = "{http://www.w3.org/2000/svg}"
LEFT, TOP, SIDE = 110, 70, 320  # position and size of the square that shows two scores


def axis(name: str = "Across", value: float | None = 4, interval: Interval = None, **more: float) -> Axis:
    return Axis(name, low=1, high=7, value=value, interval=interval, **more)


def draw(*axes: Axis, title: str = "A title", is_plane: bool = True) -> ET.Element:
    return ET.fromstring(render_chart("name", title, axes, is_plane=is_plane))


def text_of(image: ET.Element, name: str) -> str:
    return image.findtext(f"{SVG}{name}") or ""


def elements(image: ET.Element, tag: str, css_class: str) -> list[ET.Element]:
    return [element for element in image.iter(f"{SVG}{tag}") if element.get("class") == css_class]


def numbers(element: ET.Element, *names: str) -> list[float]:
    return [float(element.get(name, "0")) for name in names]


def rectangles(image: ET.Element, css_class: str) -> list[list[float]]:
    return [numbers(area, "x", "y", "width", "height") for area in elements(image, "rect", css_class)]


def labels(image: ET.Element) -> Sequence[str | None]:
    """Return the large texts of a chart after its title: the names of the scales and, for bars, the scores."""
    return [text.text for text in elements(image, "text", "t")][1:]


def test_chart_has_title_and_description() -> None:
    image = draw(axis(value=6), axis("Up", 7, interval=(6.02, 7)))

    assert image.get("role") == "img"
    tags_by_id = {element.get("id"): element.tag for element in image.iter() if element.get("id")}
    assert tags_by_id == {"title-name": f"{SVG}title", "desc-name": f"{SVG}desc"}
    assert image.get("aria-labelledby") == "title-name desc-name"
    assert text_of(image, "title") == "A title"
    assert text_of(image, "desc") == (
        "Across: 6.00 on a scale from 1 to 7. Up: 7.00 on a scale from 1 to 7, 95 % interval 6.02 to 7.00."
    )


def test_chart_supports_dark_theme_with_hashed_stylesheet() -> None:
    stylesheet = text_of(draw(axis(), axis()), "style")

    assert "prefers-color-scheme:dark" in stylesheet
    assert stylesheet_hash() == f"sha256-{b64encode(sha256(stylesheet.encode()).digest()).decode()}"


@given(st.floats(1, 7), st.floats(1, 7))
def test_chart_of_two_scales_draws_point_on_plane(across: float, up: float) -> None:
    [point] = elements(draw(axis(value=across), axis(value=up)), "circle", "p")

    expected = LEFT + SIDE * (across - 1) / 6, TOP + SIDE - SIDE * (up - 1) / 6
    assert numbers(point, "cx", "cy") == pytest.approx(expected, abs=0.06)


def test_chart_without_intervals_draws_margins() -> None:
    image = draw(axis(midpoint=4, margin=0.5), axis("Up", midpoint=4, margin=0.5))

    across, up = rectangles(image, "z")
    assert across == pytest.approx((LEFT + SIDE * 2.5 / 6, TOP, SIDE / 6, SIDE), abs=0.06)
    assert up == pytest.approx((LEFT, TOP + SIDE * 2.5 / 6, SIDE, SIDE / 6), abs=0.06)
    assert rectangles(image, "a") == []
    lines = {line.get("d") for line in elements(image, "path", "l")}
    assert lines == {f"M{LEFT + SIDE / 2:.1f} {TOP}v{SIDE}", f"M{LEFT} {TOP + SIDE / 2:.1f}h{SIDE}"}
    assert labels(image) == ["Across", "Up"]


def test_chart_with_intervals_draws_interval_area() -> None:
    image = draw(axis(interval=(3.02, 4.98), midpoint=4), axis("Up", 7, interval=(6.02, 7), midpoint=4))

    [area] = rectangles(image, "a")
    expected = LEFT + SIDE * 2.02 / 6, TOP, SIDE * 1.96 / 6, SIDE * 0.98 / 6
    assert area == pytest.approx(expected, abs=0.06)
    assert rectangles(image, "z") == []


def test_chart_with_one_interval_draws_no_area() -> None:
    assert rectangles(draw(axis(interval=(3.02, 4.98)), axis("Up")), "a") == []


def test_chart_of_three_scales_draws_bars() -> None:
    image = draw(axis("One", 1), axis("Two", 4, interval=(3.02, 4.98)), axis("Three", 7), is_plane=False)

    assert elements(image, "circle", "p") == []
    assert [width for _, _, width, _ in rectangles(image, "p")] == [0, 180, 360]
    [area] = rectangles(image, "a")
    assert area[2] == pytest.approx(360 * 1.96 / 6, abs=0.06)
    assert labels(image) == ["One", "1.00", "Two", "4.00", "Three", "7.00"]


def test_chart_with_too_few_answers_draws_no_score() -> None:
    image = draw(axis(value=None), axis("Up", 2))

    assert elements(image, "circle", "p") == []
    assert len(rectangles(image, "p")) == 1
    assert labels(image) == ["Across", "too few answers", "Up", "2.00"]
    assert text_of(image, "desc") == "Across: too few answers for a score. Up: 2.00 on a scale from 1 to 7."


@pytest.mark.parametrize("is_plane", [True, False])
def test_chart_escapes_and_shortens_names(*, is_plane: bool) -> None:
    names = ['<script>alert("1")</script>', "]]> & 'quoted' é ü 💙"]

    image = draw(*map(axis, names), title=f"A & <B>{'!' * 50}", is_plane=is_plane)

    assert text_of(image, "title") == f"A & <B>{'!' * 50}"
    assert elements(image, "text", "t")[0].text == f"A & <B>{'!' * 44}…"
    assert set(names) <= set(labels(image))
    assert {element.tag.removeprefix(SVG) for element in image.iter()} <= {
        *("svg", "title", "desc", "style", "rect", "text", "path", "circle", "g"),
    }


@pytest.mark.parametrize("value", [1, 7])
@pytest.mark.parametrize("is_plane", [True, False])
def test_chart_elements_stay_within_view_box(value: float, *, is_plane: bool) -> None:
    image = draw(axis(value=value, interval=(1, 7)), axis(value=value, midpoint=4, margin=5), is_plane=is_plane)

    _, _, image_width, image_height = map(float, image.get("viewBox", "").split())
    for rectangle in image.iter(f"{SVG}rect"):
        x, y, width, height = numbers(rectangle, "x", "y", "width", "height")
        assert (0 <= x <= x + width <= image_width, 0 <= y <= y + height <= image_height) == (True, True)
