"""List and read questionnaires, and score answers without storing them."""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from functools import cache
from itertools import islice
from typing import Any

from sqlalchemy import bindparam, func, select
from sqlmodel import col

from app.assessments.models import Assessment, AssessmentVersion
from app.assessments.questionnaires import IS_CURRENT, IS_LISTED, Questionnaire, QuestionnaireCache
from app.assessments.results.schemas import ScoreRead
from app.assessments.rules import scoring
from app.assessments.rules.definition import answer_labels, find_response_scale
from app.assessments.schemas import AssessmentPage, AssessmentRead, AssessmentSummary
from app.assessments.serializers import SUPPORT, interpret_scores
from app.assessments.services import AssessmentServices
from app.core.db.pagination import Order, PageRequest, Statement, fetch_page
from app.core.db.session import Session
from app.core.errors import FieldError, InvalidInput, NotFound
from app.core.text_fields import safe_name

MAX_REPORTED_ERRORS = 50
BY_SLUG = Order("slug", (col(Assessment.slug),))


class AssessmentNotFound(NotFound):
    code = "assessment_not_found"
    message = "No assessment has this slug."

    def __init__(self) -> None:
        super().__init__(FieldError("path", "/slug", self.message))


class VersionNotFound(NotFound):
    code = "version_not_found"
    message = "This assessment has no such version."

    def __init__(self) -> None:
        super().__init__(FieldError("query", "/version", self.message))


class UnknownVersion(InvalidInput):
    code = "unknown_version"
    message = VersionNotFound.message

    def __init__(self) -> None:
        super().__init__(FieldError("body", "/version", self.message))


class InvalidAnswers(InvalidInput):
    message = "Some of the answers can't be used."


class TooFewAnswers(InvalidInput):
    code = "too_few_answers"
    message = "There are too few answers for a score. Please answer a few more questions."

    def __init__(self) -> None:
        super().__init__(FieldError("body", "/answers", "Send at least `min_answered` answers of one scale."))


@cache
def _listed_assessments() -> Statement:
    columns = col(Assessment.slug), col(Assessment.version), col(AssessmentVersion.definition)
    return select(*columns).join(AssessmentVersion, IS_CURRENT).where(IS_LISTED)


@cache
def _listed_assessment_count() -> Statement:
    return select(func.count()).select_from(Assessment).where(IS_LISTED)


@cache
def _current_version() -> Statement:
    return select(col(Assessment.version), col(Assessment.is_listed)).where(col(Assessment.slug) == bindparam("slug"))


def list_assessments(session: Session, page: PageRequest) -> AssessmentPage:
    total = session.scalar(_listed_assessment_count()) or 0
    page_rows = fetch_page(session, _listed_assessments(), page, BY_SLUG, total=total)
    items = [_summary(row.slug, row.version, row.definition) for row in page_rows.items]
    return AssessmentPage(items, page_rows.total, page_rows.next)


def read_assessment(
    session: Session, questionnaires: QuestionnaireCache, slug: str, *, version: int | None
) -> AssessmentRead:
    """Return the current version of a published questionnaire, or a given version of any questionnaire.

    Raise AssessmentNotFound or VersionNotFound.
    """
    if version is None:
        current = get_current_questionnaire(session, questionnaires, slug)
        return _assessment_read(current, current_version=current.version)
    assessment = session.execute(_current_version(), {"slug": slug}).first()
    if assessment is None:
        raise AssessmentNotFound
    questionnaire = questionnaires.version(session, slug, version)
    if questionnaire is None:
        raise VersionNotFound
    return _assessment_read(questionnaire, current_version=assessment.version if assessment.is_listed else None)


def score_answers(
    session: Session,
    services: AssessmentServices,
    slug: str,
    answers: Mapping[str, int],
    *,
    version: int | None,
    now: datetime,
) -> ScoreRead:
    """Score answers without storing them. Return the scores, and a token with which they can be stored later.

    Raise AssessmentNotFound, UnknownVersion, InvalidAnswers or TooFewAnswers.
    """
    questionnaire = get_current_questionnaire(session, services.questionnaires, slug)
    if version is not None:
        questionnaire = get_questionnaire_version(session, services.questionnaires, slug, version)
    outcome = compute_outcome(questionnaire, answers)
    token, expires_at = services.claim_tokens.create(questionnaire, answers, now=now)
    interpreted = interpret_scores(session, questionnaire, outcome, answers, now=now)
    return ScoreRead(**vars(interpreted), claim_token=token, claim_expires_at=expires_at)


def get_current_questionnaire(session: Session, questionnaires: QuestionnaireCache, slug: str) -> Questionnaire:
    """Return the current version of a published questionnaire. Raise AssessmentNotFound."""
    questionnaire = questionnaires.current(session, slug)
    if questionnaire is None:
        raise AssessmentNotFound
    return questionnaire


def get_questionnaire_version(
    session: Session, questionnaires: QuestionnaireCache, slug: str, version: int
) -> Questionnaire:
    """Return a version of a questionnaire. Raise UnknownVersion."""
    questionnaire = questionnaires.version(session, slug, version)
    if questionnaire is None:
        raise UnknownVersion
    return questionnaire


def check_answers(questionnaire: Questionnaire, answers: Mapping[str, int]) -> None:
    """Raise InvalidAnswers if a question is unknown or an answer isn't one of its possible answers."""
    errors = list(islice(scoring.find_answer_errors(questionnaire.definition, answers), MAX_REPORTED_ERRORS))
    if errors:
        field_errors = ((f"/answers/{safe_name(question)}", reason) for question, reason in errors)
        raise InvalidAnswers(*(FieldError("body", pointer, reason) for pointer, reason in field_errors))


def compute_outcome(questionnaire: Questionnaire, answers: Mapping[str, int]) -> dict[str, Any]:
    """Score answers and return the scores as JSON data. Raise InvalidAnswers or TooFewAnswers."""
    check_answers(questionnaire, answers)
    outcome = scoring.score(questionnaire.definition, answers)
    if outcome.is_empty:
        raise TooFewAnswers
    return asdict(outcome)


def _summary(slug: str, version: int, content: Mapping[str, Any]) -> AssessmentSummary:
    return AssessmentSummary(
        slug=slug,
        version=version,
        title=content["title"],
        summary=content["summary"],
        minutes=content["minutes"],
        question_count=len(content["questions"]),
    )


def _assessment_read(questionnaire: Questionnaire, *, current_version: int | None) -> AssessmentRead:
    content, definition = questionnaire.content, questionnaire.definition
    scales = [
        {**scale, "min": parsed_scale.minimum, "max": parsed_scale.maximum}
        for scale, parsed_scale in zip(content["scales"], definition.scales, strict=True)
    ]
    return AssessmentRead.model_validate(
        {
            **content,
            "slug": questionnaire.slug,
            "version": questionnaire.version,
            "current_version": current_version,
            "digest": questionnaire.digest,
            "published_at": questionnaire.published_at,
            "response_scale": content["response_scales"][0],
            "questions": [_question_read(question, content) for question in content["questions"]],
            "scales": scales,
            "support": SUPPORT,
        }
    )


def _question_read(question: Mapping[str, Any], content: Mapping[str, Any]) -> dict[str, Any]:
    """Build the response for a question.

    Its possible answers are included only if they differ from the questionnaire's default response scale.
    """
    has_own_options = (
        "options" in question or find_response_scale(question, content) is not content["response_scales"][0]
    )
    options = [{"value": value, "label": label} for value, label in answer_labels(question, content).items()]
    return {"scored": True, **question, "options": options if has_own_options else None}
