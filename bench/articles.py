"""Generate test articles for a content directory: similar to real articles, and equal in every run."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import accumulate, product
from pathlib import Path
from random import Random

ARTICLE_BYTES = 4096  # bytes of an article's file
SEED = 21
CATEGORIES, TOPICS, AUTHORS = 4, 8, 10  # so few that the list of each is long, even with only 100 articles
FIRST_PUBLICATION = datetime(2020, 1, 1, 6, tzinfo=UTC)
PUBLICATION_INTERVAL = timedelta(hours=5)  # between two publications; the newest of 10,000 is still in the past

ONSETS = ["b", "br", "c", "d", "f", "g", "gr", "h", "k", "l", "m", "n", "p", "pr", "r", "s", "st", "t", "tr", "v"]
NUCLEI = ["a", "e", "i", "o", "u", "ai", "ea", "ou"]
CODAS = ["", "l", "n", "nd", "r", "s", "st", "t"]

ARTICLE = """\
---
title: {title}
excerpt: {excerpt}
category: category-{category}
topics: [{topics}]
author: author-{author}
status: published
publish_at: {publish_at}
---

{body}
"""
SITE = """\
name: A site
tagline: A tagline.
description: A description.
language: en
time_zone: UTC
navigation: [{label: Blog, href: /blog, style: link}]
footer: {copyright: Example, links: [{label: Find support, href: /support}]}
call_to_action: {eyebrow: Now, title: Begin?, text: A text., label: Begin, href: /journey}
"""
SUPPORT = """\
lines:
  - id: everywhere
    kind: directory
    name: A directory
    description: For everyone.
    channels: [{kind: web, value: https://example.org}]
    source_url: https://example.org
    verified_on: 2026-01-01
"""


def slug_of(n: int) -> str:
    return f"article-{n:05}"


def write_content(folder: Path, articles: int) -> Path:
    """Write a content directory with `articles` articles that the command `content load` accepts."""
    (folder / "articles").mkdir(parents=True)
    authors = "".join(
        f"  - {{slug: author-{n}, name: Author {n}, role: Writer, kind: person, bio: B., avatar: {{initial: A}}}}\n"
        for n in range(AUTHORS)
    )
    files = {
        "site.yaml": SITE,
        "consents.yaml": 'consents: [{purpose: health_data, version: "1", title: Health data, text: A text.}]\n',
        "authors.yaml": f"authors:\n{authors}",
        "topics.yaml": f"categories:\n{_yaml_rows('category', CATEGORIES)}topics:\n{_yaml_rows('topic', TOPICS)}",
        "support.yaml": SUPPORT,
    }
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")
    writer = ArticleGenerator(Random(SEED))  # noqa: S311 - must be repeatable
    for n in range(articles):
        (folder / "articles" / f"{slug_of(n)}.md").write_text(writer.article(n), encoding="utf-8")
    return folder


def _yaml_rows(kind: str, count: int) -> str:
    return "".join(f"  - {{slug: {kind}-{n}, name: {kind} {n}, description: A {kind}.}}\n" for n in range(count))


class ArticleGenerator:
    """Writes articles of made-up words with realistic frequencies (Zipf's law)."""

    def __init__(self, random: Random) -> None:
        self._random = random
        syllables = ["".join(parts) for parts in product(ONSETS, NUCLEI, CODAS)]
        self.words = list(
            dict.fromkeys("".join(random.choices(syllables, k=random.randint(1, 3))) for _ in range(9000))
        )
        self._weights = list(accumulate(1 / rank for rank in range(1, len(self.words) + 1)))

    def article(self, n: int) -> str:
        """Return the text of an article's file, of at most ARTICLE_BYTES bytes."""
        head = ARTICLE.format(
            title=self._sentence(4, 8)[:-1],
            excerpt=self._sentence(12, 24),
            category=self._random.randrange(CATEGORIES),
            topics=", ".join(f"topic-{n}" for n in self._random.sample(range(TOPICS), k=self._random.randint(2, 4))),
            author=self._random.randrange(AUTHORS),
            publish_at=(FIRST_PUBLICATION + n * PUBLICATION_INTERVAL).isoformat(),
            body="{body}",
        )
        body, available = "", ARTICLE_BYTES - len(head)
        for block in self._blocks():
            body += block
            if len(body) > available:
                break
        return head.replace("{body}", body[:available].rpartition(" ")[0].rstrip("*[-# \n") + ".")

    def _blocks(self) -> Iterator[str]:
        while True:
            yield f"## {self._sentence(3, 6)[:-1]}\n\n"
            yield f"{self._paragraph()}\n\n"
            yield "".join(f"- {self._sentence(6, 12)}\n" for _ in range(4)) + "\n"
            yield f"### {self._sentence(3, 6)[:-1]}\n\n"
            yield f"{self._paragraph()} **{self._sentence(4, 8)}**\n\n"
            yield f"> {self._sentence(8, 16)}\n\n"
            yield f"{self._paragraph()} [{self._sentence(2, 4)[:-1]}](/journey) {self._sentence(4, 8)}\n\n"

    def _paragraph(self) -> str:
        return " ".join(self._sentence(8, 18) for _ in range(3))

    def _sentence(self, min_words: int, max_words: int) -> str:
        words = self._random.choices(
            self.words, cum_weights=self._weights, k=self._random.randint(min_words, max_words)
        )
        return " ".join(words).capitalize() + "."
