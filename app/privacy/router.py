"""Endpoints to export and erase the data of a member."""

from http import HTTPStatus

from fastapi import Response

from app.accounts.credentials.access_tokens import BadToken
from app.accounts.credentials.login_throttle import TooManyAttempts
from app.accounts.credentials.password_check import WrongPassword
from app.accounts.credentials.reauthentication import ReauthenticationRequired
from app.accounts.dependencies import MEMBER_PASSWORD_WORK, CallerInfo, CurrentMember
from app.accounts.dependencies import Services as Accounts
from app.assessments.dependencies import Services as Assessments
from app.privacy import erasure, export
from app.privacy.dependencies import Services
from app.privacy.erasure_log import ErasureLogUnwritable
from app.privacy.schemas import Export, PasswordConfirmation
from app.web.dependencies import SeparateTransactions
from app.web.problems import responses
from app.web.rate_limits import Busy
from app.web.routes import api_router

router = api_router("/me", tag="Privacy", responses=responses(BadToken))
NO_CONTENT, NO_PASSWORD = HTTPStatus.NO_CONTENT, PasswordConfirmation()
STEP_UP_ERRORS = (WrongPassword, ReauthenticationRequired, TooManyAttempts, Busy)
ERASURE_RESPONSES = responses(*STEP_UP_ERRORS, ErasureLogUnwritable)


@router.get("/export", summary="Export your data", responses=responses(ReauthenticationRequired))
def export_me(
    member: CurrentMember,
    transactions: SeparateTransactions,
    accounts: Accounts,
    assessments: Assessments,
    response: Response,
) -> Export:
    """Return all data that is stored about you as one JSON document. You must have signed in, or confirmed that it is
    you (`/v1/auth/reauthenticate`), within the last five minutes; otherwise the response is 403
    `reauthentication_required`.
    """
    response.headers["Content-Disposition"] = 'attachment; filename="export.json"'
    return export.export_data(transactions, accounts, assessments, member)


@router.post(
    "/erase",
    name="erase_my_account",
    summary="Erase your account with POST",
    status_code=NO_CONTENT,
    dependencies=MEMBER_PASSWORD_WORK,
    responses=ERASURE_RESPONSES,
)
@router.delete(
    "",
    summary="Erase your account",
    status_code=NO_CONTENT,
    dependencies=MEMBER_PASSWORD_WORK,
    responses=ERASURE_RESPONSES,
)
def erase_me(
    member: CurrentMember,
    transactions: SeparateTransactions,
    services: Services,
    accounts: Accounts,
    caller: CallerInfo,
    body: PasswordConfirmation = NO_PASSWORD,
) -> None:
    """Permanently erase your account and all data that is stored about you. All sessions end immediately. This cannot
    be undone. `DELETE /v1/me` and `POST /v1/me/erase` are equivalent; some clients cannot send a body with DELETE.
    """
    erasure.erase_own_account(transactions, accounts, services.erasure_log, caller, member, body.password)


@router.delete(
    "/health-data",
    summary="Erase your health data",
    status_code=NO_CONTENT,
    dependencies=MEMBER_PASSWORD_WORK,
    responses=responses(*STEP_UP_ERRORS),
)
def erase_my_health_data(
    member: CurrentMember,
    transactions: SeparateTransactions,
    accounts: Accounts,
    caller: CallerInfo,
    body: PasswordConfirmation = NO_PASSWORD,
) -> None:
    """Permanently erase your health data: assessment results and drafts, and the moods, tasks and reflections of your
    journey. The account and the completed days of the journey remain. Repeating the request is safe.
    """
    erasure.erase_own_health_data(transactions, accounts, caller, member, body.password)
