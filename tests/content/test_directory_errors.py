"""Tests for validating content files: invalid YAML files, and missing, unknown or duplicate entries."""

import os
from pathlib import Path

import pytest

from app.content.reader import read_content
from tests.content.conftest import Edits, content_errors, make_edits, replace_in
from tests.factories.content import CONSENTS, write_article, write_yaml

DAY = "must be a date such as 2026-11-23, without quotes"
HREF = "must be a path such as /journey or an https:// address"
LANGUAGE = "must be a BCP 47 language such as en or pt-BR"
ADDRESS = "must be a web address, https://..."
LINE = "must be one line without spaces around it"
TEXT = "must be a text, not empty and without control characters"
QUOTED = "must be a text; put it in quotes"
ALIAS = "anchors and aliases are not supported: write the value out"
COUNTRY = "must be an ISO 3166-1 alpha-2 code such as GB"
VERIFIED_ON = "source_url: https://example.org/line\n  verified_on: "


@pytest.mark.parametrize(
    ("file", "edits"),
    [
        ("site.yaml", (
            ("name: Test Site", "name: yes", f"name {QUOTED}"),
            ("language: en", "language: english please", f"language {LANGUAGE}"),
            ("zone: UTC", "zone: Mars/Base", "time_zone must be an IANA time zone such as Europe/Vienna"),
            ("href: /blog", "href: javascript:x", f"navigation.1.href {HREF}"),
            ("style: link", "style: big", "navigation.1.style must be one of 'link' or 'button'"),
            ("href: /support", "href: //evil.example", f"footer.links.1.href {HREF}"),
            ("href: /journey", 'href: "/blog\\0"', f"call_to_action.href {HREF}"),
        )),
        ("consents.yaml", (
            ("version: '1'", "version: 1", f"consents.1.version {QUOTED}"),
            ("text: We keep it.", "text: ' '", f"consents.1.text {TEXT}"),
        )),
        ("authors.yaml", (
            ("name: Ada", 'name: "Ada\\0"', f"authors.1.name {LINE}"),
            ("initial: A", 'initial: "\\0"', f"authors.1.avatar.initial {LINE}"),
            ("slug: ben", "slug: ada", "'ada' appears twice: give each author a unique slug", "slug: ada\n  name: Ben"),
            ("initial: B", "initial: BEN\n    url: ftp://a.b", f"authors.2.avatar.url {ADDRESS}"),
            ("initial: BEN", "initial: BEN", "authors.2.avatar.initial should have at most 2 characters"),
        )),
        ("topics.yaml", (
            ("slug: living", "slug: health", "'health' appears twice: give each category a unique slug",
             "slug: health\n  name: Living"),
            ("slug: habits", "slug: sleep", "'sleep' appears twice: give each topic a unique slug",
             "slug: sleep\n  name: habits"),
        )),
        ("support.yaml", (
            ("country: GB", "country: NO", f"lines.1.country {QUOTED}"),
            ("value: 116 123", "value: 116123", f"lines.1.channels.1.value {QUOTED}"),
            ("- en", "- english!", f"lines.1.languages.1 {LANGUAGE}"),
            ("https://example.org/line", "example.org/line", f"lines.1.source_url {ADDRESS}"),
            ("channels:\n  - kind: web\n    value: https://example.org\n  source_url: https://example.org",
             'channels: []\n  source_url: "https://example.org/\\0"', f"lines.2.source_url {ADDRESS}"),
            ("channels: []", "channels: []", "lines.2.channels should have at least 1 item after validation, not 0"),
            ("id: everywhere", "id: gb-line\n  country: gb", f"lines.2.country {COUNTRY}"),
            ("name: A directory", "name: A directory", "'gb-line' appears twice: give each line a unique id",
             "id: gb-line\n  country: gb"),
        )),
        ("support.yaml", (("value: 116 123", "value: *it", ALIAS),)),
        ("support.yaml", (("lines:", "lines: 5\nlignes:", "lignes is unknown; did you mean 'lines'?"),
                          ("lines: 5", "lines: 5", "lines should be a valid list"))),
    ],
)  # fmt: skip
def test_each_invalid_value_is_error_at_its_line(content_dir: Path, file: str, edits: Edits) -> None:
    expected = make_edits(content_dir, file, *edits)

    assert content_errors(content_dir) == expected


