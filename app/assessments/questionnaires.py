"""Questionnaire versions, parsed from the database and cached in memory."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, bindparam, select
from sqlmodel import col

from app.assessments.models import Assessment, AssessmentVersion
from app.assessments.rules.definition import Definition, parse_definition
from app.core.db.session import Session

MAX_CACHED_VERSIONS = 200

VersionKey = tuple[str, int, str]


@dataclass(frozen=True, slots=True)
class Questionnaire:
    """One version of a questionnaire, as the stored JSON (`content`) and as the parsed `definition`."""

    slug: str
    version: int
    digest: str
    published_at: datetime
    content: dict[str, Any]
    definition: Definition


VERSION_KEYS: Select[*tuple[Any, ...]] = select(
    col(AssessmentVersion.slug), col(AssessmentVersion.version), col(AssessmentVersion.digest)
)
IS_CURRENT = (col(Assessment.slug) == col(AssessmentVersion.slug)) & (
    col(Assessment.version) == col(AssessmentVersion.version)
)
IS_LISTED = col(Assessment.is_listed).is_(True)
BY_SLUG_AND_VERSION = (
    col(AssessmentVersion.slug) == bindparam("slug"),
    col(AssessmentVersion.version) == bindparam("version"),
)
CURRENT_KEY = VERSION_KEYS.join(Assessment, IS_CURRENT).where(IS_LISTED, col(Assessment.slug) == bindparam("slug"))
KEY_BY_VERSION = VERSION_KEYS.where(*BY_SLUG_AND_VERSION)
CONTENT_BY_VERSION: Select[*tuple[Any, ...]] = select(
    col(AssessmentVersion.published_at), col(AssessmentVersion.definition)
).where(*BY_SLUG_AND_VERSION)


class QuestionnaireCache:
    """A size-limited, in-memory cache of questionnaire versions. Missing versions are read from the database."""

    def __init__(self) -> None:
        self._cache: dict[VersionKey, Questionnaire] = {}

    def current(self, session: Session, slug: str) -> Questionnaire | None:
        """Return the current version of a published questionnaire, or None if there is none."""
        return self._find(session, CURRENT_KEY, slug=slug)

    def version(self, session: Session, slug: str, version: int) -> Questionnaire | None:
        """Return a version of a questionnaire, published or not, or None if it doesn't exist."""
        return self._find(session, KEY_BY_VERSION, slug=slug, version=version)

    def read(self, session: Session, slug: str, version: int, digest: str) -> Questionnaire:
        """Return an existing version of a questionnaire, from the cache or the database."""
        key = slug, version, digest
        questionnaire = self._cache.get(key)
        if questionnaire is None:
            published_at, content = session.execute(CONTENT_BY_VERSION, {"slug": slug, "version": version}).one()
            questionnaire = Questionnaire(slug, version, digest, published_at, content, parse_definition(content))
            self._cache[key] = questionnaire
            while len(self._cache) > MAX_CACHED_VERSIONS:
                self._cache.pop(next(iter(self._cache)), None)
        return questionnaire

    def _find(self, session: Session, statement: Select[*tuple[Any, ...]], **values: object) -> Questionnaire | None:
        row = session.execute(statement, values).first()
        return self.read(session, *row) if row else None
