"""Public endpoints for reading and scoring questionnaires."""

from app.assessments import service
from app.assessments.dependencies import AssessmentSlug, Services, VersionQuery
from app.assessments.requests import ScoreRequest
from app.assessments.results.schemas import ScoreRead
from app.assessments.schemas import AssessmentPage, AssessmentRead
from app.assessments.service import AssessmentNotFound, InvalidAnswers, TooFewAnswers, UnknownVersion, VersionNotFound
from app.web.dependencies import ContentSession, NextPageLink, PageQuery, PublicResponse
from app.web.problems import responses
from app.web.routes import api_router

router = api_router("/assessments", tag="Assessments")


@router.get("", summary="List assessments", dependencies=[PublicResponse])
def list_assessments(session: ContentSession, page: PageQuery, link: NextPageLink) -> AssessmentPage:
    """List the published questionnaires."""
    return link(service.list_assessments(session, page))


@router.get(
    "/{slug}",
    summary="Get an assessment",
    dependencies=[PublicResponse],
    responses=responses(AssessmentNotFound, VersionNotFound),
)
def read_assessment(
    session: ContentSession, services: Services, slug: AssessmentSlug, version: VersionQuery = None
) -> AssessmentRead:
    """Return a questionnaire with its questions, scoring rules, sources and limitations. A version never changes, and
    answers are scored by the rules of the version that was answered.
    """
    return service.read_assessment(session, services.questionnaires, slug, version=version)


@router.post(
    "/{slug}/score",
    summary="Score answers",
    responses=responses(AssessmentNotFound, UnknownVersion, InvalidAnswers, TooFewAnswers),
)
def score_answers(session: ContentSession, services: Services, slug: AssessmentSlug, body: ScoreRequest) -> ScoreRead:
    """Score answers without storing them. Return each score with its precision, and a `claim_token`. A visitor who
    signs in or registers within seven days can store the result with this token.
    """
    return service.score_answers(session, services, slug, body.answers, version=body.version, now=session.now)
