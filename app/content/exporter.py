"""Export of the content in the database to files that can be loaded again."""

from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import yaml
from sqlmodel import Session

from app.content.assessments import ASSESSMENTS, stored_assessments
from app.content.content import AUTHOR, CATEGORY, CONSENT, SITE, SUPPORT, TOPIC, ArticleContent, Kind
from app.content.journeys import DAY_FILES, JOURNEY_DIRECTORY, JOURNEY_FILE, MARKDOWN_FIELDS, stored_journeys
from app.content.reader import ARTICLES
from app.content.stored import article_contents, stored_articles, stored_rows


class DirectoryNotEmpty(Exception):
    def __init__(self, directory: Path) -> None:
        super().__init__(f"{directory} isn't empty. Choose a new or empty directory.")


class NoContentStored(Exception):
    def __init__(self) -> None:
        super().__init__("The database has no content. Run `twentyone content load` first.")


def export_content(session: Session, directory: Path) -> tuple[int, int]:
    """Write all content to a directory. Return the numbers of exported and omitted articles.

    Unpublished articles are omitted if their author, category or topic was removed, because they couldn't be loaded
    again.
    """
    if directory.exists() and (not directory.is_dir() or any(directory.iterdir())):
        raise DirectoryNotEmpty(directory)
    site = stored_rows(session, SITE).get((1,))
    if site is None:
        raise NoContentStored
    (directory / ARTICLES).mkdir(parents=True, exist_ok=True)
    _write_yaml(directory / "site.yaml", site)
    authors, categories, topics = (_entries(session, kind) for kind in (AUTHOR, CATEGORY, TOPIC))
    _write_yaml(directory / "consents.yaml", {"consents": _entries(session, CONSENT)})
    _write_yaml(directory / "authors.yaml", {"authors": [_author_entry(entry) for entry in authors]})
    _write_yaml(directory / "topics.yaml", {"categories": categories, "topics": topics})
    lines = sorted(_entries(session, SUPPORT), key=lambda line: line.pop("position"))
    _write_yaml(directory / "support.yaml", {"lines": [_without_none(line) for line in lines]})
    _write_assessments(session, directory / ASSESSMENTS)
    _write_journey(session, directory)
    zone = ZoneInfo(site["time_zone"])
    known_authors, known_categories, known_topics = (
        {entry["slug"] for entry in entries} for entries in (authors, categories, topics)
    )
    stored = stored_articles(session)
    exported = 0
    for article in article_contents(session, [article.id for article in stored]):
        has_listed_names = article.author in known_authors and article.category in known_categories
        if not (has_listed_names and known_topics.issuperset(article.topics)):
            continue
        _write_markdown(directory / ARTICLES / f"{article.slug}.md", _front_matter(article, zone), article.body)
        exported += 1
    return exported, len(stored) - exported


def _write_assessments(session: Session, directory: Path) -> None:
    """Write the current version of each publicly listed questionnaire to a file."""
    listed = [assessment for assessment in stored_assessments(session).values() if assessment.is_listed]
    if listed:
        directory.mkdir()
    for assessment in listed:
        _write_yaml(directory / f"{assessment.slug}.yaml", assessment.definition)


def _write_journey(session: Session, directory: Path) -> None:
    """Write the files of the journey that members can start, if there is one."""
    for journey in (journey for journey in stored_journeys(session).values() if journey.is_listed):
        (directory / JOURNEY_DIRECTORY).mkdir()
        entry = {"slug": journey.slug, **journey.definition}
        entry |= {name: entry[name]["markdown"] for name in MARKDOWN_FIELDS}
        days = entry.pop("days")
        _write_yaml(directory / JOURNEY_FILE, _without_none(entry))
        for day, file in zip(days, DAY_FILES.values(), strict=True):
            lesson = day.pop("lesson")["markdown"]
            _write_markdown(directory / file, _without_none(day), lesson)


def _entries(session: Session, kind: Kind) -> list[dict[str, Any]]:
    """Return the entries of a kind, such as authors, in the form of a content file. Removed entries are left out."""
    assert kind.listed_column
    rows = sorted(stored_rows(session, kind).items())
    return [
        dict(zip(kind.key, key, strict=True))
        | {name: value for name, value in row.items() if name != kind.listed_column}
        for key, row in rows
        if row[kind.listed_column]
    ]


def _author_entry(entry: dict[str, Any]) -> dict[str, Any]:
    avatar = _without_none({"initial": entry.pop("initial"), "url": entry.pop("avatar_url")})
    return entry | {"avatar": avatar}


def _front_matter(article: ArticleContent, zone: ZoneInfo) -> dict[str, Any]:
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
    """Return a date if the timestamp is midnight in the time zone, otherwise the timestamp in UTC."""
    if moment is None:
        return None
    day = moment.astimezone(zone).date()
    is_start_of_day = datetime.combine(day, time(), zone).astimezone(UTC) == moment
    return day if is_start_of_day else moment.astimezone(UTC)


def _without_none(values: dict[str, Any]) -> dict[str, Any]:
    return {
        name: [_without_none(item) if isinstance(item, dict) else item for item in value]
        if isinstance(value, list)
        else value
        for name, value in values.items()
        if value is not None
    }


def _write_yaml(path: Path, value: dict[str, Any]) -> None:
    path.write_text(yaml.safe_dump(value, sort_keys=False, allow_unicode=True, width=110), encoding="utf-8")


def _write_markdown(path: Path, front: dict[str, Any], body: str) -> None:
    text = yaml.safe_dump(front, sort_keys=False, allow_unicode=True, width=110)
    path.write_text(f"---\n{text}---\n\n{body}", encoding="utf-8")
