"""Tests for validating content files: invalid YAML files, and missing, unknown or duplicate entries."""

import os
from pathlib import Path

import pytest

from app.content.reader import read_content
from tests.content.conftest import content_errors, replace_in
from tests.factories.content import CONSENTS, SUPPORT, write_article, write_yaml

DAY = "must be a date such as 2026-11-23, without quotes"
HREF = "must be a path such as /journey or an https:// address"
LANGUAGE = "must be a BCP 47 language such as en or pt-BR"
ADDRESS = "must be a web address, https://..."
LINE = "must be one line without spaces around it"
TEXT = "must be a text, not empty and without control characters"
QUOTED = "must be a text; put it in quotes"
ALIAS = "anchors and aliases are not supported: write the value out"
COUNTRY = "must be an ISO 3166-1 alpha-2 code such as GB"


@pytest.mark.parametrize(
    ("file", "old", "new", "error"),
    [
        ("site.yaml", "language: en", "language: english please", f"4: language {LANGUAGE}"),
        ("site.yaml", "zone: UTC", "zone: Mars/Base", "5: time_zone must be an IANA time zone such as Europe/Vienna"),
        ("site.yaml", "href: /blog", "href: javascript:x", f"8: navigation.1.href {HREF}"),
        ("site.yaml", "href: /blog", "href: //evil.example", f"8: navigation.1.href {HREF}"),
        ("site.yaml", "href: /blog", 'href: "/blog\\0"', f"8: navigation.1.href {HREF}"),
        ("site.yaml", "style: link", "style: big", "9: navigation.1.style must be one of 'link' or 'button'"),
        ("site.yaml", "name: Test Site", "name: yes", f"1: name {QUOTED}"),
        ("consents.yaml", "version: '1'", "version: 1", f"3: consents.1.version {QUOTED}"),
        ("consents.yaml", "text: We keep it.", "text: ' '", f"5: consents.1.text {TEXT}"),
        ("authors.yaml", "slug: ben", "slug: ada", "9: 'ada' appears twice: give each author a unique slug"),
        ("authors.yaml", "name: Ada", 'name: "Ada\\0"', f"3: authors.1.name {LINE}"),
        ("authors.yaml", "initial: B", 'initial: "\\0"', f"15: authors.2.avatar.initial {LINE}"),
        ("authors.yaml", "initial: B", "initial: BEN", "15: authors.2.avatar.initial should have at most 2 characters"),
        ("authors.yaml", "initial: B", "url: ftp://a.b", f"15: authors.2.avatar.url {ADDRESS}"),
        ("topics.yaml", "slug: living", "slug: health", "5: 'health' appears twice: give each category a unique slug"),
        ("topics.yaml", "slug: habits", "slug: sleep", "15: 'sleep' appears twice: give each topic a unique slug"),
        ("support.yaml", "id: everywhere", "id: gb-line", "15: 'gb-line' appears twice: give each line a unique id"),
        ("support.yaml", "country: GB", "country: NO", f"3: lines.1.country {QUOTED}"),
        ("support.yaml", "country: GB", "country: gb", f"3: lines.1.country {COUNTRY}"),
        ("support.yaml", "- en", "- english!", f"12: lines.1.languages.1 {LANGUAGE}"),
        ("support.yaml", "value: 116 123", "value: 116123", f"9: lines.1.channels.1.value {QUOTED}"),
        ("support.yaml", "value: 116 123", "value: *it", f"9: {ALIAS}"),
        ("support.yaml", "https://example.org/line", "example.org", f"13: lines.1.source_url {ADDRESS}"),
        ("support.yaml", "https://example.org/line", '"https://example.org/\\0"', f"13: lines.1.source_url {ADDRESS}"),
        ("support.yaml", "lines:", "lines: 5\nlignes:", "1: lines should be a valid list"),
    ],
)  # fmt: skip
def test_yaml_file_with_invalid_value_is_error(content_dir: Path, file: str, old: str, new: str, error: str) -> None:
    replace_in(content_dir / file, old, new)

    assert f"{file}:{error}" in content_errors(content_dir)


@pytest.mark.parametrize("value", ["'2026-11-23'", "2026-11-31", "2026-11-23T09:00:00Z", "soon"])
def test_verified_on_that_is_not_a_date_is_error(content_dir: Path, value: str) -> None:
    path = content_dir / "support.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("2026-11-23", value, 1), encoding="utf-8")

    assert content_errors(content_dir) == [f"support.yaml:14: lines.1.verified_on {DAY}"]


def test_duplicate_consent_purpose_is_error(content_dir: Path) -> None:
    [consent] = CONSENTS["consents"]
    write_yaml(content_dir / "consents.yaml", {"consents": [consent, {**consent, "version": "2"}]})

    assert content_errors(content_dir) == [
        "consents.yaml:6: 'health_data' appears twice: keep only the current version"
    ]


def test_duplicate_entry_is_reported_with_other_errors(content_dir: Path) -> None:
    first, second = SUPPORT["lines"]
    write_yaml(content_dir / "support.yaml", {"lines": [first, {**second, "id": first["id"], "country": "nowhere"}]})

    line = (content_dir / "support.yaml").read_text(encoding="utf-8").split("\n").index("  country: nowhere") + 1
    assert content_errors(content_dir) == [
        "support.yaml:15: 'gb-line' appears twice: give each line a unique id",
        f"support.yaml:{line}: lines.2.country {COUNTRY}",
    ]


def test_empty_yaml_file_reports_missing_keys(content_dir: Path) -> None:
    (content_dir / "topics.yaml").write_text("# nothing yet\n", encoding="utf-8")

    assert content_errors(content_dir) == ["topics.yaml:1: categories is missing", "topics.yaml:1: topics is missing"]


@pytest.mark.parametrize("file", ["site.yaml", "consents.yaml", "authors.yaml", "topics.yaml", "support.yaml"])
def test_missing_file_is_error(content_dir: Path, file: str) -> None:
    (content_dir / file).unlink()

    assert content_errors(content_dir) == [f"{file}:1: is missing"]


def test_missing_articles_directory_is_error(content_dir: Path) -> None:
    (content_dir / "articles").rmdir()

    assert content_errors(content_dir) == ["articles:1: is missing: create this directory for the articles"]


def test_missing_content_directory_is_error(tmp_path: Path) -> None:
    assert content_errors(tmp_path / "nowhere") == [
        f"{tmp_path}/nowhere:1: isn't a directory: pass the directory that contains site.yaml"
    ]


@pytest.mark.parametrize(
    ("name", "error"),
    [
        ("topic.yaml", "topic.yaml:1: is unknown; did you mean 'topics.yaml'?"),
        ("notes.txt", "notes.txt:1: is unknown"),
        ("articles/one.txt", "articles/one.txt:1: is unknown: articles are files that end with .md"),
        ("articles/One.MD", "articles/One.MD:1: is unknown: articles are files that end with .md"),
    ],
)
def test_unknown_file_is_error(content_dir: Path, name: str, error: str) -> None:
    (content_dir / name).write_text("---\n", encoding="utf-8")

    assert content_errors(content_dir) == [error]


def test_article_that_is_not_a_file_is_error(content_dir: Path) -> None:
    (content_dir / "articles" / "drafts.md").mkdir()
    (content_dir / "articles" / "gone.md").symlink_to(content_dir / "nowhere.md")

    advice = "is unknown: articles are files that end with .md"
    assert content_errors(content_dir) == [f"articles/drafts.md:1: {advice}", f"articles/gone.md:1: {advice}"]


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
