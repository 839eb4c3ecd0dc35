"""Reading of the files of the 21-day journey, and storage of the journey in the database."""

import json
from collections.abc import Iterator, Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple

from sqlalchemy import insert, select, update
from sqlmodel import Session, col

from app.content.articles import CONTROL_CHARACTER_REFERENCE, REFERENCE_PREFIX
from app.content.content import Content
from app.content.journey_files import DayFront, JourneyFile
from app.core.markdown.document import Document
from app.core.markdown.reader import read_markdown
from app.core.source_files.messages import did_you_mean
from app.core.source_files.sources import (
    CONTROL_CHARACTER,
    ContentError,
    ErrorCollector,
    Source,
    read_front_matter,
    read_yaml,
    texts_at,
    validate,
)
from app.journey.models import DayNote, Journey, Run
from app.journey.rules.schedule import LENGTH

JOURNEY_DIRECTORY = "journey"
KIND = "journey"
JOURNEY_FILE = f"{JOURNEY_DIRECTORY}/journey.yaml"
DAY_FILES = {number: f"{JOURNEY_DIRECTORY}/day-{number:02}.md" for number in range(1, LENGTH + 1)}
MARKDOWN_FIELDS = ("description", "about_21_days")

Definition = dict[str, Any]


class StoredJourney(NamedTuple):
    slug: str
    is_listed: bool
    digest: str
    definition: Definition


def read_journey(root: Path, content: Content, errors: ErrorCollector) -> None:
    """Read and check the journey's files, if any. Add the journey to `content` and problems to `errors`.

    The journey's slug is added to `content.entry_lines` even if a file of one of its days has errors.
    """
    if not (root / JOURNEY_DIRECTORY).is_dir():
        content.entry_lines[KIND] = {}
        return
    journey = _read_journey_file(root, errors)
    if journey:
        content.entry_lines[KIND] = {journey[0]: 1}
    days = [_read_day(root, number, errors) for number in DAY_FILES]
    _reject_duplicate_task_ids([source for source, _ in days if source], errors)
    if journey and all(day for _, day in days):
        slug, definition = journey
        content.journeys[slug] = {**definition, "days": [day for _, day in days]}


def stored_journeys(session: Session) -> dict[str, StoredJourney]:
    columns = select(*(col(getattr(Journey, name)) for name in StoredJourney._fields))
    return {row.slug: StoredJourney(*row) for row in session.execute(columns)}


def write_journey(session: Session, slug: str, definition: Definition, *, is_new: bool) -> None:
    values = {"is_listed": True, "digest": journey_digest(definition), "definition": definition}
    if is_new:
        session.execute(insert(Journey).values(slug=slug, **values))
    else:
        session.execute(update(Journey).filter_by(slug=slug).values(values))


def unlist_journey(session: Session, slug: str) -> None:
    """Prevent members from starting a journey. Runs that have already started continue."""
    session.execute(update(Journey).filter_by(slug=slug).values(is_listed=False))


