from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from app.accounts.dependencies import MEMBER_PASSWORD_WORK, AccountTools, Asking, CallerInfo
from app.accounts.guesses import TooManyAttempts
from app.accounts.moving import AddressUnverified
from app.accounts.proofs import WrongPassword
from app.accounts.tokens import BadToken
from app.assessments.dependencies import AssessmentTools
from app.privacy import erasing, exporting
from app.privacy.erasures import Erasures, ErasuresUnwritable
from app.privacy.schemas import Confirmation, Export
from app.web.dependencies import Db, Now
from app.web.limits import Busy
from app.web.problems import refusals

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
    return exporting.export(database, tools, assessments, access, now=now)


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
    erasing.erase_me(database, tools, erasures, caller, access, given.password, now=now)


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
    erasing.erase_my_health_data(database, tools, caller, access, given.password, now=now)
