"""Reads article files, and finds what they refer to that isn't there."""

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
from app.core.source_files.sources import CONTROL, FaultCollector, Place, Source, read_front_matter, texts, validated

REFERENCE = "#ref-"
FILED = (("category", CATEGORY, "topics.yaml"), ("topics", TOPIC, "topics.yaml"), ("author", AUTHOR, "authors.yaml"))


class ArticleReader:
    """Adds articles to the content, or faults to the list."""

    def __init__(self, root: Path, content: Content, faults: FaultCollector, *, site: SiteFile | None) -> None:
        self._root = root
        self._content = content
        self._faults = faults
        self._call_to_action = site.call_to_action.model_dump() if site else {}
        self._zone = ZoneInfo(site.time_zone if site else "UTC")
        self._former: dict[str, str] = {}

    def read(self, file: str) -> None:
        slug = Path(file).stem
        if not is_slug(slug):
            self._faults.at(file, 1, "the file's name must be a slug, such as social-connection.md")
        source = read_front_matter(self._root, file, self._faults)
        if source is None:
            return
        front = validated(source, ArticleFront, self._faults)
        document = self._read_body(source)
        self._check_filing(source)
        self._check_former_slugs(source, slug)
        self._check_links(source, document)
        if front:
            article = self._resolved(slug, front, document, source.body)
            if article.updated_at and article.publish_at and article.updated_at < article.publish_at:
                self._faults.add(
                    source, ("updated_at",), "updated_at is before publish_at: leave it out or set it later"
                )
            self._content.articles[slug] = article

    def _read_body(self, source: Source) -> Document:
        document, faults = read_markdown(source.body)
        if CONTROL.search(document.text):
            self._faults.at(
                source.file, source.body_line, "the text spells a control character, such as &#12;: remove it"
            )
        if not document.text and not faults:
            self._faults.at(source.file, source.body_line, "the article has no text: write it below the front matter")
        for fault in faults:
            self._faults.at(source.file, source.body_line + fault.line - 1, fault.message)
        return document

    def _check_filing(self, source: Source) -> None:
        for field, kind, file in FILED:
            slugs = texts(source, field)
            if kind.name in self._content.lines:
                known = list(self._content.lines[kind.name])
                for path, slug in slugs:
                    if is_slug(slug) and slug not in known:
                        message = f"{kind.name} {slug!r} isn't in {file}{did_you_mean(slug, known)}"
                        self._faults.add(source, path, message)
            self._refuse_twice(source, slugs, kind.name)

    def _check_former_slugs(self, source: Source, slug: str) -> None:
        formers = texts(source, "former_slugs")
        for path, former in formers:
            owner = self._former.setdefault(former, slug)
            if former == slug:
                self._faults.add(source, path, f"{former!r} is this article's own slug: remove it")
            elif owner != slug:
                self._faults.add(source, path, f"{former!r} is a former slug of {owner!r} too: keep it in one of them")
        self._refuse_twice(source, formers, "former slug")

    def _refuse_twice(self, source: Source, slugs: Sequence[tuple[Place, str]], name: str) -> None:
        for n, (path, slug) in enumerate(slugs):
            if slug in (before for _, before in slugs[:n]):
                self._faults.add(source, path, f"{name} {slug!r} stands here twice: keep one")

    def _check_links(self, source: Source, document: Document) -> None:
        references = texts(source, "references", "id")
        ids = [name for _, name in references]
        anchors = [entry["id"] for entry in document.contents]
        cited: set[str] = set()
        for line, href in document.links:
            if href.startswith(REFERENCE):
                cited.add(name := href.removeprefix(REFERENCE))
                known, kind = ids, "reference"
            elif href.startswith("#"):
                name, known, kind = href[1:], anchors, "heading"
            else:
                continue
            if name not in known:
                message = f"links to {href!r}, but there is no such {kind}{did_you_mean(name, known)}"
                self._faults.at(source.file, source.body_line + line - 1, message)
        for path, name in references:
            if name not in cited:
                message = f"reference {name!r} isn't cited: write [...]({REFERENCE}{name}) in the text or remove it"
                self._faults.add(source, path, message)
        self._refuse_twice(source, references, "reference")

    def _resolved(self, slug: str, front: ArticleFront, document: Document, body: str) -> ArticleContent:
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
        """A date is its first instant in the site's zone."""
        if value is None or isinstance(value, datetime):
            return value and value.astimezone(UTC)
        return datetime.combine(value, time(), self._zone).astimezone(UTC)
