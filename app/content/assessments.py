"""Reading of questionnaire files, and storage of questionnaire versions in the database."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

from sqlalchemy import insert, select, update
from sqlmodel import Session, col

from app.assessments.files.questionnaires import QuestionnaireFile
from app.assessments.files.scoring_checks import read_definition
from app.assessments.models import Assessment, AssessmentVersion
from app.assessments.questionnaires import IS_CURRENT
from app.assessments.rules.definition import definition_digest
from app.content.content import TOPIC, Content
from app.core.source_files.fields import is_slug
from app.core.source_files.messages import did_you_mean
from app.core.source_files.sources import ErrorCollector, Source, read_yaml

ASSESSMENTS = "assessments"
KIND = "assessment"


class StoredAssessment(NamedTuple):
    """The current version of a questionnaire in the database."""

    slug: str
    version: int
    is_listed: bool
    digest: str
    definition: dict[str, Any]


def read_questionnaires(root: Path, files: Sequence[str], content: Content, errors: ErrorCollector) -> None:
    """Read and check questionnaire files. Add questionnaires to `content` and problems to `errors`."""
    articles = [path.stem for path in (root / "articles").glob("*.md")]
    for file in files:
        slug = Path(file).stem
        if not is_slug(slug):
            errors.add_at(file, 1, "the file's name must be a slug, such as connection-check-in.yaml")
        source = read_yaml(root, file, errors)
        if source is None:
            continue
        definition = read_definition(source, errors)
        if definition:
            _check_recommendations(source, definition, content, articles, errors)
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
    session: Session, slug: str, definition: dict[str, Any], stored: StoredAssessment | None, *, now: datetime
) -> None:
    """Store a definition as the current version of a questionnaire, and list the questionnaire publicly.

    A new version is added only if the definition differs from the stored one.
    """
    digest = definition_digest(definition)
    if stored is None:
        session.execute(insert(Assessment).values(slug=slug, version=1, is_listed=True))
    version = stored.version + (digest != stored.digest) if stored else 1
    if stored is None or version > stored.version:
        row = AssessmentVersion(slug=slug, version=version, digest=digest, definition=definition, published_at=now)
        session.add(row)
        session.flush()
    session.execute(update(Assessment).filter_by(slug=slug).values(version=version, is_listed=True))


def unlist_assessment(session: Session, slug: str) -> None:
    session.execute(update(Assessment).filter_by(slug=slug).values(is_listed=False))


def changed_parts(one: dict[str, Any], other: dict[str, Any]) -> Iterator[str]:
    """Return the names of the parts in which two definitions of a questionnaire differ."""
    return (name for name in QuestionnaireFile.model_fields if one.get(name) != other.get(name))


def _check_recommendations(
    source: Source, definition: dict[str, Any], content: Content, articles: list[str], errors: ErrorCollector
) -> None:
    known = {"topics": list(content.entry_lines.get(TOPIC.name, ())), "articles": articles}
    journey = definition.get("recommendations", {}).get("journey")
    journeys = content.entry_lines.get("journey")
    if journey is not None and journeys is not None and journey not in journeys:
        message = f"there is no journey {journey!r}{did_you_mean(journey, list(journeys))}"
        errors.add(source, ("recommendations", "journey"), message)
    for name, slugs in known.items():
        for n, slug in enumerate(definition.get("recommendations", {}).get(name, ())):
            if slug not in slugs:
                message = f"there is no {name.removesuffix('s')} {slug!r}{did_you_mean(slug, slugs)}"
                errors.add(source, ("recommendations", name, n), message)
