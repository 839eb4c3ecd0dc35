"""Questionnaires for everyone."""

from app.assessments import service
from app.assessments.dependencies import AssessmentSlug, OfVersion, Services
from app.assessments.requests import AnswersGiven
from app.assessments.results.schemas import ScoreRead
from app.assessments.schemas import AssessmentPage, AssessmentRead
from app.assessments.service import AssessmentNotFound, BadAnswers, TooFewAnswers, UnknownVersion, VersionNotFound
from app.web.dependencies import ContentSession, ForEveryone, Linked, PageQuery
from app.web.problems import refusals
from app.web.routes import api_router

router = api_router("/assessments", tag="Assessments")


@router.get("", summary="Assessments", dependencies=[ForEveryone])
def list_assessments(session: ContentSession, page: PageQuery, link: Linked) -> AssessmentPage:
    """The questionnaires that can be taken."""
    return link(service.list_assessments(session, page))


@router.get(
    "/{slug}",
    summary="An assessment",
    dependencies=[ForEveryone],
    responses=refusals(AssessmentNotFound, VersionNotFound),
)
def read_assessment(
    session: ContentSession, services: Services, slug: AssessmentSlug, version: OfVersion = None
) -> AssessmentRead:
    """A questionnaire with its questions, how it is scored, where that comes from, and what it can't tell. A version
    never changes: what was answered is scored as it was asked.
    """
    return service.read_assessment(session, services.questionnaires, slug, version=version)


@router.post(
    "/{slug}/score",
    summary="Score answers",
    responses=refusals(AssessmentNotFound, UnknownVersion, BadAnswers, TooFewAnswers),
)
def score_answers(session: ContentSession, services: Services, slug: AssessmentSlug, given: AnswersGiven) -> ScoreRead:
    """What the answers add up to, and how sure that is. Nothing is stored. With the `claim_token` a member can keep the
    result within seven days, also one who signs up only then.
    """
    return service.score_answers(session, services, slug, given.answers, version=given.version, now=session.now)
