"""Tests for validating content files: errors in the front matter (YAML header) of articles."""

from pathlib import Path

import pytest

from tests.content.conftest import content_errors

ARTICLE = """\
---
title: One
excerpt: About one.
category: health
topics: [sleep, friends]
author: ada
status: published
publish_at: 2025-01-01
---

A first paragraph.
"""
MOMENT = "must be a date such as 2026-11-23 or a timestamp such as 2026-11-23T09:00:00Z"
PLAIN = "anchors and aliases are not supported: write the value out"


def write(content_dir: Path, text: str | bytes, name: str = "one.md") -> None:
    (content_dir / "articles" / name).write_bytes(text if isinstance(text, bytes) else text.encode())


@pytest.mark.parametrize(
    ("old", "new", "errors"),
    [
        pytest.param(
            "title: One",
            "titel: One",
            ["2: titel is unknown; did you mean 'title'?", "2: title is missing"],
            id="unknown key",
        ),
        pytest.param("author: ada\n", "", ["2: author is missing"], id="missing key"),
        pytest.param(
            "author: ada", "author: ada\ntitle: Two", ["7: 'title' is a duplicate key: remove one"], id="repeated key"
        ),
        pytest.param(
            "title: One\nexcerpt: About one.",
            "title: &it One\nexcerpt: *it",
            [f"2: {PLAIN}", f"3: {PLAIN}"],
            id="alias",
        ),
        pytest.param("title: One", "title: 21", ["2: title must be a text; put it in quotes"], id="number for a text"),
        pytest.param("title: One", "title:", ["2: title must be a text; put it in quotes"], id="nothing for a text"),
        pytest.param(
            "title: One",
            "title: {{One}}",
            ["2: a key must be a text; a value with braces needs quotes", "2: title must be a text; put it in quotes"],
            id="braces",
        ),
        pytest.param(
            "title: One", f"title: {'x' * 301}", ["2: title should have at most 300 characters"], id="too long"
        ),
        pytest.param(
            "title: One", 'title: "One\\0"', ["2: title must be one line without spaces around it"], id="escaped NUL"
        ),
        pytest.param(
            "category: health",
            "category: Health",
            ["4: category must be lower-case letters, digits and single hyphens, such as social-connection"],
            id="not a slug",
        ),
        pytest.param("[sleep, friends]", "sleep", ["5: topics should be a valid list"], id="text for a list"),
        pytest.param(
            "[sleep, friends]", "[]", ["5: topics should have at least 1 item after validation, not 0"], id="no topic"
        ),
        pytest.param(
            "status: published",
            "status: publishd",
            ["7: status must be one of 'draft', 'published' or 'unpublished'"],
            id="unknown status",
        ),
        pytest.param("2025-01-01", "2025-02-30", [f"8: publish_at {MOMENT}"], id="no such day"),
        pytest.param("2025-01-01", "tomorrow", [f"8: publish_at {MOMENT}"], id="a word for a date"),
        pytest.param("2025-01-01", "20250101", [f"8: publish_at {MOMENT}"], id="a number for a date"),
        pytest.param("2025-01-01", "0001-01-01", [f"8: publish_at {MOMENT}"], id="a date that no zone has"),
        pytest.param(
            "2025-01-01",
            "2025-01-01T09:00:00",
            ["8: publish_at must include its offset, such as 2026-11-23T09:00:00Z, or be a date alone"],
            id="naive",
        ),
        pytest.param(
            "publish_at: 2025-01-01\n",
            "",
            ["2: publish_at is missing: a published article needs it, such as publish_at: 2026-11-23"],
            id="published without publish_at",
        ),
        pytest.param(
            "author: ada",
            "author: ada\nreading_minutes: '5'",
            ["7: reading_minutes should be a valid integer"],
            id="text for a number",
        ),
        pytest.param(
            "author: ada",
            "author: ada\nseo: {titel: A, description: B}",
            ["7: seo.titel is unknown; did you mean 'title'?", "7: seo.title is missing"],
            id="unknown key within",
        ),
        pytest.param(
            "title: One",
            "title: !!python/name:os.system One",
            ["2: 'One' is not a readable value: quote it"],
            id="a tag",
        ),
        pytest.param("title: One", "title: 'One", ["8: isn't YAML: found unexpected end of stream"], id="broken YAML"),
        pytest.param(
            "title: One",
            "title: One: two",
            ["2: isn't YAML: mapping values are not allowed in this context"],
            id="a colon without quotes",
        ),
        pytest.param(
            "title: One",
            f"title: {'[' * 200_000}",
            ["2: has more than 20 nested lists and mappings"],
            id="nested without end",
        ),
        pytest.param(
            "author: ada",
            "author: ada\n? [a, b]\n: c",
            ["7: a key must be a text; a value with braces needs quotes"],
            id="a list as a key",
        ),
    ],
)
def test_article_with_invalid_front_matter_is_error(content_dir: Path, old: str, new: str, errors: list[str]) -> None:
    assert old in ARTICLE
    write(content_dir, ARTICLE.replace(old, new))

    assert content_errors(content_dir) == [f"articles/one.md:{error}" for error in errors]


@pytest.mark.parametrize(
    ("content", "error"),
    [
        pytest.param("# One\n", "1: must begin with a line --- and its front matter", id="no front matter"),
        pytest.param("", "1: must begin with a line --- and its front matter", id="empty file"),
        pytest.param("---\ntitle: One\n", "1: the front matter must end with a line ---", id="no end"),
        pytest.param("---\n- one\n---\nText.\n", "2: must be keys with values, such as title: ...", id="a list"),
        pytest.param(
            ARTICLE.encode() + b"Fa\xe7ade", "12: isn't UTF-8: save the file in that encoding", id="not UTF-8"
        ),
        pytest.param(ARTICLE + "a\0b", "12: contains a control character, U+0000: remove it", id="NUL"),
        pytest.param(
            ARTICLE.replace("One", "O\x08e"), "2: contains a control character, U+0008: remove it", id="backspace"
        ),
        pytest.param(b"a" * 1_000_001, "1: has 1,000,001 bytes: the maximum is 1,000,000", id="oversized"),
    ],
)
def test_article_file_that_is_not_readable_is_error(content_dir: Path, content: str | bytes, error: str) -> None:
    write(content_dir, content)

    assert content_errors(content_dir) == [f"articles/one.md:{error}"]


def test_empty_front_matter_reports_missing_keys(content_dir: Path) -> None:
    write(content_dir, "---\n---\n\nText.\n")

    missing = ("author", "category", "excerpt", "status", "title", "topics")
    assert content_errors(content_dir) == [f"articles/one.md:1: {key} is missing" for key in missing]


@pytest.mark.parametrize("name", ["One.md", "a--b.md", "a_b.md", "-a.md", f"{'a' * 121}.md", "a.b.md"])
def test_file_name_that_is_not_a_slug_is_error(content_dir: Path, name: str) -> None:
    write(content_dir, ARTICLE, name)

    assert content_errors(content_dir) == [
        f"articles/{name}:1: the file's name must be a slug, such as social-connection.md"
    ]


def test_windows_line_ends_keep_line_numbers(content_dir: Path) -> None:
    write(content_dir, "\ufeff" + ARTICLE.replace("author: ada", "author: 5").replace("\n", "\r\n") + "\r\n# Two")

    assert content_errors(content_dir) == [
        "articles/one.md:6: author must be a text; put it in quotes",
        "articles/one.md:13: a heading of level 1: the title is level 1, use ## to ####",
    ]
