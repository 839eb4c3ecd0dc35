from http import HTTPStatus

from fastapi import Response

from app.accounts.credentials.access_tokens import BadToken
from app.accounts.credentials.login_throttle import TooManyAttempts
from app.accounts.credentials.password_check import WrongPassword
from app.accounts.dependencies import MEMBER_PASSWORD_WORK, CallerInfo, CurrentMember
from app.accounts.dependencies import Services as Accounts
from app.accounts.email_change import AddressUnverified
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


@router.get("/export", summary="Export your data", responses=responses(AddressUnverified))
def export_me(
    member: CurrentMember,
    transactions: SeparateTransactions,
    accounts: Accounts,
    assessments: Assessments,
    response: Response,
) -> Export:
    """Return all data that is stored about you as one JSON document. Your email address must be confirmed; otherwise
    the response is 403 `address_unverified`. This protects people whose address was used by someone else to sign up.
    """
    response.headers["Content-Disposition"] = 'attachment; filename="export.json"'
    return export.export_data(transactions, accounts, assessments, member)


@router.delete(
    "",
    summary="Erase your account",
    status_code=HTTPStatus.NO_CONTENT,
    dependencies=MEMBER_PASSWORD_WORK,
    responses=responses(WrongPassword, TooManyAttempts, Busy, ErasureLogUnwritable),
)
def erase_me(
    body: PasswordConfirmation,
    member: CurrentMember,
    transactions: SeparateTransactions,
    services: Services,
    accounts: Accounts,
    caller: CallerInfo,
) -> None:
    """Permanently erase your account and all data that is stored about you. All sessions end immediately. This cannot
    be undone.
    """
    erasure.erase_own_account(transactions, accounts, services.erasure_log, caller, member, body.password)


@router.delete(
    "/health-data",
    summary="Erase your health data",
    status_code=HTTPStatus.NO_CONTENT,
    dependencies=MEMBER_PASSWORD_WORK,
    responses=responses(WrongPassword, TooManyAttempts, Busy),
)
def erase_my_health_data(
    body: PasswordConfirmation,
    member: CurrentMember,
    transactions: SeparateTransactions,
    accounts: Accounts,
    caller: CallerInfo,
) -> None:
    """Permanently erase your health data: assessment results and drafts, and the moods, tasks and reflections of your
    journey. The account and the completed days of the journey remain. Repeating the request is safe.
    """
    erasure.erase_own_health_data(transactions, accounts, caller, member, body.password)
