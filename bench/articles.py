"""Generate test articles for a content directory, from paragraphs of the shipped articles; equal in every run."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from shutil import copy

from bench.servers.processes import ROOT

ARTICLE_BYTES = 4096  # bytes of an article's file
PARAGRAPHS = 24  # more than fit into an article
SEED = 21
CATEGORIES, TOPICS, AUTHORS = 4, 8, 10  # so few that the list of each is long, even with only 100 articles
FIRST_PUBLICATION = datetime(2020, 1, 1, 6, tzinfo=UTC)
PUBLICATION_INTERVAL = timedelta(hours=5)  # between two publications; the newest of 10,000 is still in the past

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

"""
SHIPPED_FILES = ("site.yaml", "consents.yaml", "support.yaml")
AUTHOR = "  - {{slug: author-{n}, name: Author {n}, role: Writer, kind: person, bio: B., avatar: {{initial: A}}}}"
CATEGORY, TOPIC = (
    f"  - {{{{slug: {kind}-{{n}}, name: {kind} {{n}}, description: A.}}}}" for kind in ("category", "topic")
)


def slug_of(n: int) -> str:
    return f"article-{n:05}"


def write_content(folder: Path, articles: int) -> Path:
    """Write a content directory with `articles` articles that the command `content load` accepts."""
    (folder / "articles").mkdir(parents=True)
    for name in SHIPPED_FILES:
        copy(ROOT / "seed_content" / name, folder)
    authors = _yaml("authors", AUTHOR, AUTHORS)
    topics = _yaml("categories", CATEGORY, CATEGORIES) + _yaml("topics", TOPIC, TOPICS)
    (folder / "authors.yaml").write_text(authors, encoding="utf-8")
    (folder / "topics.yaml").write_text(topics, encoding="utf-8")
    paragraphs, random = _shipped_paragraphs(), Random(SEED)  # noqa: S311 - must be repeatable
    for n in range(articles):
        (folder / "articles" / f"{slug_of(n)}.md").write_text(_article(n, paragraphs, random), encoding="utf-8")
    return folder


def _shipped_paragraphs() -> list[str]:
    """Return the paragraphs of the shipped articles that have no links, references or emphasis."""
    texts = [path.read_text(encoding="utf-8") for path in sorted((ROOT / "seed_content" / "articles").glob("*.md"))]
    return [
        plain for text in texts for plain in text.split("\n\n") if plain[0].isalpha() and not set("[*_") & set(plain)
    ]


def _yaml(name: str, row: str, count: int) -> str:
    return "\n".join([f"{name}:", *(row.format(n=n) for n in range(count))]) + "\n"


def _article(n: int, paragraphs: list[str], random: Random) -> str:
    """Return the text of an article's file, of at most ARTICLE_BYTES bytes."""
    topics = random.sample(range(TOPICS), k=random.randint(2, 4))
    head = ARTICLE.format(
        title=f"Article {n}",
        excerpt=f"The excerpt of article {n}.",
        category=random.randrange(CATEGORIES),
        topics=", ".join(f"topic-{topic}" for topic in topics),
        author=random.randrange(AUTHORS),
        publish_at=(FIRST_PUBLICATION + n * PUBLICATION_INTERVAL).isoformat(),
    )
    body = "\n\n".join(random.sample(paragraphs, k=PARAGRAPHS)).encode()[: ARTICLE_BYTES - len(head)]
    return head + body.decode(errors="ignore").rpartition(" ")[0] + ".\n"
