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
from app.privacy.erasure_log import ErasuresUnwritable
from app.privacy.schemas import Confirmation, Export
from app.web.dependencies import SeparateTransactions
from app.web.problems import refusals
from app.web.rate_limits import Busy
from app.web.routes import api_router

router = api_router("/me", tag="Privacy", responses=refusals(BadToken))


@router.get("/export", summary="Take your data along", responses=refusals(AddressUnverified))
def export_me(
    member: CurrentMember,
    transactions: SeparateTransactions,
    accounts: Accounts,
    assessments: Assessments,
    response: Response,
) -> Export:
    """Everything that is kept about you, in one document. Your address has to be confirmed, so that nobody exports the
    account of somebody else's address.
    """
    response.headers["Content-Disposition"] = 'attachment; filename="export.json"'
    return export.export(transactions, accounts, assessments, member)


@router.delete(
    "",
    summary="Erase your account",
    status_code=HTTPStatus.NO_CONTENT,
    dependencies=MEMBER_PASSWORD_WORK,
    responses=refusals(WrongPassword, TooManyAttempts, Busy, ErasuresUnwritable),
)
def erase_me(
    given: Confirmation,
    member: CurrentMember,
    transactions: SeparateTransactions,
    services: Services,
    accounts: Accounts,
    caller: CallerInfo,
) -> None:
    """Erase your account and everything kept about you, now and for good. Nobody can bring it back."""
    erasure.erase_me(transactions, accounts, services.erasures, caller, member, given.password)


@router.delete(
    "/health-data",
    summary="Erase your health data",
    status_code=HTTPStatus.NO_CONTENT,
    dependencies=MEMBER_PASSWORD_WORK,
    responses=refusals(WrongPassword, TooManyAttempts, Busy),
)
def erase_my_health_data(
    given: Confirmation,
    member: CurrentMember,
    transactions: SeparateTransactions,
    accounts: Accounts,
    caller: CallerInfo,
) -> None:
    """Erase what you told us about your feelings: results, drafts, moods, tasks and reflections, now and for good. Your
    account, and which days you completed, stay.
    """
    erasure.erase_my_health_data(transactions, accounts, caller, member, given.password)
