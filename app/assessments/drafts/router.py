"""A member's answers so far."""

from http import HTTPStatus

from app.accounts.consents import ConsentRequired
from app.accounts.credentials.access_tokens import BadToken
from app.accounts.dependencies import MemberSession
from app.assessments.dependencies import AssessmentSlug, Services
from app.assessments.drafts import service
from app.assessments.drafts.schemas import DraftRead
from app.assessments.drafts.service import DraftNewer, DraftNotFound
from app.assessments.requests import NewDraft
from app.assessments.service import AssessmentNotFound, BadAnswers, UnknownVersion
from app.core.timestamps import InFuture
from app.web.problems import refusals
from app.web.routes import api_router

router = api_router("/me/assessments/{slug}/draft", tag="Assessments", responses=refusals(BadToken))


@router.get("", summary="Your answers so far", responses=refusals(DraftNotFound))
def read_draft(slug: AssessmentSlug, session: MemberSession, services: Services) -> DraftRead:
    """What you answered up to now, on whichever device, and which question is next. It may be of an older version."""
    return service.read_draft(session, services, session.member.id, slug)


@router.put(
    "",
    summary="Save answers so far",
    responses=refusals(AssessmentNotFound, UnknownVersion, BadAnswers, InFuture, ConsentRequired, DraftNewer),
)
def keep_draft(slug: AssessmentSlug, body: NewDraft, session: MemberSession, services: Services) -> DraftRead:
    """Save all answers up to now. The later save stays, whichever arrives first: an older one gets a 409 with the
    member `draft`, which is what is stored.
    """
    return service.keep_draft(session, services, session.member.id, slug, body, now=session.now)


@router.delete(
    "",
    summary="Discard answers so far",
    status_code=HTTPStatus.NO_CONTENT,
    responses=refusals(AssessmentNotFound),
)
def delete_draft(slug: AssessmentSlug, session: MemberSession) -> None:
    """Discard what you answered up to now; also if there is nothing."""
    service.delete_draft(session, session.member.id, slug)
