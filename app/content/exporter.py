"""Writes what the database holds as a folder that a load reads back to the same."""

from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import yaml
from sqlmodel import Session

from app.content.assessments import ASSESSMENTS, stored_assessments
from app.content.content import AUTHOR, CATEGORY, CONSENT, SITE, SUPPORT, TOPIC, ArticleContent, Kind
from app.content.journeys import DAYS, FILE, JOURNEY, MARKDOWN, stored_journeys
from app.content.reader import ARTICLES
from app.content.stored import article_contents, stored_articles, stored_rows


class NotEmpty(Exception):
    def __init__(self, folder: Path) -> None:
        super().__init__(f"{folder}: isn't empty; name a new folder, so that nothing is overwritten")


class NothingStored(Exception):
    def __init__(self) -> None:
        super().__init__("there is no content in the database yet: load some first")


def export(session: Session, folder: Path) -> tuple[int, int]:
    """Write the folder; says how many articles it has, and how many were left out.

    An unpublished article whose author, category or topic was removed since can't be in a folder that loads.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise NotEmpty(folder)
    site = stored_rows(session, SITE).get((1,))
    if site is None:
        raise NothingStored
    (folder / ARTICLES).mkdir(parents=True, exist_ok=True)
    _dump(folder / "site.yaml", site)
    authors, categories, topics = (_entries(session, kind) for kind in (AUTHOR, CATEGORY, TOPIC))
    _dump(folder / "consents.yaml", {"consents": _entries(session, CONSENT)})
    _dump(folder / "authors.yaml", {"authors": [_author(entry) for entry in authors]})
    _dump(folder / "topics.yaml", {"categories": categories, "topics": topics})
    lines = sorted(_entries(session, SUPPORT), key=lambda line: line.pop("position"))
    _dump(folder / "support.yaml", {"lines": [_without_none(line) for line in lines]})
    _write_assessments(session, folder / ASSESSMENTS)
    _write_journey(session, folder)
    zone = ZoneInfo(site["time_zone"])
    known_authors, known_categories, known_topics = (
        {entry["slug"] for entry in entries} for entries in (authors, categories, topics)
    )
    stored = stored_articles(session)
    written = 0
    for article in article_contents(session, [each.id for each in stored]):
        is_filed = article.author in known_authors and article.category in known_categories
        if not (is_filed and known_topics.issuperset(article.topics)):
            continue
        _write_front(folder / ARTICLES / f"{article.slug}.md", _front(article, zone), article.body)
        written += 1
    return written, len(stored) - written


def _write_assessments(session: Session, folder: Path) -> None:
    """Those that are listed, in their current version."""
    listed = [each for each in stored_assessments(session).values() if each.is_listed]
    if listed:
        folder.mkdir()
    for each in listed:
        _dump(folder / f"{each.slug}.yaml", each.definition)


def _write_journey(session: Session, folder: Path) -> None:
    """The one that is listed."""
    for journey in (each for each in stored_journeys(session).values() if each.is_listed):
        (folder / JOURNEY).mkdir()
        about = {"slug": journey.slug, **journey.definition}
        about |= {name: about[name]["markdown"] for name in MARKDOWN}
        days = about.pop("days")
        _dump(folder / FILE, _without_none(about))
        for day, file in zip(days, DAYS.values(), strict=True):
            lesson = day.pop("lesson")["markdown"]
            _write_front(folder / file, _without_none(day), lesson)


def _entries(session: Session, kind: Kind) -> list[dict[str, Any]]:
    """A kind's rows that are shown, as a file lists them."""
    assert kind.shown
    rows = sorted(stored_rows(session, kind).items())
    return [
        dict(zip(kind.key, key, strict=True)) | {name: value for name, value in row.items() if name != kind.shown}
        for key, row in rows
        if row[kind.shown]
    ]


def _author(entry: dict[str, Any]) -> dict[str, Any]:
    avatar = _without_none({"initial": entry.pop("initial"), "url": entry.pop("avatar_url")})
    return entry | {"avatar": avatar}


def _front(article: ArticleContent, zone: ZoneInfo) -> dict[str, Any]:
    return _without_none(
        {
            "title": article.title,
            "excerpt": article.excerpt,
            "category": article.category,
            "topics": list(article.topics),
            "author": article.author,
            "status": article.status,
            "publish_at": _date_or_instant(article.publish_at, zone),
            "updated_at": _date_or_instant(article.updated_at, zone),
            "reading_minutes": article.reading_minutes,
            "former_slugs": list(article.former_slugs) or None,
            "call_to_action": dict(article.call_to_action),
            "seo": dict(article.seo),
            "references": [dict(reference) for reference in article.references] or None,
        }
    )


def _date_or_instant(moment: datetime | None, zone: ZoneInfo) -> date | datetime | None:
    """The shorter of the two, where it means the same."""
    if moment is None:
        return None
    day = moment.astimezone(zone).date()
    is_its_start = datetime.combine(day, time(), zone).astimezone(UTC) == moment
    return day if is_its_start else moment.astimezone(UTC)


def _without_none(values: dict[str, Any]) -> dict[str, Any]:
    return {
        name: [_without_none(each) if isinstance(each, dict) else each for each in value]
        if isinstance(value, list)
        else value
        for name, value in values.items()
        if value is not None
    }


def _dump(path: Path, value: dict[str, Any]) -> None:
    path.write_text(yaml.safe_dump(value, sort_keys=False, allow_unicode=True, width=110), encoding="utf-8")


def _write_front(path: Path, front: dict[str, Any], body: str) -> None:
    text = yaml.safe_dump(front, sort_keys=False, allow_unicode=True, width=110)
    path.write_text(f"---\n{text}---\n\n{body}", encoding="utf-8")
