"""Endpoints for reading, saving and deleting a member's unfinished questionnaire answers (drafts)."""

from http import HTTPStatus

from app.accounts.consents import ConsentRequired
from app.accounts.credentials.access_tokens import BadToken
from app.accounts.dependencies import MemberSession
from app.assessments.dependencies import AssessmentSlug, Services
from app.assessments.drafts import service
from app.assessments.drafts.schemas import DraftRead
from app.assessments.drafts.service import DraftNewer, DraftNotFound
from app.assessments.requests import NewDraft
from app.assessments.service import AssessmentNotFound, InvalidAnswers, UnknownVersion
from app.core.timestamps import InFuture
from app.web.problems import responses
from app.web.routes import api_router

router = api_router("/me/assessments/{slug}/draft", tag="Assessments", responses=responses(BadToken))


@router.get("", summary="Get draft answers", responses=responses(DraftNotFound))
def read_draft(slug: AssessmentSlug, session: MemberSession, services: Services) -> DraftRead:
    """Return your saved answers to an unfinished questionnaire, and the next question. The answers may belong to an
    older version of the questionnaire.
    """
    return service.read_draft(session, services, session.member.id, slug)


@router.put(
    "",
    summary="Save draft answers",
    responses=responses(AssessmentNotFound, UnknownVersion, InvalidAnswers, InFuture, ConsentRequired, DraftNewer),
)
def save_draft(slug: AssessmentSlug, body: NewDraft, session: MemberSession, services: Services) -> DraftRead:
    """Save all your answers to an unfinished questionnaire. If the stored draft has a later `answered_at`, it isn't
    replaced: the response is 409, with the stored draft as `draft`.
    """
    return service.save_draft(session, services, session.member.id, slug, body, now=session.now)


@router.delete(
    "",
    summary="Discard draft answers",
    status_code=HTTPStatus.NO_CONTENT,
    responses=responses(AssessmentNotFound),
)
def delete_draft(slug: AssessmentSlug, session: MemberSession) -> None:
    """Delete your saved answers to an unfinished questionnaire. Also succeeds if there are none."""
    service.delete_draft(session, session.member.id, slug)
