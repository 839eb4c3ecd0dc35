"""Tests for converting Markdown to blocks, HTML and plain text."""

import re
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.markdown.document import Document
from app.core.markdown.reader import HEADING_LEVELS, read_markdown

IMAGE_URL = "https://example.org/a.png"


def parse_document(markdown: str) -> Document:
    document, errors = read_markdown(markdown)
    assert errors == []
    return document


def span(text: str, *marks: str, href: str | None = None) -> dict[str, Any]:
    return {"text": text, "marks": list(marks), "href": href}


@pytest.mark.parametrize(
    ("markdown", "block", "html", "text"),
    [
        pytest.param(
            "## Sleep *well*",
            {"type": "heading", "id": "sleep-well", "level": 2, "spans": [span("Sleep "), span("well", "emphasis")]},
            '<h2 id="sleep-well">Sleep <em>well</em></h2>',
            "Sleep well",
            id="heading",
        ),
        pytest.param(
            "One\ntwo.",
            {"type": "paragraph", "spans": [span("One two.")]},
            "<p>One\ntwo.</p>",
            "One two.",
            id="paragraph",
        ),
        pytest.param(
            "- one\n- two",
            {"type": "list", "ordered": False, "items": [{"spans": [span("one")]}, {"spans": [span("two")]}]},
            "<ul>\n<li>one</li>\n<li>two</li>\n</ul>",
            "- one\n- two",
            id="bulleted list",
        ),
        pytest.param(
            "1. one\n\n1. two",
            {"type": "list", "ordered": True, "items": [{"spans": [span("one")]}, {"spans": [span("two")]}]},
            "<ol>\n<li>\n<p>one</p>\n</li>\n<li>\n<p>two</p>\n</li>\n</ol>",
            "1. one\n2. two",
            id="ordered list",
        ),
        pytest.param(
            "> Said\n> so.",
            {"type": "quote", "spans": [span("Said so.")]},
            "<blockquote>\n<p>Said\nso.</p>\n</blockquote>",
            "Said so.",
            id="quote",
        ),
        pytest.param(
            f'![Two friends]({IMAGE_URL} "By Ada")',
            {"type": "image", "url": IMAGE_URL, "alt": "Two friends", "caption": "By Ada"},
            f'<p><img src="{IMAGE_URL}" alt="Two friends" title="By Ada"></p>',
            "Two friends",
            id="image",
        ),
        pytest.param("***", {"type": "divider"}, "<hr>", "", id="divider"),
    ],
)
def test_block_of_each_type(markdown: str, block: dict[str, Any], html: str, text: str) -> None:
    document = parse_document(markdown)

    assert document.blocks == [block]
    assert document.text == text
    assert document.html == html + "\n"


def test_contents_lists_the_headings() -> None:
    document = parse_document("## 1. Start Small\n\n### Sleep *well*\n")

    assert document.contents == [
        {"id": "1-start-small", "level": 2, "title": "1. Start Small"},
        {"id": "sleep-well", "level": 3, "title": "Sleep well"},
    ]
    assert document.html == '<h2 id="1-start-small">1. Start Small</h2>\n<h3 id="sleep-well">Sleep <em>well</em></h3>\n'


@pytest.mark.parametrize(
    ("markdown", "spans"),
    [
        ("a **b** c", [span("a "), span("b", "strong"), span(" c")]),
        ("**a *b***", [span("a ", "strong"), span("b", "strong", "emphasis")]),
        ("*a `b`*", [span("a ", "emphasis"), span("b", "emphasis", "code")]),
        ("[a **b**](/journey)", [span("a ", href="/journey"), span("b", "strong", href="/journey")]),
        ("<https://example.org>", [span("https://example.org", href="https://example.org")]),
        ("<ada@example.org>", [span("ada@example.org", href="mailto:ada@example.org")]),
        ("a\\\nb", [span("a\nb")]),
        ("a &amp; b \\* c", [span("a & b * c")]),
        ("`<b>` \\<i>", [span("<b>", "code"), span(" <i>")]),
    ],
)
def test_spans_have_marks_and_links(markdown: str, spans: list[dict[str, Any]]) -> None:
    assert parse_document(markdown).blocks == [{"type": "paragraph", "spans": spans}]


def test_heading_ids_are_unique() -> None:
    document = parse_document("## Sleep\n\n## Sleep 2\n\n## Sleep\n\n## Schlaf für Ä’s\n\n## 睡眠\n\n## ???\n")

    assert [entry["id"] for entry in document.contents] == [
        "sleep",
        "sleep-2",
        "sleep-3",
        "schlaf-fur-as",
        "section",
        "section-2",
    ]


