"""The journey: reads its folder, and writes what it says."""

import json
from collections.abc import Iterator, Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple

from sqlalchemy import insert, select, update
from sqlmodel import Session, col

from app.content.content import Content
from app.content.journey_files import DayFront, JourneyFile
from app.core.markdown.document import Document
from app.core.markdown.reader import read_markdown
from app.core.source_files.messages import did_you_mean
from app.core.source_files.sources import (
    CONTROL,
    Fault,
    FaultCollector,
    Source,
    read_front_matter,
    read_yaml,
    texts,
    validated,
)
from app.journey.models import DayNote, Journey, Run
from app.journey.rules.schedule import LENGTH

JOURNEY = "journey"
KIND = "journey"
FILE = f"{JOURNEY}/journey.yaml"
DAYS = {number: f"{JOURNEY}/day-{number:02}.md" for number in range(1, LENGTH + 1)}
MARKDOWN = ("description", "about_21_days")
REFERENCE = "#ref-"

Definition = dict[str, Any]


class StoredJourney(NamedTuple):
    slug: str
    is_listed: bool
    digest: str
    definition: Definition


def read_journey(root: Path, content: Content, faults: FaultCollector) -> None:
    """Add the journey to the content, or what is wrong with it to the faults; a folder may have none. Its name is noted
    even if something is wrong with it.
    """
    if not (root / JOURNEY).is_dir():
        content.lines[KIND] = {}
        return
    about = _read_about(root, faults)
    if about:
        content.lines[KIND] = {about[0]: 1}
    days = [_read_day(root, number, faults) for number in DAYS]
    _refuse_same_tasks([source for source, _ in days if source], faults)
    if about and all(day for _, day in days):
        slug, definition = about
        content.journeys[slug] = {**definition, "days": [day for _, day in days]}


def stored_journeys(session: Session) -> dict[str, StoredJourney]:
    columns = select(*(col(getattr(Journey, name)) for name in StoredJourney._fields))
    return {row.slug: StoredJourney(*row) for row in session.execute(columns)}


def write_journey(session: Session, slug: str, definition: Definition, *, is_new: bool) -> None:
    values = {"is_listed": True, "digest": digest_of(definition), "definition": definition}
    if is_new:
        session.execute(insert(Journey).values(slug=slug, **values))
    else:
        session.execute(update(Journey).filter_by(slug=slug).values(values))


def unlist_journey(session: Session, slug: str) -> None:
    """Nobody can start it any longer; who is on the way goes on."""
    session.execute(update(Journey).filter_by(slug=slug).values(is_listed=False))


def digest_of(definition: Definition) -> str:
    """Alike for journeys that say the same, and are rendered the same."""
    return sha256(json.dumps(definition, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def differing(one: Definition, other: Definition) -> Iterator[str]:
    """The names of the parts that differ, days by their numbers."""
    for name in sorted(one.keys() | other.keys()):
        if name != "days" and one.get(name) != other.get(name):
            yield name
    for number, (day, before) in enumerate(zip(one["days"], other["days"], strict=True), start=1):
        if day != before:
            yield f"day {number}"


def lost_tasks(session: Session, slug: str, wanted: Definition, stored: Definition) -> Iterator[Fault]:
    """Tasks that would go although members may have ticked them: what they ticked is sealed, so any note counts."""
    for number, (day, before) in enumerate(zip(wanted["days"], stored["days"], strict=True), start=1):
        kept = {task["id"] for task in day["tasks"]}
        gone = [task["id"] for task in before["tasks"] if task["id"] not in kept]
        if gone and _is_noted(session, slug, number):
            names = ", ".join(repr(name) for name in gone)
            message = f"members have notes on this day, and task {names} is gone: bring it back, or use --force"
            yield Fault(DAYS[number], 1, message)


def _is_noted(session: Session, slug: str, day: int) -> bool:
    notes = (
        select(col(DayNote.day))
        .join(Run, (col(Run.member_id) == col(DayNote.member_id)) & (col(Run.id) == col(DayNote.run_id)))
        .where(col(Run.journey) == slug, col(DayNote.day) == day)
    )
    return session.execute(notes.limit(1)).first() is not None


def _read_about(root: Path, faults: FaultCollector) -> tuple[str, Definition] | None:
    if not (root / FILE).is_file():
        faults.at(FILE, 1, "is missing: what the journey is called, and what it is")
        return None
    source = read_yaml(root, FILE, faults)
    file = validated(source, JourneyFile, faults) if source else None
    if source is None or file is None:
        return None
    assessments = [path.stem for path in (root / "assessments").glob("*.yaml")]
    if file.assessment and file.assessment not in assessments:
        what = f"there is no assessment {file.assessment!r}{did_you_mean(file.assessment, assessments)}"
        faults.add(source, ("assessment",), what)
    rendered = {}
    for name in MARKDOWN:
        text = getattr(file, name)
        first_line = source.line(name) + ("\n" in text)  # what has several lines begins below its key
        document = _document(source, text, first_line, faults)
        _check_citations(source, document, first_line, faults)
        rendered[name] = _forms(document, text)
    return file.slug, file.model_dump(exclude={"slug"}) | rendered


def _read_day(root: Path, number: int, faults: FaultCollector) -> tuple[Source | None, Definition | None]:
    file = DAYS[number]
    if not (root / file).is_file():
        faults.at(file, 1, f"is missing: a journey has {LENGTH} days, and progress counts on them")
        return None, None
    source = read_front_matter(root, file, faults)
    if source is None:
        return None, None
    front = validated(source, DayFront, faults)
    lesson = _document(source, source.body, source.body_line, faults)
    if not lesson.text:
        faults.at(file, source.body_line, "the day has no lesson: write it below the front matter")
    _check_citations(source, lesson, source.body_line, faults)
    articles = [path.stem for path in (root / "articles").glob("*.md")]
    for path, slug in texts(source, "articles"):
        if slug not in articles:
            faults.add(source, path, f"there is no article {slug!r}{did_you_mean(slug, articles)}")
    return source, {**front.model_dump(), "lesson": _forms(lesson, source.body)} if front else None


def _document(source: Source, text: str, line: int, faults: FaultCollector) -> Document:
    document, found = read_markdown(text)
    for fault in found:
        faults.at(source.file, line + fault.line - 1, fault.message)
    if CONTROL.search(document.text):
        faults.at(source.file, line, "the text spells a control character, such as &#12;: remove it")
    return document


def _check_citations(source: Source, document: Document, first_line: int, faults: FaultCollector) -> None:
    references = texts(source, "references", "id")
    known = [name for _, name in references]
    for n, (path, name) in enumerate(references):
        if name in known[:n]:
            faults.add(source, path, f"reference {name!r} stands here twice: keep one")
    for line, href in document.links:
        name = href.removeprefix(REFERENCE)
        if href.startswith("#") and (name == href or name not in known):
            message = f"links to {href!r}, but there is no such reference{did_you_mean(name, known)}"
            faults.at(source.file, first_line + line - 1, message)


def _refuse_same_tasks(days: Sequence[Source], faults: FaultCollector) -> None:
    """What members tick is kept under a task's id: on another day, or twice on one, it would mean something else."""
    seen: dict[str, str] = {}
    for source in days:
        for path, name in texts(source, "tasks", "id"):
            if name in seen:
                faults.add(source, path, f"task {name!r} stands in {seen[name]} already: give it another id")
            seen.setdefault(name, source.file)


def _forms(document: Document, text: str) -> Mapping[str, Any]:
    """A text in every form that is served."""
    return {"blocks": document.blocks, "html": document.html, "markdown": text, "text": document.text}
