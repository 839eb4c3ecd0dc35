"""What an article refers to must be there, and its text keeps to the Markdown that is served."""

from copy import deepcopy
from pathlib import Path

import pytest

from tests.content.conftest import faults_of, line_of, lines_of, replace_in
from tests.factories.content import write_article

REFERENCES = [
    {"id": "lally-2010", "authors": "A", "year": 2010, "title": "T", "source": "S", "url": "https://doi.org/1"}
]
CITED = "As [found](#ref-lally-2010).\n"
UNCITED = "reference 'lally-2010' isn't cited: write [...](#ref-lally-2010) in the text or remove it"
PARAGRAPH = "is one paragraph: no list, heading or second paragraph inside"


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("category", "heath", "category 'heath' isn't in topics.yaml; did you mean 'health'?"),
        ("author", "zoe", "author 'zoe' isn't in authors.yaml"),
        ("topics", ["friends", "slep"], "topic 'slep' isn't in topics.yaml; did you mean 'sleep'?"),
        ("topics", ["sleep", "sleep"], "topic 'sleep' stands here twice: keep one"),
        ("former_slugs", ["one"], "'one' is this article's own slug: remove it"),
        ("former_slugs", ["old", "old"], "former slug 'old' stands here twice: keep one"),
    ],
)
def test_what_an_article_names_must_be_there_once(
    folder: Path, field: str, value: str | list[str], message: str
) -> None:
    path = write_article(folder, "one", body="Text.\n", **{field: value})

    wrong = f"{field}: {value}" if isinstance(value, str) else f"- {value[-1]}"
    assert faults_of(folder) == [f"articles/one.md:{lines_of(path, wrong)[-1]}: {message}"]


def test_a_former_slug_belongs_to_one_article(folder: Path) -> None:
    write_article(folder, "one", former_slugs=["old"])
    two = write_article(folder, "two", former_slugs=["older", "old"])

    line = lines_of(two, "- old")[1]
    assert faults_of(folder) == [f"articles/two.md:{line}: 'old' is a former slug of 'one' too: keep it in one of them"]


def test_references_are_there_once_and_cited_and_citations_lead_to_references(folder: Path) -> None:
    body = CITED.replace("2010", "2011") + "\nText.\n"
    path = write_article(folder, "one", body=body, references=REFERENCES + deepcopy(REFERENCES))

    first, second = lines_of(path, "id: lally")
    unknown = "links to '#ref-lally-2011', but there is no such reference; did you mean 'lally-2010'?"
    assert faults_of(folder) == [
        f"articles/one.md:{first}: {UNCITED}",
        f"articles/one.md:{second}: {UNCITED}",
        f"articles/one.md:{second}: reference 'lally-2010' stands here twice: keep one",
        f"articles/one.md:{line_of(path, 'As [')}: {unknown}",
    ]


def test_a_citation_in_a_refused_list_item_still_counts(folder: Path) -> None:
    path = write_article(folder, "one", body="- " + CITED + "  - nested\n", references=REFERENCES)

    assert faults_of(folder) == [f"articles/one.md:{line_of(path, 'nested')}: a list item {PARAGRAPH}"]


def test_a_fault_in_a_reference_hides_no_other(folder: Path) -> None:
    path = write_article(
        folder, "one", body="Text.\n", references=[{**REFERENCES[0], "year": 1066}], topics=["no-such"]
    )

    assert faults_of(folder) == [
        f"articles/one.md:{line_of(path, 'no-such')}: topic 'no-such' isn't in topics.yaml",
        f"articles/one.md:{line_of(path, 'id: lally')}: {UNCITED}",
        f"articles/one.md:{line_of(path, '1066')}: references.1.year should be greater than or equal to 1800",
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
IN_BODY = [
    ("to [nowhere]", "links to '#a-heding', but there is no such heading; did you mean 'a-heading'?"),
    ("#### Skipped", "a heading of level 4 under one of level 2: use ###"),
    ("# Level one", "a heading of level 1: the title is level 1, use ## to ####"),
    ("##### Level five", "a heading of level 5: the title is level 1, use ## to ####"),
    ("  - nested", f"a list item {PARAGRAPH}"),
    ("> Its second", f"a quote {PARAGRAPH}"),
    ("| a | b |", "tables aren't used; write a list"),
    ("    indented", "code blocks aren't used; remove the indentation"),
    ("<div>", "raw HTML isn't used; write it in Markdown"),
    ("A <b>", "raw HTML isn't used; write it in Markdown"),
    ("A [script]", "a link to 'javascript:alert(1)': use https://, mailto:, a path such as /journey, or #an-anchor"),
    ("![](", "an image needs a text for those who can't see it: ![what it shows](https://...)"),
    ("![A picture]", "an image needs an https address"),
    ("Beside", "an image needs a line of its own"),
]


@pytest.mark.parametrize(("text", "message"), IN_BODY, ids=[text.strip() for text, _ in IN_BODY])
def test_each_fault_of_a_body_is_told_with_its_line_among_all_others(folder: Path, text: str, message: str) -> None:
    path = write_article(folder, "one", body=BODY)

    assert f"articles/one.md:{line_of(path, text)}: {message}" in faults_of(folder)


def test_a_body_with_many_faults_has_no_others_than_those(folder: Path) -> None:
    write_article(folder, "one", body=BODY)

    more = {"the empty heading", "the empty item", "the code in a fence", "</b>"}
    assert len(faults_of(folder)) == len(IN_BODY) + len(more)


@pytest.mark.parametrize("body", ["", "\n  \n", "[only]: https://example.org\n", "---\n"])
def test_an_article_has_a_text(folder: Path, body: str) -> None:
    write_article(folder, "one", body=body)

    assert [fault.split(": ", 1)[1] for fault in faults_of(folder)] == [
        "the article has no text: write it below the front matter"
    ]


def test_blank_lines_with_spaces_above_a_text_move_no_line(folder: Path) -> None:
    path = write_article(folder, "one", body="   \n\t\n\nText.\n\n# Level one\n")

    [fault] = faults_of(folder)
    assert fault.startswith(f"articles/one.md:{line_of(path, '# Level one')}: a heading of level 1")


@pytest.mark.parametrize("file", ["topics.yaml", "authors.yaml"])
def test_articles_are_not_blamed_for_a_file_that_can_not_be_read(folder: Path, file: str) -> None:
    write_article(folder, "one")
    (folder / file).write_text("topics: [", encoding="utf-8")

    assert [fault.split(":")[0] for fault in faults_of(folder)] == [file]


def test_articles_are_not_blamed_for_a_fault_elsewhere_in_an_entry(folder: Path) -> None:
    write_article(folder, "one")
    replace_in(folder / "authors.yaml", "name: Ada", "name: 5")

    assert faults_of(folder) == ["authors.yaml:3: authors.1.name must be a text; put it in quotes"]