def journey_digest(definition: Definition) -> str:
    """Return a hash of a journey's definition, including its rendered texts."""
    return sha256(json.dumps(definition, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def changed_journey_parts(one: Definition, other: Definition) -> Iterator[str]:
    """Yield the names of the parts in which two definitions of a journey differ, such as `title` or `day 3`."""
    for name in sorted(one.keys() | other.keys()):
        if name != "days" and one.get(name) != other.get(name):
            yield name
    for number, (day, other_day) in enumerate(zip(one["days"], other["days"], strict=True), start=1):
        if day != other_day:
            yield f"day {number}"


def removed_tasks(session: Session, slug: str, definition: Definition, stored: Definition) -> Iterator[ContentError]:
    """Yield an error for each day that loses tasks which members may have completed.

    Completed tasks are encrypted and can't be checked, so members' notes on the day are enough for an error.
    """
    for number, (day, stored_day) in enumerate(zip(definition["days"], stored["days"], strict=True), start=1):
        task_ids = {task["id"] for task in day["tasks"]}
        removed = [task["id"] for task in stored_day["tasks"] if task["id"] not in task_ids]
        if removed and _has_notes(session, slug, number):
            names = ", ".join(repr(name) for name in removed)
            message = f"task {names} was removed, but members have notes on this day: restore it or use --force"
            yield ContentError(DAY_FILES[number], 1, message)


def _has_notes(session: Session, slug: str, day: int) -> bool:
    notes = (
        select(col(DayNote.day))
        .join(Run, (col(Run.member_id) == col(DayNote.member_id)) & (col(Run.id) == col(DayNote.run_id)))
        .where(col(Run.journey) == slug, col(DayNote.day) == day)
    )
    return session.execute(notes.limit(1)).first() is not None


def _read_journey_file(root: Path, errors: ErrorCollector) -> tuple[str, Definition] | None:
    if not (root / JOURNEY_FILE).is_file():
        errors.add_at(JOURNEY_FILE, 1, "is missing: a journey needs this file")
        return None
    source = read_yaml(root, JOURNEY_FILE, errors)
    file = validate(source, JourneyFile, errors) if source else None
    if source is None or file is None:
        return None
    assessments = [path.stem for path in (root / "assessments").glob("*.yaml")]
    if file.assessment and file.assessment not in assessments:
        message = f"there is no assessment {file.assessment!r}{did_you_mean(file.assessment, assessments)}"
        errors.add(source, ("assessment",), message)
    rendered = {}
    for name in MARKDOWN_FIELDS:
        text = getattr(file, name)
        first_line = source.line_of(name) + ("\n" in text)  # a multi-line text starts below its key
        document = _parse_markdown(source, text, first_line, errors)
        _check_citations(source, document, first_line, errors)
        rendered[name] = _rendered_forms(document, text)
    return file.slug, file.model_dump(exclude={"slug"}) | rendered


def _read_day(root: Path, number: int, errors: ErrorCollector) -> tuple[Source | None, Definition | None]:
    file = DAY_FILES[number]
    if not (root / file).is_file():
        errors.add_at(file, 1, f"is missing: a journey needs all {LENGTH} days")
        return None, None
    source = read_front_matter(root, file, errors)
    if source is None:
        return None, None
    front = validate(source, DayFront, errors)
    lesson = _parse_markdown(source, source.body, source.body_line, errors)
    if not lesson.text:
        errors.add_at(file, source.body_line, "the day has no lesson: write it below the front matter")
    _check_citations(source, lesson, source.body_line, errors)
    articles = [path.stem for path in (root / "articles").glob("*.md")]
    for path, slug in texts_at(source, "articles"):
        if slug not in articles:
            errors.add(source, path, f"there is no article {slug!r}{did_you_mean(slug, articles)}")
    return source, {**front.model_dump(), "lesson": _rendered_forms(lesson, source.body)} if front else None


def _parse_markdown(source: Source, text: str, line: int, errors: ErrorCollector) -> Document:
    document, markdown_errors = read_markdown(text)
    for error in markdown_errors:
        errors.add_at(source.file, line + error.line - 1, error.message)
    if CONTROL_CHARACTER.search(document.text):
        errors.add_at(source.file, line, CONTROL_CHARACTER_REFERENCE)
    return document


def _check_citations(source: Source, document: Document, first_line: int, errors: ErrorCollector) -> None:
    references = texts_at(source, "references", "id")
    known = [name for _, name in references]
    for n, (path, name) in enumerate(references):
        if name in known[:n]:
            errors.add(source, path, f"reference {name!r} appears twice: keep one")
    for line, href in document.links:
        name = href.removeprefix(REFERENCE_PREFIX)
        if href.startswith("#") and (name == href or name not in known):
            message = f"links to {href!r}, but there is no such reference{did_you_mean(name, known)}"
            errors.add_at(source.file, first_line + line - 1, message)


def _reject_duplicate_task_ids(days: Sequence[Source], errors: ErrorCollector) -> None:
    """Report task ids that are used twice. They must be unique, because members' progress is stored by task id."""
    seen: dict[str, str] = {}
    for source in days:
        for path, name in texts_at(source, "tasks", "id"):
            if name in seen:
                errors.add(source, path, f"task {name!r} is already in {seen[name]}: give it another id")
            seen.setdefault(name, source.file)


def _rendered_forms(document: Document, text: str) -> Mapping[str, Any]:
    """Return a text in every format that the API serves."""
    return {"blocks": document.blocks, "html": document.html, "markdown": text, "text": document.text}