@pytest.mark.parametrize(
    ("markdown", "html"),
    [
        ("\\<script>alert(1)\\</script>", "<p>&lt;script&gt;alert(1)&lt;/script&gt;</p>\n"),
        ("&lt;img src=x onerror=alert(1)&gt;", "<p>&lt;img src=x onerror=alert(1)&gt;</p>\n"),
        ('[a](/a "\\"onclick=alert(1)")', '<p><a href="/a" title="&quot;onclick=alert(1)">a</a></p>\n'),
        (f'!["><script>]({IMAGE_URL})', f'<p><img src="{IMAGE_URL}" alt="&quot;&gt;&lt;script&gt;"></p>\n'),
        ('[a](</"onmouseover="alert(1)>)', '<p><a href="/%22onmouseover=%22alert(1)">a</a></p>\n'),
    ],
)
def test_html_contains_no_scripts(markdown: str, html: str) -> None:
    assert parse_document(markdown).html == html


@pytest.mark.parametrize("href", ["JaVaScRiPt:alert(1)", "//evil.example", "http://a.b"])
def test_unsafe_link_is_an_error(href: str) -> None:
    document, errors = read_markdown(f"Text.\n\nOne\n[two]({href})\n")

    assert [error.line for error in errors] == [4]
    assert errors[0].message.startswith("a link to ")
    assert not re.search('href="javascript:', document.html, re.IGNORECASE)


def test_links_have_line_numbers() -> None:
    document = parse_document("[a](/a)\n[b](#b)\n\n- c\n- [d](mailto:d@example.org)\n\n> e\n> [f](https://f.example)\n")

    assert document.links == [(1, "/a"), (2, "#b"), (5, "mailto:d@example.org"), (8, "https://f.example")]


@pytest.mark.parametrize(
    ("markdown", "line", "message_start"),
    [
        ("# One", 1, "a heading of level 1"),
        ("Text.\n\n### Three", 3, "a heading of level 3 under one of level 1: use ##"),
        ("###### Six", 1, "a heading of level 6"),
        ("Text.\n\n##\n", 3, "an empty heading"),
        ("- one\n-\n- three", 2, "an empty list item"),
        (">\n", 1, "an empty quote"),
        ("- one\n  - two", 2, "a list item must be one paragraph"),
        ("- one\n\n  two", 3, "a list item must be one paragraph"),
        ("- # one", 1, "a list item must be one paragraph"),
        ("> one\n> - two", 2, "a quote must be one paragraph"),
        ("Text.\n\n| a |\n|---|\n| b |", 3, "tables are not supported"),
        ("Text.\n\n```\ncode\n```", 3, "code blocks are not supported"),
        ("Text.\n\n    code", 3, "code blocks are not supported"),
        ("Text.\n\n<div>", 3, "raw HTML is not supported"),
        ("One\ntwo<br>", 2, "raw HTML is not supported"),
        (f"![ ]({IMAGE_URL})", 1, "an image needs an alternative text"),
        ("![a](a.png)", 1, "an image needs an https address"),
        (f"One\n![a]({IMAGE_URL})", 2, "an image must be the only content of its line"),
        ("Text.\n\n" + "*" * 2000 + "a" + "*" * 2000, 3, "marks are nested too deeply"),
        (f"[![a]({IMAGE_URL})](/a)", 1, "an image must be the only content of its line"),
    ],
)
def test_unsupported_syntax_is_an_error_with_its_line(markdown: str, line: int, message_start: str) -> None:
    _, errors = read_markdown(markdown)

    assert [(error.line, error.message.startswith(message_start)) for error in errors] == [(line, True)]


def test_all_errors_of_a_text_are_reported() -> None:
    _, errors = read_markdown("# One\n\n<div>\n\n- a\n  - b\n\n[c](javascript:c)\n")

    assert [error.line for error in errors] == [1, 3, 6, 8]


def test_reading_minutes_are_based_on_238_words_per_minute() -> None:
    documents = [parse_document("word " * words) for words in (0, 238, 239, 476)]

    assert [(document.word_count, document.reading_minutes) for document in documents] == [
        (0, 1),
        (238, 1),
        (239, 2),
        (476, 2),
    ]


def test_word_count_includes_visible_words_only() -> None:
    document = parse_document(
        f"## Don’t go-slow\n\nIt's *3* [words](https://not.counted.example).\n\n- one\n\n![A dog]({IMAGE_URL})\n\n---\n"
    )

    assert document.text == "Don’t go-slow\n\nIt's 3 words.\n\n- one\n\nA dog"
    assert document.word_count == 8


MARKDOWN_LINES = st.sampled_from(
    ["## A", "### A", "# A", "- a", "  - b", "1. c", "> d", "*e*", "[f](#a)", "[g](data:g)", "<b>", "***", "", "    h"]
)


@given(st.lists(MARKDOWN_LINES, max_size=12))
def test_any_text_is_parsed_or_has_errors_with_valid_lines(lines: list[str]) -> None:
    document, errors = read_markdown("\n".join(lines))

    ids = [entry["id"] for entry in document.contents]
    levels = [1, *(entry["level"] for entry in document.contents)]
    assert len(set(ids)) == len(ids)
    assert all(1 <= error.line <= len(lines) for error in errors)
    if not errors:
        assert re.findall(r'id="([^"]+)"', document.html) == ids
        assert all(level in HEADING_LEVELS and level <= before + 1 for before, level in pairwise(levels))
