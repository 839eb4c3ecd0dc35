"""Questionnaires for everyone: lists, one with its questions, and scores of which nothing is kept."""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from functools import cache
from itertools import islice
from typing import Any

from sqlalchemy import bindparam, func, select
from sqlmodel import col

from app.assessments.models import Assessment, AssessmentVersion
from app.assessments.questionnaires import IS_CURRENT, IS_LISTED, Questionnaire, Questionnaires
from app.assessments.results.schemas import ScoreRead
from app.assessments.rules import scoring
from app.assessments.rules.definition import options_of, response_scale_of
from app.assessments.schemas import AssessmentPage, AssessmentRead, AssessmentSummary
from app.assessments.serializers import SUPPORT, result_of
from app.assessments.services import AssessmentServices
from app.core.db.pagination import Order, PageRequest, Statement, page_of
from app.core.db.session import Session
from app.core.errors import BadInput, FieldError, NotFound
from app.core.text_fields import shown_name

MOST_FAULTS = 50  # that one reply names
BY_SLUG = Order("slug", (col(Assessment.slug),))


class AssessmentNotFound(NotFound):
    code = "assessment_not_found"
    says = "No assessment has this slug."

    def __init__(self) -> None:
        super().__init__(FieldError("path", "/slug", self.says))


class VersionNotFound(NotFound):
    code = "version_not_found"
    says = "This assessment has no such version."

    def __init__(self) -> None:
        super().__init__(FieldError("query", "/version", self.says))


class UnknownVersion(BadInput):
    code = "unknown_version"
    says = VersionNotFound.says

    def __init__(self) -> None:
        super().__init__(FieldError("body", "/version", self.says))


class BadAnswers(BadInput):
    says = "Some of the answers can't be used."


class TooFewAnswers(BadInput):
    code = "too_few_answers"
    says = "There are too few answers for a score. Please answer a few more questions."

    def __init__(self) -> None:
        super().__init__(FieldError("body", "/answers", "Each scale says how many answers it needs."))


@cache
def _listed_assessments() -> Statement:
    columns = col(Assessment.slug), col(Assessment.version), col(AssessmentVersion.definition)
    return select(*columns).join(AssessmentVersion, IS_CURRENT).where(IS_LISTED)


@cache
def _how_many() -> Statement:
    return select(func.count()).select_from(Assessment).where(IS_LISTED)


@cache
def _current_version() -> Statement:
    return select(col(Assessment.version), col(Assessment.is_listed)).where(col(Assessment.slug) == bindparam("slug"))


def list_assessments(session: Session, page: PageRequest) -> AssessmentPage:
    total = session.scalar(_how_many()) or 0
    found = page_of(session, _listed_assessments(), page, BY_SLUG, total=total)
    items = [_summary(row.slug, row.version, row.definition) for row in found.items]
    return AssessmentPage(items, found.total, found.next)


def read_assessment(
    session: Session, questionnaires: Questionnaires, slug: str, *, version: int | None
) -> AssessmentRead:
    """A version that was asked once can be read for ever. Raises AssessmentNotFound and VersionNotFound."""
    if version is None:
        current = listed(session, questionnaires, slug)
        return _shown(current, current_version=current.version)
    assessment = session.execute(_current_version(), {"slug": slug}).first()
    if assessment is None:
        raise AssessmentNotFound
    wanted = questionnaires.version(session, slug, version)
    if wanted is None:
        raise VersionNotFound
    return _shown(wanted, current_version=assessment.version if assessment.is_listed else None)


def score_answers(
    session: Session,
    services: AssessmentServices,
    slug: str,
    answers: Mapping[str, int],
    *,
    version: int | None,
    now: datetime,
) -> ScoreRead:
    """Score without an account; the result can be claimed later.

    Raises AssessmentNotFound, UnknownVersion, BadAnswers and TooFewAnswers.
    """
    questionnaire = listed(session, services.questionnaires, slug)
    if version is not None:
        questionnaire = known_version(session, services.questionnaires, slug, version)
    outcome = scored(questionnaire, answers)
    token, expires_at = services.claims.token(questionnaire, answers, now=now)
    shown = result_of(session, questionnaire, outcome, answers, now=now)
    return ScoreRead(**vars(shown), claim_token=token, claim_expires_at=expires_at)


def listed(reading: Session, questionnaires: Questionnaires, slug: str) -> Questionnaire:
    """Raises AssessmentNotFound."""
    questionnaire = questionnaires.current(reading, slug)
    if questionnaire is None:
        raise AssessmentNotFound
    return questionnaire


def known_version(reading: Session, questionnaires: Questionnaires, slug: str, version: int) -> Questionnaire:
    """Raises UnknownVersion."""
    questionnaire = questionnaires.version(reading, slug, version)
    if questionnaire is None:
        raise UnknownVersion
    return questionnaire


def check_answers(questionnaire: Questionnaire, answers: Mapping[str, int]) -> None:
    """Raises BadAnswers."""
    faults = list(islice(scoring.faults(questionnaire.definition, answers), MOST_FAULTS))
    if faults:
        places = ((f"/answers/{shown_name(question)}", reason) for question, reason in faults)
        raise BadAnswers(*(FieldError("body", place, reason) for place, reason in places))


def scored(questionnaire: Questionnaire, answers: Mapping[str, int]) -> dict[str, Any]:
    """An outcome as it is stored. Raises BadAnswers and TooFewAnswers."""
    check_answers(questionnaire, answers)
    outcome = scoring.score(questionnaire.definition, answers)
    if outcome.is_nothing:
        raise TooFewAnswers
    return asdict(outcome)


def _summary(slug: str, version: int, stored: Mapping[str, Any]) -> AssessmentSummary:
    return AssessmentSummary(
        slug=slug,
        version=version,
        title=stored["title"],
        summary=stored["summary"],
        minutes=stored["minutes"],
        question_count=len(stored["questions"]),
    )


def _shown(questionnaire: Questionnaire, *, current_version: int | None) -> AssessmentRead:
    stored, definition = questionnaire.stored, questionnaire.definition
    scales = [
        {**scale, "min": scored.minimum, "max": scored.maximum}
        for scale, scored in zip(stored["scales"], definition.scales, strict=True)
    ]
    return AssessmentRead.model_validate(
        {
            **stored,
            "slug": questionnaire.slug,
            "version": questionnaire.version,
            "current_version": current_version,
            "digest": questionnaire.digest,
            "published_at": questionnaire.published_at,
            "response_scale": stored["response_scales"][0],
            "questions": [_question(question, stored) for question in stored["questions"]],
            "scales": scales,
            "support": SUPPORT,
        }
    )


def _question(question: Mapping[str, Any], stored: Mapping[str, Any]) -> dict[str, Any]:
    """The options are said where they aren't those of the first response scale."""
    own = "options" in question or response_scale_of(question, stored) is not stored["response_scales"][0]
    options = [{"value": value, "label": label} for value, label in options_of(question, stored).items()]
    return {"scored": True, **question, "options": options if own else None}
