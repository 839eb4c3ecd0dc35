from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from app.accounts.credentials.access_tokens import BadToken
from app.accounts.credentials.login_throttle import TooManyAttempts
from app.accounts.credentials.password_check import WrongPassword
from app.accounts.dependencies import MEMBER_PASSWORD_WORK, AccountTools, Asking, CallerInfo
from app.accounts.email_change import AddressUnverified
from app.assessments.dependencies import AssessmentTools
from app.privacy import erasure, export
from app.privacy.erasure_log import Erasures, ErasuresUnwritable
from app.privacy.schemas import Confirmation, Export
from app.web.dependencies import Db, Now
from app.web.problems import refusals
from app.web.rate_limits import Busy

router = APIRouter(prefix="/me", tags=["Privacy"], responses=refusals(BadToken))


async def read_erasures(request: Request) -> Erasures:
    erasures: Erasures = request.app.state.erasures
    return erasures


ErasuresFile = Annotated[Erasures, Depends(read_erasures)]


@router.get("/export", summary="Take your data along", responses=refusals(AddressUnverified))
def export_me(
    access: Asking,
    database: Db,
    tools: AccountTools,
    assessments: AssessmentTools,
    response: Response,
    now: Now,
) -> Export:
    """Everything that is kept about you, in one document. Your address has to be confirmed, so that nobody exports the
    account of somebody else's address.
    """
    response.headers["Content-Disposition"] = 'attachment; filename="export.json"'
    return export.export(database, tools, assessments, access, now=now)


@router.delete(
    "",
    summary="Erase your account",
    status_code=HTTPStatus.NO_CONTENT,
    dependencies=MEMBER_PASSWORD_WORK,
    responses=refusals(WrongPassword, TooManyAttempts, Busy, ErasuresUnwritable),
)
def erase_me(
    given: Confirmation,
    access: Asking,
    database: Db,
    tools: AccountTools,
    erasures: ErasuresFile,
    caller: CallerInfo,
    now: Now,
) -> None:
    """Erase your account and everything kept about you, now and for good. Nobody can bring it back."""
    erasure.erase_me(database, tools, erasures, caller, access, given.password, now=now)


@router.delete(
    "/health-data",
    summary="Erase your health data",
    status_code=HTTPStatus.NO_CONTENT,
    dependencies=MEMBER_PASSWORD_WORK,
    responses=refusals(WrongPassword, TooManyAttempts, Busy),
)
def erase_my_health_data(
    given: Confirmation, access: Asking, database: Db, tools: AccountTools, caller: CallerInfo, now: Now
) -> None:
    """Erase what you told us about your feelings: results, drafts, moods, tasks and reflections, now and for good. Your
    account, and which days you completed, stay.
    """
    erasure.erase_my_health_data(database, tools, caller, access, given.password, now=now)
