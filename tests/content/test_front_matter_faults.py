"""What is wrong above an article is said with its line and with what would be right."""

from pathlib import Path

import pytest

from tests.content.conftest import faults_of

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
MOMENT = "must be a date such as 2026-11-23 or an instant such as 2026-11-23T09:00:00Z"
PLAIN = "anchors and aliases aren't used here: write it out"


def write(folder: Path, text: str | bytes, name: str = "one.md") -> None:
    (folder / "articles" / name).write_bytes(text if isinstance(text, bytes) else text.encode())


@pytest.mark.parametrize(
    ("old", "new", "faults"),
    [
        pytest.param(
            "title: One",
            "titel: One",
            ["2: titel isn't known here; did you mean 'title'?", "2: title is missing"],
            id="unknown key",
        ),
        pytest.param("author: ada\n", "", ["2: author is missing"], id="missing key"),
        pytest.param(
            "author: ada", "author: ada\ntitle: Two", ["7: 'title' stands here twice: keep one"], id="repeated key"
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
            ["8: publish_at must say its offset, such as 2026-11-23T09:00:00Z, or be a date alone"],
            id="naive",
        ),
        pytest.param(
            "publish_at: 2025-01-01\n",
            "",
            ["2: publish_at is missing: a published article says when, such as publish_at: 2026-11-23"],
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
            ["7: seo.titel isn't known here; did you mean 'title'?", "7: seo.title is missing"],
            id="unknown key within",
        ),
        pytest.param(
            "title: One",
            "title: !!python/name:os.system One",
            ["2: 'One' isn't a value that can be read: quote it"],
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
            ["2: has more than 20 lists and mappings inside each other"],
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
def test_a_fault_in_the_front_matter(folder: Path, old: str, new: str, faults: list[str]) -> None:
    assert old in ARTICLE
    write(folder, ARTICLE.replace(old, new))

    assert faults_of(folder) == [f"articles/one.md:{fault}" for fault in faults]


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        pytest.param("# One\n", "1: must begin with a line --- and its front matter", id="no front matter"),
        pytest.param("", "1: must begin with a line --- and its front matter", id="empty file"),
        pytest.param("---\ntitle: One\n", "1: the front matter must end with a line ---", id="no end"),
        pytest.param("---\n- one\n---\nText.\n", "2: must be keys with values, such as title: ...", id="a list"),
        pytest.param(
            ARTICLE.encode() + b"Fa\xe7ade", "12: isn't UTF-8: save the file in that encoding", id="not UTF-8"
        ),
        pytest.param(ARTICLE + "a\0b", "12: holds a control character, U+0000: remove it", id="NUL"),
        pytest.param(
            ARTICLE.replace("One", "O\x08e"), "2: holds a control character, U+0008: remove it", id="backspace"
        ),
        pytest.param(b"a" * 1_000_001, "1: has 1,000,001 bytes: at most 1,000,000 are read", id="oversized"),
    ],
)
def test_a_file_that_can_not_be_an_article(folder: Path, content: str | bytes, fault: str) -> None:
    write(folder, content)

    assert faults_of(folder) == [f"articles/one.md:{fault}"]


def test_an_empty_front_matter_lacks_every_key_that_is_needed(folder: Path) -> None:
    write(folder, "---\n---\n\nText.\n")

    missing = ("author", "category", "excerpt", "status", "title", "topics")
    assert faults_of(folder) == [f"articles/one.md:1: {key} is missing" for key in missing]


@pytest.mark.parametrize("name", ["One.md", "a--b.md", "a_b.md", "-a.md", f"{'a' * 121}.md", "a.b.md"])
def test_a_files_name_must_be_a_slug(folder: Path, name: str) -> None:
    write(folder, ARTICLE, name)

    assert faults_of(folder) == [f"articles/{name}:1: the file's name must be a slug, such as social-connection.md"]


def test_line_ends_and_byte_order_marks_of_windows_move_no_line(folder: Path) -> None:
    write(folder, "\ufeff" + ARTICLE.replace("author: ada", "author: 5").replace("\n", "\r\n") + "\r\n# Two")

    assert faults_of(folder) == [
        "articles/one.md:6: author must be a text; put it in quotes",
        "articles/one.md:13: a heading of level 1: the title is level 1, use ## to ####",
    ]
