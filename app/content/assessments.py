"""Questionnaires: reads their files, plans their versions, and writes them."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

from sqlalchemy import insert, select, update
from sqlmodel import Session, col

from app.assessments.files.checks import read_definition
from app.assessments.files.questionnaires import QuestionnaireFile
from app.assessments.models import Assessment, AssessmentVersion
from app.assessments.questionnaires import IS_CURRENT
from app.assessments.rules.definition import digest_of
from app.content.content import TOPIC, Content
from app.core.source_files.fields import is_slug
from app.core.source_files.messages import did_you_mean
from app.core.source_files.sources import FaultCollector, Source, read_yaml

ASSESSMENTS = "assessments"
KIND = "assessment"


class StoredAssessment(NamedTuple):
    """A questionnaire's current version."""

    slug: str
    version: int
    is_listed: bool
    digest: str
    definition: dict[str, Any]


def read_questionnaires(root: Path, files: Sequence[str], content: Content, faults: FaultCollector) -> None:
    """Add questionnaires to the content, or what is wrong with them to the faults."""
    articles = [path.stem for path in (root / "articles").glob("*.md")]
    for file in files:
        slug = Path(file).stem
        if not is_slug(slug):
            faults.at(file, 1, "the file's name must be a slug, such as connection-check-in.yaml")
        source = read_yaml(root, file, faults)
        if source is None:
            continue
        definition = read_definition(source, faults)
        if definition:
            _check_recommendations(source, definition, content, articles, faults)
            content.assessments[slug] = definition


def stored_assessments(session: Session) -> dict[str, StoredAssessment]:
    rows = session.execute(
        select(
            col(Assessment.slug),
            col(Assessment.version),
            col(Assessment.is_listed),
            col(AssessmentVersion.digest),
            col(AssessmentVersion.definition),
        ).join(AssessmentVersion, IS_CURRENT)
    )
    return {row.slug: StoredAssessment(*row) for row in rows}


def write_version(
    session: Session, slug: str, definition: dict[str, Any], before: StoredAssessment | None, *, now: datetime
) -> None:
    """Make a definition the one that is asked: as a new version, unless the current one says the same."""
    digest = digest_of(definition)
    if before is None:
        session.execute(insert(Assessment).values(slug=slug, version=1, is_listed=True))
    version = before.version + (digest != before.digest) if before else 1
    if before is None or version > before.version:
        row = AssessmentVersion(slug=slug, version=version, digest=digest, definition=definition, published_at=now)
        session.add(row)
        session.flush()
    session.execute(update(Assessment).filter_by(slug=slug).values(version=version, is_listed=True))


def unlist(session: Session, slug: str) -> None:
    session.execute(update(Assessment).filter_by(slug=slug).values(is_listed=False))


def differing(one: dict[str, Any], other: dict[str, Any]) -> Iterator[str]:
    """The names of the parts that differ."""
    return (name for name in QuestionnaireFile.model_fields if one.get(name) != other.get(name))


def _check_recommendations(
    source: Source, definition: dict[str, Any], content: Content, articles: list[str], faults: FaultCollector
) -> None:
    known = {"topics": list(content.lines.get(TOPIC.name, ())), "articles": articles}
    journey = definition.get("recommendations", {}).get("journey")
    journeys = content.lines.get("journey")
    if journey is not None and journeys is not None and journey not in journeys:
        message = f"there is no journey {journey!r}{did_you_mean(journey, list(journeys))}"
        faults.add(source, ("recommendations", "journey"), message)
    for name, slugs in known.items():
        for n, slug in enumerate(definition.get("recommendations", {}).get(name, ())):
            if slug not in slugs:
                message = f"there is no {name.removesuffix('s')} {slug!r}{did_you_mean(slug, slugs)}"
                faults.add(source, ("recommendations", name, n), message)
