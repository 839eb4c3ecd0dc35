"""Questionnaires for everyone: lists, one with its questions, and scores of which nothing is kept."""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from itertools import islice
from typing import Any

from sqlalchemy import Connection, func, select
from sqlmodel import Session, col

from app.assessments.models import Assessment, AssessmentVersion
from app.assessments.questionnaires import IS_CURRENT, IS_LISTED, Questionnaire, Questionnaires
from app.assessments.rules import scoring
from app.assessments.rules.definition import options_of, response_scale_of
from app.assessments.serializers import SUPPORT, result_of
from app.assessments.services import Tools
from app.core.db.pagination import Order, Page, PageRequest, page_of
from app.core.errors import BadInput, FieldError, NotFound
from app.core.text_fields import shown_name

MOST_TOLD = 50  # answers that can't be used
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


def list_assessments(session: Session, page: PageRequest) -> Page[dict[str, Any]]:
    statement = select(col(Assessment.slug), col(Assessment.version), col(AssessmentVersion.definition)).join(
        AssessmentVersion, IS_CURRENT
    )
    total = session.scalar(select(func.count()).select_from(Assessment).where(IS_LISTED)) or 0
    found = page_of(session, statement.where(IS_LISTED), page, BY_SLUG, total=total)
    return Page([_summary(row.slug, row.version, row.definition) for row in found.items], found.total, found.next)


def _summary(slug: str, version: int, stored: Mapping[str, Any]) -> dict[str, Any]:
    shown = {name: stored[name] for name in ("title", "summary", "minutes")}
    return {"slug": slug, "version": version, **shown, "question_count": len(stored["questions"])}


def read_assessment(
    session: Session, questionnaires: Questionnaires, slug: str, *, version: int | None
) -> dict[str, Any]:
    """A version that was asked once can be read for ever. Raises AssessmentNotFound and VersionNotFound."""
    if version is None:
        current = listed(session, questionnaires, slug)
        return {**_shown(current), "current_version": current.version}
    assessment = session.get(Assessment, slug)
    if assessment is None:
        raise AssessmentNotFound
    wanted = questionnaires.version(session, slug, version)
    if wanted is None:
        raise VersionNotFound
    return {**_shown(wanted), "current_version": assessment.version if assessment.is_listed else None}


def score_answers(
    session: Session,
    tools: Tools,
    slug: str,
    answers: Mapping[str, int],
    *,
    version: int | None,
    now: datetime,
) -> dict[str, Any]:
    """Score for somebody of whom nothing is kept; they may claim the result later.

    Raises AssessmentNotFound, UnknownVersion, BadAnswers and TooFewAnswers.
    """
    questionnaire = listed(session, tools.questionnaires, slug)
    if version is not None:
        questionnaire = known_version(session, tools.questionnaires, slug, version)
    outcome = scored(questionnaire, answers)
    token, expires_at = tools.claims.token(questionnaire, answers, now=now)
    shown = result_of(session, questionnaire, outcome, answers, now=now)
    return {**shown, "claim_token": token, "claim_expires_at": expires_at}


def listed(reading: Session | Connection, questionnaires: Questionnaires, slug: str) -> Questionnaire:
    """Raises AssessmentNotFound."""
    questionnaire = questionnaires.current(reading, slug)
    if questionnaire is None:
        raise AssessmentNotFound
    return questionnaire


def known_version(
    reading: Session | Connection, questionnaires: Questionnaires, slug: str, version: int
) -> Questionnaire:
    """Raises UnknownVersion."""
    questionnaire = questionnaires.version(reading, slug, version)
    if questionnaire is None:
        raise UnknownVersion
    return questionnaire


def check_answers(questionnaire: Questionnaire, answers: Mapping[str, int]) -> None:
    """Raises BadAnswers."""
    faults = list(islice(scoring.faults(questionnaire.definition, answers), MOST_TOLD))
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


def _shown(questionnaire: Questionnaire) -> dict[str, Any]:
    stored, definition = questionnaire.stored, questionnaire.definition
    default = stored["response_scales"][0]
    scales = [
        {**scale, "min": scored.minimum, "max": scored.maximum}
        for scale, scored in zip(stored["scales"], definition.scales, strict=True)
    ]
    return {
        **stored,
        "slug": questionnaire.slug,
        "version": questionnaire.version,
        "digest": questionnaire.digest,
        "published_at": questionnaire.published_at,
        "response_scale": default,
        "questions": [_question(question, stored) for question in stored["questions"]],
        "scales": scales,
        "support": SUPPORT,
    }


def _question(question: Mapping[str, Any], stored: Mapping[str, Any]) -> dict[str, Any]:
    """The options are said where they aren't those of the first response scale."""
    own = "options" in question or response_scale_of(question, stored) is not stored["response_scales"][0]
    options = [{"value": value, "label": label} for value, label in options_of(question, stored).items()]
    return {"scored": True, **question, "options": options if own else None}
