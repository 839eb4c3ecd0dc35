"""Reads article files, and finds what they refer to that isn't there."""

from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from app.core import markdown
from app.core.markdown import Document
from app.seed.content import AUTHOR, CATEGORY, TOPIC, ArticleContent, Content
from app.seed.files import ArticleFront, SiteFile, is_slug
from app.seed.sources import Faults, Source, did_you_mean, read_front_matter, validated

REFERENCE = "#ref-"


class ArticleReader:
    """Adds articles to the content, or faults to the list."""

    def __init__(self, root: Path, content: Content, faults: Faults, *, site: SiteFile | None, zone: ZoneInfo) -> None:
        self._root = root
        self._content = content
        self._faults = faults
        self._call_to_action = site.call_to_action.model_dump() if site else {}
        self._zone = zone
        self._former: dict[str, str] = {}

    def read(self, file: str) -> None:
        slug = Path(file).stem
        if not is_slug(slug):
            self._faults.at(file, 1, "the file's name must be a slug, such as social-connection.md")
        source = read_front_matter(self._root, file, self._faults)
        front = validated(source, ArticleFront, self._faults) if source else None
        if source is None:
            return
        document = self._read_body(source)
        if front is None:
            return
        self._check_filing(source, front)
        self._check_former_slugs(source, front, slug)
        self._check_links(source, front, document)
        self._content.articles[slug] = self._resolved(slug, front, document, source.body)

    def _read_body(self, source: Source) -> Document:
        document, faults = markdown.read(source.body)
        if not document.blocks and not faults:
            self._faults.at(source.file, source.body_line, "the article has no text: write it below the front matter")
        for fault in faults:
            self._faults.at(source.file, source.body_line + fault.line - 1, fault.message)
        return document

    def _check_filing(self, source: Source, front: ArticleFront) -> None:
        named = [("category", (), CATEGORY, front.category), ("author", (), AUTHOR, front.author)]
        named += [("topics", (n,), TOPIC, topic) for n, topic in enumerate(front.topics)]  # type: ignore[misc]
        for field, place, kind, slug in named:
            known = self._content.slugs(kind)
            if slug not in known:
                where = "authors.yaml" if kind is AUTHOR else "topics.yaml"
                message = f"{kind.name} {slug!r} isn't in {where}{did_you_mean(slug, known)}"
                self._faults.add(source, (field, *place), message)
        for n, topic in enumerate(front.topics):
            if topic in front.topics[:n]:
                self._faults.add(source, ("topics", n), f"topic {topic!r} stands here twice: keep one")

    def _check_former_slugs(self, source: Source, front: ArticleFront, slug: str) -> None:
        for n, former in enumerate(front.former_slugs):
            owner = self._former.setdefault(former, slug)
            if former == slug or former in front.former_slugs[:n]:
                self._faults.add(source, ("former_slugs", n), f"{former!r} is this article's own: remove it")
            elif owner != slug:
                message = f"{former!r} is a former slug of {owner!r} too: keep it in one of them"
                self._faults.add(source, ("former_slugs", n), message)

    def _check_links(self, source: Source, front: ArticleFront, document: Document) -> None:
        ids = [reference.id for reference in front.references]
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
        for n, name in enumerate(ids):
            if name in ids[:n]:
                self._faults.add(source, ("references", n, "id"), f"reference {name!r} stands here twice: keep one")
            elif name not in cited:
                message = f"reference {name!r} isn't cited: write [...]({REFERENCE}{name}) in the text or remove it"
                self._faults.add(source, ("references", n, "id"), message)

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
