"""Tests for validating content files: unknown names, invalid references and unsupported Markdown in articles."""

from pathlib import Path

import pytest

from tests.content.conftest import content_errors, line_of, make_edits, replace_in
from tests.factories.content import write_article
from tests.factories.journeys import REFERENCE

FILE = "articles/one.md"
CITED = "As [found](#ref-lally-2010).\n"
UNCITED = "reference 'lally-2010' isn't cited: write [...](#ref-lally-2010) in the text or remove it"
PARAGRAPH = "must be one paragraph: remove lists, headings and other paragraphs"


def test_unknown_and_duplicate_slugs_are_errors(content_dir: Path) -> None:
    write_article(content_dir, "one", topics=["friends", "sleep"], former_slugs=["old"])
    expected = make_edits(
        content_dir,
        FILE,
        ("category: health", "category: heath", "category 'heath' isn't in topics.yaml; did you mean 'health'?"),
        ("author: ada", "author: zoe", "author 'zoe' isn't in authors.yaml"),
        ("- sleep", "- slep", "topic 'slep' isn't in topics.yaml; did you mean 'sleep'?"),
        ("- friends", "- friends\n- friends", "topic 'friends' appears twice: keep one"),
        ("- old", "- old\n- old", "former slug 'old' appears twice: keep one"),
        ("former_slugs:", "former_slugs:\n- one", "'one' is this article's own slug: remove it"),
    )

    assert content_errors(content_dir) == expected


def test_former_slug_of_two_articles_is_error(content_dir: Path) -> None:
    write_article(content_dir, "one", former_slugs=["old"])
    write_article(content_dir, "two", former_slugs=["older"])
    error = "'old' is also a former slug of 'one': remove it from one of them"
    expected = make_edits(content_dir, "articles/two.md", ("- older", "- older\n- old", error))

    assert content_errors(content_dir) == expected


def test_duplicate_uncited_and_unknown_references_are_errors(content_dir: Path) -> None:
    """Errors in the values of a reference hide no other errors."""
    references = [REFERENCE, REFERENCE | {"year": 1066}]
    write_article(content_dir, "one", body=CITED.replace("2010", "2011"), topics=["no-such"], references=references)
    first, second = (f"- id: lally-2010\n  authors: Lally, P.\n  year: {year}" for year in (2010, 1066))
    unknown = "links to '#ref-lally-2011', but there is no such reference; did you mean 'lally-2010'?"
    expected = make_edits(
        content_dir,
        FILE,
        ("- no-such", "- no-such", "topic 'no-such' isn't in topics.yaml"),
        (first, first, UNCITED, first),
        (second, second, "reference 'lally-2010' appears twice: keep one", second),
        (second, second, UNCITED, second),
        ("year: 1066", "year: 1066", "references.2.year should be greater than or equal to 1800"),
        ("As [", "As [", unknown),
    )

    assert content_errors(content_dir) == expected


def test_citation_in_invalid_list_item_counts(content_dir: Path) -> None:
    write_article(content_dir, "one", body=f"- {CITED}  - nested\n", references=[REFERENCE])
    expected = make_edits(content_dir, FILE, ("nested", "nested", f"a list item {PARAGRAPH}"))

    assert content_errors(content_dir) == expected


BLOCKS = (  # each with its error, which is in the last line of the block or in the given one
    ("## A heading",),
    ("A [link](#a-heading),\nand one to [nowhere](#a-heding).",
     "links to '#a-heding', but there is no such heading; did you mean 'a-heading'?"),
    ("#### Skipped", "a heading of level 4 under one of level 2: use ###"),
    ("# Level one", "a heading of level 1: the title is level 1, use ## to ####"),
    ("##### Level five", "a heading of level 5: the title is level 1, use ## to ####"),
    ("##\n\nText.", "an empty heading: write a text or remove it", "##\n\nText."),
    ("- one\n  - nested", f"a list item {PARAGRAPH}"),
    ("> A quote.\n>\n> Its second paragraph.", f"a quote {PARAGRAPH}"),
    ("-\n\nText.", "an empty list item: write a text or remove it", "-\n\nText."),
    ("| a |\n|---|\n| 1 |", "tables are not supported: write a list", "| a |"),
    ("```\ncode\n```", "code blocks are not supported: write a paragraph or a quote", "```\ncode"),
    ("    indented", "code blocks are not supported: remove the indentation"),
    ("<div>block</div>", "raw HTML is not supported: write Markdown"),
    ("A <br> break.", "raw HTML is not supported: write Markdown"),
    ("A [script](javascript:alert(1)).",
     "a link to 'javascript:alert(1)': use https://, mailto:, a path such as /journey, or #an-anchor"),
    ("![](https://example.org/a.png)", "an image needs an alternative text: ![a description](https://...)"),
    ("![A picture](http://example.org/a.png)", "an image needs an https address"),
    ("Beside ![a picture](https://example.org/a.png) text.", "an image must be the only content of its line"),
)  # fmt: skip


def test_article_body_reports_each_error_with_line(content_dir: Path) -> None:
    write_article(content_dir, "one", body="\n\n".join(text for text, *_ in BLOCKS))
    expected = make_edits(content_dir, FILE, *((text, text, *error) for text, *error in BLOCKS))

    assert content_errors(content_dir) == expected


@pytest.mark.parametrize("body", ["", "\n  \n", "[only]: https://example.org\n", "---\n"])
def test_article_without_text_is_error(content_dir: Path, body: str) -> None:
    write_article(content_dir, "one", body=body)

    [error] = content_errors(content_dir)
    assert error.endswith(": the article has no text: write it below the front matter")


def test_blank_lines_above_text_keep_line_numbers(content_dir: Path) -> None:
    path = write_article(content_dir, "one", body="   \n\t\n\nText.\n\n# Level one\n")

    [error] = content_errors(content_dir)
    line = line_of(path.read_text(encoding="utf-8"), "# Level one")
    assert error.startswith(f"{FILE}:{line}: a heading of level 1")


@pytest.mark.parametrize("file", ["topics.yaml", "authors.yaml"])
def test_unreadable_file_causes_no_error_in_articles(content_dir: Path, file: str) -> None:
    write_article(content_dir, "one")
    (content_dir / file).write_text("topics: [", encoding="utf-8")

    assert [error.split(":")[0] for error in content_errors(content_dir)] == [file]


def test_invalid_author_causes_no_error_in_articles(content_dir: Path) -> None:
    write_article(content_dir, "one")
    replace_in(content_dir / "authors.yaml", "name: Ada", "name: 5")

    assert content_errors(content_dir) == ["authors.yaml:3: authors.1.name must be a text; put it in quotes"]
