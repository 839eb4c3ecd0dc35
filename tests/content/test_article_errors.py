"""Tests for validating content files: unknown names, invalid references and unsupported Markdown in articles."""

from copy import deepcopy
from pathlib import Path

import pytest

from tests.content.conftest import content_errors, line_number, line_numbers, replace_in
from tests.factories.content import write_article

REFERENCES = [
    {"id": "lally-2010", "authors": "A", "year": 2010, "title": "T", "source": "S", "url": "https://doi.org/1"}
]
CITED = "As [found](#ref-lally-2010).\n"
UNCITED = "reference 'lally-2010' isn't cited: write [...](#ref-lally-2010) in the text or remove it"
PARAGRAPH = "must be one paragraph: remove lists, headings and other paragraphs"


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("category", "heath", "category 'heath' isn't in topics.yaml; did you mean 'health'?"),
        ("author", "zoe", "author 'zoe' isn't in authors.yaml"),
        ("topics", ["friends", "slep"], "topic 'slep' isn't in topics.yaml; did you mean 'sleep'?"),
        ("topics", ["sleep", "sleep"], "topic 'sleep' appears twice: keep one"),
        ("former_slugs", ["one"], "'one' is this article's own slug: remove it"),
        ("former_slugs", ["old", "old"], "former slug 'old' appears twice: keep one"),
    ],
)
def test_unknown_or_duplicate_slug_is_error(
    content_dir: Path, field: str, value: str | list[str], message: str
) -> None:
    path = write_article(content_dir, "one", body="Text.\n", **{field: value})

    entry = f"{field}: {value}" if isinstance(value, str) else f"- {value[-1]}"
    assert content_errors(content_dir) == [f"articles/one.md:{line_numbers(path, entry)[-1]}: {message}"]


def test_former_slug_of_two_articles_is_error(content_dir: Path) -> None:
    write_article(content_dir, "one", former_slugs=["old"])
    two = write_article(content_dir, "two", former_slugs=["older", "old"])

    line = line_numbers(two, "- old")[1]
    assert content_errors(content_dir) == [
        f"articles/two.md:{line}: 'old' is also a former slug of 'one': remove it from one of them"
    ]


def test_duplicate_uncited_and_unknown_references_are_errors(content_dir: Path) -> None:
    body = CITED.replace("2010", "2011") + "\nText.\n"
    path = write_article(content_dir, "one", body=body, references=REFERENCES + deepcopy(REFERENCES))

    first, second = line_numbers(path, "id: lally")
    unknown = "links to '#ref-lally-2011', but there is no such reference; did you mean 'lally-2010'?"
    assert content_errors(content_dir) == [
        f"articles/one.md:{first}: {UNCITED}",
        f"articles/one.md:{second}: reference 'lally-2010' appears twice: keep one",
        f"articles/one.md:{second}: {UNCITED}",
        f"articles/one.md:{line_number(path, 'As [')}: {unknown}",
    ]


def test_citation_in_invalid_list_item_counts(content_dir: Path) -> None:
    path = write_article(content_dir, "one", body="- " + CITED + "  - nested\n", references=REFERENCES)

    assert content_errors(content_dir) == [f"articles/one.md:{line_number(path, 'nested')}: a list item {PARAGRAPH}"]


def test_error_in_reference_hides_no_other_errors(content_dir: Path) -> None:
    path = write_article(
        content_dir, "one", body="Text.\n", references=[{**REFERENCES[0], "year": 1066}], topics=["no-such"]
    )

    assert content_errors(content_dir) == [
        f"articles/one.md:{line_number(path, 'no-such')}: topic 'no-such' isn't in topics.yaml",
        f"articles/one.md:{line_number(path, 'id: lally')}: {UNCITED}",
        f"articles/one.md:{line_number(path, '1066')}: references.1.year should be greater than or equal to 1800",
    ]


BODY = """\
Fine, with a [link](#a-heading)
and one
to [nowhere](#a-heding).

## A heading

#### Skipped

# Level one

##### Level five

##

- one
  - nested

-

> A quote.
>
> Its second paragraph.

| a | b |
|---|---|
| 1 | 2 |

```
code
```

    indented

<div>block</div>

A <b>span</b>.

A [script](javascript:alert(1)).

![](https://example.org/a.png)

![A picture](http://example.org/a.png)

Beside ![a picture](https://example.org/a.png) text.
"""
BODY_ERRORS = [
    ("to [nowhere]", "links to '#a-heding', but there is no such heading; did you mean 'a-heading'?"),
    ("#### Skipped", "a heading of level 4 under one of level 2: use ###"),
    ("# Level one", "a heading of level 1: the title is level 1, use ## to ####"),
    ("##### Level five", "a heading of level 5: the title is level 1, use ## to ####"),
    ("  - nested", f"a list item {PARAGRAPH}"),
    ("> Its second", f"a quote {PARAGRAPH}"),
    ("| a | b |", "tables are not supported: write a list"),
    ("    indented", "code blocks are not supported: remove the indentation"),
    ("<div>", "raw HTML is not supported: write Markdown"),
    ("A <b>", "raw HTML is not supported: write Markdown"),
    ("A [script]", "a link to 'javascript:alert(1)': use https://, mailto:, a path such as /journey, or #an-anchor"),
    ("![](", "an image needs an alternative text: ![a description](https://...)"),
    ("![A picture]", "an image needs an https address"),
    ("Beside", "an image must be the only content of its line"),
]


@pytest.mark.parametrize(("text", "message"), BODY_ERRORS, ids=[text.strip() for text, _ in BODY_ERRORS])
def test_article_body_reports_each_error_with_line(content_dir: Path, text: str, message: str) -> None:
    path = write_article(content_dir, "one", body=BODY)

    assert f"articles/one.md:{line_number(path, text)}: {message}" in content_errors(content_dir)


def test_article_body_reports_no_other_errors(content_dir: Path) -> None:
    write_article(content_dir, "one", body=BODY)

    other_errors = {"the empty heading", "the empty item", "the code in a fence", "</b>"}
    assert len(content_errors(content_dir)) == len(BODY_ERRORS) + len(other_errors)


@pytest.mark.parametrize("body", ["", "\n  \n", "[only]: https://example.org\n", "---\n"])
def test_article_without_text_is_error(content_dir: Path, body: str) -> None:
    write_article(content_dir, "one", body=body)

    assert [error.split(": ", 1)[1] for error in content_errors(content_dir)] == [
        "the article has no text: write it below the front matter"
    ]


def test_blank_lines_above_text_keep_line_numbers(content_dir: Path) -> None:
    path = write_article(content_dir, "one", body="   \n\t\n\nText.\n\n# Level one\n")

    [error] = content_errors(content_dir)
    assert error.startswith(f"articles/one.md:{line_number(path, '# Level one')}: a heading of level 1")


@pytest.mark.parametrize("file", ["topics.yaml", "authors.yaml"])
def test_unreadable_file_causes_no_error_in_articles(content_dir: Path, file: str) -> None:
    write_article(content_dir, "one")
    (content_dir / file).write_text("topics: [", encoding="utf-8")

    assert [error.split(":")[0] for error in content_errors(content_dir)] == [file]


def test_invalid_author_causes_no_error_in_articles(content_dir: Path) -> None:
    write_article(content_dir, "one")
    replace_in(content_dir / "authors.yaml", "name: Ada", "name: 5")

    assert content_errors(content_dir) == ["authors.yaml:3: authors.1.name must be a text; put it in quotes"]
