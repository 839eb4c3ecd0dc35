"""A folder is checked as a whole: its YAML files, and what is missing, strange or there twice."""

import os
from pathlib import Path

import pytest

from app.content.reader import read_content
from tests.content.conftest import faults_of, replace_in
from tests.factories.content import CONSENTS, SUPPORT, write_article, write_yaml

DAY = "must be a date such as 2026-11-23, without quotes"
HREF = "must be a path such as /journey or an https:// address"
LANGUAGE = "must be a BCP 47 language such as en or pt-BR"
ADDRESS = "must be a web address, https://..."
LINE = "must be one line without spaces around it"
TEXT = "must be a text, not empty and without control characters"
QUOTED = "must be a text; put it in quotes"
COUNTRY = "must be an ISO 3166-1 alpha-2 code such as GB"


@pytest.mark.parametrize(
    ("file", "old", "new", "fault"),
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
        ("authors.yaml", "slug: ben", "slug: ada", "9: 'ada' stands here twice: give each author their own"),
        ("authors.yaml", "name: Ada", 'name: "Ada\\0"', f"3: authors.1.name {LINE}"),
        ("authors.yaml", "initial: B", 'initial: "\\0"', f"15: authors.2.avatar.initial {LINE}"),
        ("authors.yaml", "initial: B", "initial: BEN", "15: authors.2.avatar.initial should have at most 2 characters"),
        ("authors.yaml", "initial: B", "url: ftp://a.b", f"15: authors.2.avatar.url {ADDRESS}"),
        ("topics.yaml", "slug: living", "slug: health", "5: 'health' stands here twice: give each category its own"),
        ("topics.yaml", "slug: habits", "slug: sleep", "15: 'sleep' stands here twice: give each topic its own"),
        ("support.yaml", "id: everywhere", "id: gb-line", "15: 'gb-line' stands here twice: give each line its own"),
        ("support.yaml", "country: GB", "country: NO", f"3: lines.1.country {QUOTED}"),
        ("support.yaml", "country: GB", "country: gb", f"3: lines.1.country {COUNTRY}"),
        ("support.yaml", "- en", "- english!", f"12: lines.1.languages.1 {LANGUAGE}"),
        ("support.yaml", "value: 116 123", "value: 116123", f"9: lines.1.channels.1.value {QUOTED}"),
        ("support.yaml", "value: 116 123", "value: *it", "9: anchors and aliases aren't used here: write it out"),
        ("support.yaml", "https://example.org/line", "example.org", f"13: lines.1.source_url {ADDRESS}"),
        ("support.yaml", "https://example.org/line", '"https://example.org/\\0"', f"13: lines.1.source_url {ADDRESS}"),
        ("support.yaml", "lines:", "lines: 5\nlignes:", "1: lines should be a valid list"),
    ],
)  # fmt: skip
def test_a_fault_in_a_yaml_file(folder: Path, file: str, old: str, new: str, fault: str) -> None:
    replace_in(folder / file, old, new)

    assert f"{file}:{fault}" in faults_of(folder)


@pytest.mark.parametrize("value", ["'2026-11-23'", "2026-11-31", "2026-11-23T09:00:00Z", "soon"])
def test_a_day_is_a_date_alone(folder: Path, value: str) -> None:
    path = folder / "support.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("2026-11-23", value, 1), encoding="utf-8")

    assert faults_of(folder) == [f"support.yaml:14: lines.1.verified_on {DAY}"]


def test_a_purpose_is_asked_for_once(folder: Path) -> None:
    [consent] = CONSENTS["consents"]
    write_yaml(folder / "consents.yaml", {"consents": [consent, {**consent, "version": "2"}]})

    assert faults_of(folder) == [
        "consents.yaml:6: 'health_data' stands here twice: keep the version that is asked for now"
    ]


def test_entries_that_are_there_twice_are_found_beside_other_faults(folder: Path) -> None:
    first, second = SUPPORT["lines"]
    write_yaml(folder / "support.yaml", {"lines": [first, {**second, "id": first["id"], "country": "nowhere"}]})

    line = (folder / "support.yaml").read_text(encoding="utf-8").split("\n").index("  country: nowhere") + 1
    assert faults_of(folder) == [
        "support.yaml:15: 'gb-line' stands here twice: give each line its own",
        f"support.yaml:{line}: lines.2.country {COUNTRY}",
    ]


def test_a_yaml_file_that_is_empty_lacks_its_keys(folder: Path) -> None:
    (folder / "topics.yaml").write_text("# nothing yet\n", encoding="utf-8")

    assert faults_of(folder) == ["topics.yaml:1: categories is missing", "topics.yaml:1: topics is missing"]


@pytest.mark.parametrize("file", ["site.yaml", "consents.yaml", "authors.yaml", "topics.yaml", "support.yaml"])
def test_every_file_must_be_there(folder: Path, file: str) -> None:
    (folder / file).unlink()

    assert faults_of(folder) == [f"{file}:1: is missing"]


def test_the_folder_of_articles_must_be_there(folder: Path) -> None:
    (folder / "articles").rmdir()

    assert faults_of(folder) == ["articles:1: is missing: the folder of the articles"]


def test_the_folder_must_be_there(tmp_path: Path) -> None:
    assert faults_of(tmp_path / "nowhere") == [
        f"{tmp_path}/nowhere:1: isn't a folder: name the one that holds site.yaml"
    ]


@pytest.mark.parametrize(
    ("name", "fault"),
    [
        ("topic.yaml", "topic.yaml:1: isn't read; did you mean 'topics.yaml'?"),
        ("notes.txt", "notes.txt:1: isn't read"),
        ("articles/one.txt", "articles/one.txt:1: isn't read: an article is a file that ends with .md"),
        ("articles/One.MD", "articles/One.MD:1: isn't read: an article is a file that ends with .md"),
    ],
)
def test_a_file_that_nobody_reads_is_told(folder: Path, name: str, fault: str) -> None:
    (folder / name).write_text("---\n", encoding="utf-8")

    assert faults_of(folder) == [fault]


def test_what_is_no_file_is_no_article(folder: Path) -> None:
    (folder / "articles" / "drafts.md").mkdir()
    (folder / "articles" / "gone.md").symlink_to(folder / "nowhere.md")

    advice = "isn't read: an article is a file that ends with .md"
    assert faults_of(folder) == [f"articles/drafts.md:1: {advice}", f"articles/gone.md:1: {advice}"]


def test_a_name_that_is_no_text_can_be_told(folder: Path) -> None:
    (folder / "articles" / os.fsdecode(b"caf\xe9.md")).write_text("Text.", encoding="utf-8")

    assert {fault.encode().split(b":")[0] for fault in faults_of(folder)} == {b"articles/caf\\udce9.md"}


def test_hidden_files_and_copies_of_editors_are_passed_over(folder: Path) -> None:
    for name in (".DS_Store", "site.yaml~", "articles/.one.md.swp", "articles/one.md~"):
        (folder / name).write_text("anything", encoding="utf-8")

    assert read_content(folder).articles == {}


def test_faults_of_all_files_are_told_at_once_in_order(folder: Path) -> None:
    replace_in(folder / "support.yaml", "country: GB", "country: NO")
    replace_in(folder / "site.yaml", "tagline: A tagline.", "tagline: 5")
    (folder / "consents.yaml").unlink()
    write_article(folder, "one", body="# One\n\nText.\n", topics=["no-such"], titel="One")
    write_article(folder, "two", author="zoe", body="<b>\n", status="done")

    assert [fault.split(": ")[0] for fault in faults_of(folder)] == [
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
