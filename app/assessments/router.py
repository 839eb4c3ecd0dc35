"""Questionnaires for everyone."""

from typing import Any

from fastapi import APIRouter

from app.assessments import service
from app.assessments.dependencies import AssessmentSlug, AssessmentTools, OfVersion
from app.assessments.requests import AnswersGiven
from app.assessments.results.schemas import ScoreRead
from app.assessments.schemas import AssessmentPage, AssessmentRead
from app.assessments.service import AssessmentNotFound, BadAnswers, TooFewAnswers, UnknownVersion, VersionNotFound
from app.web.dependencies import ContentSession, ForEveryone, Linked, Now, PageQuery
from app.web.json_response import answer
from app.web.problems import refusals

router = APIRouter(prefix="/assessments", tags=["Assessments"])


@router.get("", summary="Assessments", response_model=AssessmentPage, dependencies=[ForEveryone])
def list_assessments(session: ContentSession, page: PageQuery, link: Linked) -> Any:
    """The questionnaires that can be taken."""
    return link(service.list_assessments(session, page))


@router.get(
    "/{slug}",
    summary="An assessment",
    response_model=AssessmentRead,
    dependencies=[ForEveryone],
    responses=refusals(AssessmentNotFound, VersionNotFound),
)
def read_assessment(
    session: ContentSession, tools: AssessmentTools, slug: AssessmentSlug, version: OfVersion = None
) -> Any:
    """A questionnaire with its questions, how it is scored, where that comes from, and what it can't tell. A version
    never changes: what was answered is scored as it was asked.
    """
    return service.read_assessment(session, tools.questionnaires, slug, version=version)


@router.post(
    "/{slug}/score",
    summary="Score answers",
    response_model=ScoreRead,
    responses=refusals(AssessmentNotFound, UnknownVersion, BadAnswers, TooFewAnswers),
)
def score_answers(
    session: ContentSession, tools: AssessmentTools, slug: AssessmentSlug, given: AnswersGiven, now: Now
) -> Any:
    """What the answers add up to, and how sure that is. Nothing is stored. With the `claim_token` a member can keep the
    result within seven days, also one who signs up only then.
    """
    score = service.score_answers(session, tools, slug, given.answers, version=given.version, now=now)
    return answer(ScoreRead, score)
