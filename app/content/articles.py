"""Reading of article files (Markdown with a YAML header), with checks of their references and links."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from app.content.content import AUTHOR, CATEGORY, TOPIC, ArticleContent, Content
from app.content.files import ArticleFront, SiteFile
from app.core.markdown.document import Document
from app.core.markdown.reader import read_markdown
from app.core.source_files.fields import is_slug
from app.core.source_files.messages import did_you_mean
from app.core.source_files.sources import (
    CONTROL_CHARACTER,
    ErrorCollector,
    Location,
    Source,
    read_front_matter,
    texts_at,
    validate,
)

REFERENCE_PREFIX = "#ref-"
CONTROL_CHARACTER_REFERENCE = "the text has a reference to a control character, such as &#12;: remove it"
TAXONOMY_FIELDS = (
    ("category", CATEGORY, "topics.yaml"),
    ("topics", TOPIC, "topics.yaml"),
    ("author", AUTHOR, "authors.yaml"),
)


class ArticleReader:
    """Reads and checks article files. Adds articles to `content` and problems to `errors`."""

    def __init__(self, root: Path, content: Content, errors: ErrorCollector, *, site: SiteFile | None) -> None:
        self._root = root
        self._content = content
        self._errors = errors
        self._call_to_action = site.call_to_action.model_dump() if site else {}
        self._zone = ZoneInfo(site.time_zone if site else "UTC")
        self._former_slug_owners: dict[str, str] = {}

    def read(self, file: str) -> None:
        slug = Path(file).stem
        if not is_slug(slug):
            self._errors.add_at(file, 1, "the file's name must be a slug, such as social-connection.md")
        source = read_front_matter(self._root, file, self._errors)
        if source is None:
            return
        front = validate(source, ArticleFront, self._errors)
        document = self._read_body(source)
        self._check_taxonomy(source)
        self._check_former_slugs(source, slug)
        self._check_links(source, document)
        if front:
            article = self._build_article(slug, front, document, source.body)
            if article.updated_at and article.publish_at and article.updated_at < article.publish_at:
                self._errors.add(
                    source, ("updated_at",), "updated_at is before publish_at: leave it out or set it later"
                )
            self._content.articles[slug] = article

    def _read_body(self, source: Source) -> Document:
        document, errors = read_markdown(source.body)
        if CONTROL_CHARACTER.search(document.text):
            self._errors.add_at(source.file, source.body_line, CONTROL_CHARACTER_REFERENCE)
        if not document.text and not errors:
            self._errors.add_at(
                source.file, source.body_line, "the article has no text: write it below the front matter"
            )
        for error in errors:
            self._errors.add_at(source.file, source.body_line + error.line - 1, error.message)
        return document

    def _check_taxonomy(self, source: Source) -> None:
        for field, kind, file in TAXONOMY_FIELDS:
            slugs = texts_at(source, field)
            if kind.name in self._content.entry_lines:
                known = list(self._content.entry_lines[kind.name])
                for path, slug in slugs:
                    if is_slug(slug) and slug not in known:
                        message = f"{kind.name} {slug!r} isn't in {file}{did_you_mean(slug, known)}"
                        self._errors.add(source, path, message)
            self._reject_duplicates(source, slugs, kind.name)

    def _check_former_slugs(self, source: Source, slug: str) -> None:
        former_slugs = texts_at(source, "former_slugs")
        for path, former in former_slugs:
            owner = self._former_slug_owners.setdefault(former, slug)
            if former == slug:
                self._errors.add(source, path, f"{former!r} is this article's own slug: remove it")
            elif owner != slug:
                self._errors.add(
                    source, path, f"{former!r} is also a former slug of {owner!r}: remove it from one of them"
                )
        self._reject_duplicates(source, former_slugs, "former slug")

    def _reject_duplicates(self, source: Source, slugs: Sequence[tuple[Location, str]], name: str) -> None:
        seen: set[str] = set()
        for path, slug in slugs:
            if slug in seen:
                self._errors.add(source, path, f"{name} {slug!r} appears twice: keep one")
            seen.add(slug)

    def _check_links(self, source: Source, document: Document) -> None:
        references = texts_at(source, "references", "id")
        ids = [name for _, name in references]
        anchors = [entry["id"] for entry in document.contents]
        cited: set[str] = set()
        for line, href in document.links:
            if href.startswith(REFERENCE_PREFIX):
                cited.add(name := href.removeprefix(REFERENCE_PREFIX))
                known, kind = ids, "reference"
            elif href.startswith("#"):
                name, known, kind = href[1:], anchors, "heading"
            else:
                continue
            if name not in known:
                message = f"links to {href!r}, but there is no such {kind}{did_you_mean(name, known)}"
                self._errors.add_at(source.file, source.body_line + line - 1, message)
        for path, name in references:
            if name not in cited:
                message = (
                    f"reference {name!r} isn't cited: write [...]({REFERENCE_PREFIX}{name}) in the text or remove it"
                )
                self._errors.add(source, path, message)
        self._reject_duplicates(source, references, "reference")

    def _build_article(self, slug: str, front: ArticleFront, document: Document, body: str) -> ArticleContent:
        publish_at = self._instant(front.publish_at)
        seo: dict[str, Any] = {"title": front.title, "description": front.excerpt}
        return ArticleContent(
            slug=slug,
            title=front.title,
            excerpt=front.excerpt,
            category=front.category,
            topics=tuple(front.topics),
            author=front.author,
            status=front.status,
            publish_at=publish_at,
            published_on=publish_at and publish_at.astimezone(self._zone).date(),
            updated_at=self._instant(front.updated_at),
            reading_minutes=front.reading_minutes or document.reading_minutes,
            word_count=document.word_count,
            former_slugs=tuple(sorted(front.former_slugs)),
            call_to_action=front.call_to_action.model_dump() if front.call_to_action else self._call_to_action,
            seo=front.seo.model_dump() if front.seo else seo,
            references=tuple(reference.model_dump() for reference in front.references),
            body=body,
        )

    def _instant(self, value: date | datetime | None) -> datetime | None:
        """Convert a date or timestamp to UTC. A date becomes midnight in the site's time zone."""
        if value is None or isinstance(value, datetime):
            return value and value.astimezone(UTC)
        return datetime.combine(value, time(), self._zone).astimezone(UTC)
