"""Questionnaires as services use them: read once for each version, which never changes."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, bindparam, select
from sqlmodel import col

from app.assessments.models import Assessment, AssessmentVersion
from app.assessments.rules.definition import Definition, definition_of
from app.core.db.session import Session

AT_MOST = 200  # versions in memory

Key = tuple[str, int, str]


@dataclass(frozen=True, slots=True)
class Questionnaire:
    """One version: what its file said (`stored`), and how it is scored."""

    slug: str
    version: int
    digest: str
    published_at: datetime
    stored: dict[str, Any]
    definition: Definition


KEYS: Select[*tuple[Any, ...]] = select(
    col(AssessmentVersion.slug), col(AssessmentVersion.version), col(AssessmentVersion.digest)
)
IS_CURRENT = (col(Assessment.slug) == col(AssessmentVersion.slug)) & (
    col(Assessment.version) == col(AssessmentVersion.version)
)
IS_LISTED = col(Assessment.is_listed).is_(True)
IT = col(AssessmentVersion.slug) == bindparam("slug"), col(AssessmentVersion.version) == bindparam("version")
CURRENT = KEYS.join(Assessment, IS_CURRENT).where(IS_LISTED, col(Assessment.slug) == bindparam("slug"))
VERSION = KEYS.where(*IT)
CONTENT: Select[*tuple[Any, ...]] = select(
    col(AssessmentVersion.published_at), col(AssessmentVersion.definition)
).where(*IT)


class Questionnaires:
    """Those that were read last. `reading` is where a version is read that isn't among them."""

    def __init__(self) -> None:
        self._known: dict[Key, Questionnaire] = {}

    def current(self, reading: Session, slug: str) -> Questionnaire | None:
        """The version that is asked now; None if there is none, or no longer."""
        return self._found(reading, CURRENT, slug=slug)

    def version(self, reading: Session, slug: str, version: int) -> Questionnaire | None:
        """Any version that there ever was."""
        return self._found(reading, VERSION, slug=slug, version=version)

    def read(self, reading: Session, slug: str, version: int, digest: str) -> Questionnaire:
        """A version that is known to be there."""
        key = slug, version, digest
        found = self._known.get(key)
        if found is None:
            published_at, stored = reading.execute(CONTENT, {"slug": slug, "version": version}).one()
            found = Questionnaire(slug, version, digest, published_at, stored, definition_of(stored))
            self._known[key] = found
            while len(self._known) > AT_MOST:
                self._known.pop(next(iter(self._known)), None)
        return found

    def _found(self, reading: Session, statement: Select[*tuple[Any, ...]], **values: object) -> Questionnaire | None:
        row = reading.execute(statement, values).first()
        return self.read(reading, *row) if row else None