@pytest.mark.parametrize("value", ["'2026-11-24'", "2026-11-31", "2026-11-23T09:00:00Z", "soon"])
def test_verified_on_that_is_not_a_date_is_error(content_dir: Path, value: str) -> None:
    edit = (f"{VERIFIED_ON}2026-11-23", f"{VERIFIED_ON}{value}", f"lines.1.verified_on {DAY}")
    expected = make_edits(content_dir, "support.yaml", edit)

    assert content_errors(content_dir) == expected


def test_duplicate_consent_purpose_is_error(content_dir: Path) -> None:
    [consent] = CONSENTS["consents"]
    write_yaml(content_dir / "consents.yaml", {"consents": [consent, {**consent, "version": "2"}]})

    assert content_errors(content_dir) == [
        "consents.yaml:6: 'health_data' appears twice: keep only the current version"
    ]


def test_empty_yaml_file_reports_missing_keys(content_dir: Path) -> None:
    (content_dir / "topics.yaml").write_text("# nothing yet\n", encoding="utf-8")

    assert content_errors(content_dir) == ["topics.yaml:1: categories is missing", "topics.yaml:1: topics is missing"]


def test_missing_files_and_directory_are_errors(content_dir: Path) -> None:
    files = ("authors.yaml", "consents.yaml", "site.yaml", "support.yaml", "topics.yaml")
    for file in files:
        (content_dir / file).unlink()
    (content_dir / "articles").rmdir()

    assert content_errors(content_dir) == [
        "articles:1: is missing: create this directory for the articles",
        *(f"{file}:1: is missing" for file in files),
    ]


def test_missing_content_directory_is_error(tmp_path: Path) -> None:
    assert content_errors(tmp_path / "nowhere") == [
        f"{tmp_path}/nowhere:1: isn't a directory: pass the directory that contains site.yaml"
    ]


def test_unknown_files_are_errors(content_dir: Path) -> None:
    for name in ("topic.yaml", "notes.txt", "articles/one.txt", "articles/One.MD"):
        (content_dir / name).write_text("---\n", encoding="utf-8")
    (content_dir / "articles" / "drafts.md").mkdir()
    (content_dir / "articles" / "gone.md").symlink_to(content_dir / "nowhere.md")

    unknown_articles = [
        f"articles/{name}:1: is unknown: articles are files that end with .md"
        for name in ("One.MD", "drafts.md", "gone.md", "one.txt")
    ]
    assert content_errors(content_dir) == [
        *unknown_articles,
        "notes.txt:1: is unknown",
        "topic.yaml:1: is unknown; did you mean 'topics.yaml'?",
    ]


def test_file_name_that_is_not_utf8_is_reported(content_dir: Path) -> None:
    (content_dir / "articles" / os.fsdecode(b"caf\xe9.md")).write_text("Text.", encoding="utf-8")

    assert {error.encode().split(b":")[0] for error in content_errors(content_dir)} == {b"articles/caf\\udce9.md"}


def test_hidden_and_backup_files_are_ignored(content_dir: Path) -> None:
    for name in (".DS_Store", "site.yaml~", "articles/.one.md.swp", "articles/one.md~"):
        (content_dir / name).write_text("anything", encoding="utf-8")

    assert read_content(content_dir).articles == {}


def test_errors_of_all_files_are_reported_in_order(content_dir: Path) -> None:
    replace_in(content_dir / "support.yaml", "country: GB", "country: NO")
    replace_in(content_dir / "site.yaml", "tagline: A tagline.", "tagline: 5")
    (content_dir / "consents.yaml").unlink()
    write_article(content_dir, "one", body="# One\n\nText.\n", topics=["no-such"], titel="One")
    write_article(content_dir, "two", author="zoe", body="<b>\n", status="done")

    assert [error.split(": ")[0] for error in content_errors(content_dir)] == [
        "articles/one.md:6",
        "articles/one.md:10",
        "articles/one.md:13",
        "articles/two.md:7",
        "articles/two.md:8",
        "articles/two.md:12",
        "consents.yaml:1",
        "site.yaml:2",
        "support.yaml:3",
    ]
