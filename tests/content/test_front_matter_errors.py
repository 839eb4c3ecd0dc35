"""Tests for validating content files: errors in the front matter (YAML header) of articles."""

from pathlib import Path

import pytest

from tests.content.conftest import Edits, content_errors, make_edits

FILE = "articles/one.md"
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
OFFSET = "must include its offset, such as 2026-11-23T09:00:00Z, or be a date alone"
PLAIN = "anchors and aliases are not supported: write the value out"
QUOTED = "must be a text; put it in quotes"
SLUG = "must be lower-case letters, digits and single hyphens, such as social-connection"
TITLE, DAY = "title: One", "2025-01-01"

WRONG_TYPES = (
    (TITLE, "title: 21", f"title {QUOTED}"),
    ("excerpt: About one.", "excerpt:", f"excerpt {QUOTED}"),
    ("[sleep, friends]", "sleep", "topics should be a valid list"),
    ("author: ada", "author: ada\nreading_minutes: '5'", "reading_minutes should be a valid integer"),
    (DAY, "20250101", f"publish_at {MOMENT}"),
)
WRONG_VALUES = (
    (TITLE, f"title: {'x' * 301}", "title should have at most 300 characters"),
    ("About one.", '"One\\0"', "excerpt must be one line without spaces around it"),
    ("category: health", "category: Health", f"category {SLUG}"),
    ("[sleep, friends]", "[]", "topics should have at least 1 item after validation, not 0"),
    ("published", "publishd", "status must be one of 'draft', 'published' or 'unpublished'"),
    (DAY, "2025-02-30", f"publish_at {MOMENT}"),
    ("author: ada", "author: ada\nupdated_at: 0001-01-01", f"updated_at {MOMENT}"),
)
WRONG_KEYS = (
    (TITLE, "titel: One", "titel is unknown; did you mean 'title'?"),
    ("---\ntitel", "---\ntitel", "title is missing"),
    ("excerpt: About one.", "excerpt: {{One}}", "a key must be a text; a value with braces needs quotes"),
    ("excerpt", "excerpt", f"excerpt {QUOTED}"),
    ("author: ada", "author: ada\nauthor: ben", "'author' is a duplicate key: remove one"),
    ("published", "published\nseo: {title: A, descripton: B}",
     "seo.descripton is unknown; did you mean 'description'?"),
    ("seo:", "seo:", "seo.description is missing"),
    (f"publish_at: {DAY}\n", ""),
    ("---\ntitel", "---\ntitel",
     "publish_at is missing: a published article needs it, such as publish_at: 2026-11-23"),
)  # fmt: skip


@pytest.fixture
def article(content_dir: Path) -> Path:
    path = content_dir / FILE
    path.write_text(ARTICLE, encoding="utf-8")
    return path


@pytest.mark.parametrize("edits", [WRONG_TYPES, WRONG_VALUES, WRONG_KEYS], ids=["types", "values", "keys"])
def test_each_invalid_value_is_error_at_its_line(content_dir: Path, article: Path, edits: Edits) -> None:
    expected = make_edits(content_dir, FILE, *edits)

    assert content_errors(content_dir) == expected


@pytest.mark.parametrize(
    ("old", "new", "error"),
    [
        (DAY, "2025-01-01T09:00:00", f"publish_at {OFFSET}"),
        (TITLE, "title: !!python/name:os.system One", "'One' is not a readable value: quote it"),
        ("author: ada", "author: ada\n? [a, b]", "a key must be a text; a value with braces needs quotes"),
        (TITLE, "title: &it One", PLAIN),
        ("[sleep, friends]", "*it", PLAIN),
        (TITLE, "title: One: two", "isn't YAML: mapping values are not allowed in this context"),
        (TITLE, f"title: {'[' * 200_000}", "has more than 20 nested lists and mappings"),
    ],
    ids=["naive", "tag", "list as key", "anchor", "alias", "colon", "nested"],
)
def test_unsupported_value_is_only_error(content_dir: Path, article: Path, old: str, new: str, error: str) -> None:
    expected = make_edits(content_dir, FILE, (old, new, error))

    assert content_errors(content_dir) == expected


@pytest.mark.parametrize(
    ("content", "error"),
    [
        ("# One\n", "1: must begin with a line --- and its front matter"),
        ("", "1: must begin with a line --- and its front matter"),
        ("---\ntitle: One\n", "1: the front matter must end with a line ---"),
        ("---\n- one\n---\nText.\n", "2: must be keys with values, such as title: ..."),
        (ARTICLE.replace("One", "'One"), "8: isn't YAML: found unexpected end of stream"),
        (ARTICLE.encode() + b"Fa\xe7ade", "12: isn't UTF-8: save the file in that encoding"),
        (ARTICLE + "a\x08b", "12: contains a control character, U+0008: remove it"),
        (b"a" * 1_000_001, "1: has 1,000,001 bytes: the maximum is 1,000,000"),
    ],
    ids=["no front matter", "empty", "no end", "list", "broken YAML", "not UTF-8", "control character", "oversized"],
)
def test_article_file_that_is_not_readable_is_error(
    content_dir: Path, article: Path, content: str | bytes, error: str
) -> None:
    article.write_bytes(content if isinstance(content, bytes) else content.encode())

    assert content_errors(content_dir) == [f"{FILE}:{error}"]


def test_empty_front_matter_reports_missing_keys(content_dir: Path, article: Path) -> None:
    article.write_text("---\n---\n\nText.\n", encoding="utf-8")

    missing = ("author", "category", "excerpt", "status", "title", "topics")
    assert content_errors(content_dir) == [f"{FILE}:1: {key} is missing" for key in missing]


def test_file_name_that_is_not_a_slug_is_error(content_dir: Path) -> None:
    names = sorted(("One.md", "a--b.md", "a_b.md", "-a.md", f"{'a' * 121}.md", "a.b.md"))
    for name in names:
        (content_dir / "articles" / name).write_text(ARTICLE, encoding="utf-8")

    advice = "the file's name must be a slug, such as social-connection.md"
    assert content_errors(content_dir) == [f"articles/{name}:1: {advice}" for name in names]


def test_windows_line_ends_keep_line_numbers(content_dir: Path, article: Path) -> None:
    text = ARTICLE.replace("author: ada", "author: 5").replace("\n", "\r\n")
    article.write_bytes(f"\ufeff{text}\r\n# Two".encode())

    assert content_errors(content_dir) == [
        f"{FILE}:6: author {QUOTED}",
        f"{FILE}:13: a heading of level 1: the title is level 1, use ## to ####",
    ]
