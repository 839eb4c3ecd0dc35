"""A member's results."""

from http import HTTPStatus
from typing import Annotated, Any

from fastapi import Body, Response

from app.accounts.consents import ConsentRequired
from app.accounts.credentials.access_tokens import BadToken
from app.accounts.dependencies import MemberSession
from app.assessments.claims import ClaimExpired, ClaimNotGood, ClaimUsed
from app.assessments.dependencies import OfAssessment, ResultId, Services, Since
from app.assessments.requests import EXAMPLE, NewResult
from app.assessments.results import chart_service, save_result, stored_results
from app.assessments.results.save_result import NotAResult, TooManyResults, UnknownAssessment
from app.assessments.results.schemas import ChangeRead, ResultPage, ResultRead
from app.assessments.results.stored_results import NotComparable, ResultNotFound
from app.assessments.rules.svg_chart import style_hash
from app.assessments.schemas import SLUG
from app.assessments.service import BadAnswers, TooFewAnswers, UnknownVersion
from app.core.idempotency import Deleted, IdReused
from app.web.dependencies import Linked, PageQuery
from app.web.middleware import SECURITY
from app.web.openapi.examples import text_example
from app.web.problems import refusals
from app.web.routes import api_router

router = api_router("/me/results", tag="Assessments", responses=refusals(BadToken))

CREATED: dict[int | str, dict[str, Any]] = {201: {"model": ResultRead, "description": "Stored."}}

ANSWERED = {"assessment": SLUG, "version": 1, "answers": EXAMPLE}
ResultBody = Annotated[
    NewResult, Body(openapi_examples={"answers": {"value": ANSWERED}})
]  # all its fields don't go together


class SvgImage(Response):
    media_type = "image/svg+xml"


SVG_POLICY = f"{SECURITY['content-security-policy']}; style-src '{style_hash()}'"
SVG = text_example(
    SvgImage.media_type, '<svg xmlns="http://www.w3.org/2000/svg" role="img"><title>A result</title></svg>'
)


@router.put(
    "/{result_id}",
    summary="Keep a result",
    responses=CREATED
    | refusals(
        NotAResult,
        ConsentRequired,
        IdReused,
        Deleted,
        TooManyResults,
        UnknownAssessment,
        UnknownVersion,
        BadAnswers,
        TooFewAnswers,
        ClaimNotGood,
        ClaimExpired,
        ClaimUsed,
    ),
)
def keep_result(
    result_id: ResultId, body: ResultBody, session: MemberSession, services: Services, response: Response
) -> ResultRead:
    """Score answers and keep them, or keep what was scored anonymously, by its `claim_token`. The id is yours to
    choose; when a reply is lost, send the same again. A draft of this assessment is done with, and goes.
    """
    is_new, result = save_result.keep_result(session, services, session.member.id, result_id, body, now=session.now)
    response.status_code = HTTPStatus.CREATED if is_new else HTTPStatus.OK
    return result


@router.get("", summary="Your results")
def list_results(
    session: MemberSession, services: Services, page: PageQuery, link: Linked, assessment: OfAssessment = None
) -> ResultPage:
    """What you kept, the newest first."""
    return link(stored_results.list_results(session, services, session.member.id, page, assessment=assessment))


@router.get("/{result_id}", summary="One of your results", responses=refusals(ResultNotFound))
def read_result(result_id: ResultId, session: MemberSession, services: Services) -> ResultRead:
    """A result with all that it says, its answers, and what changed since the one before it."""
    return stored_results.read_result(session, services, session.member.id, result_id, now=session.now)


@router.delete(
    "/{result_id}", summary="Delete a result", status_code=HTTPStatus.NO_CONTENT, responses=refusals(ResultNotFound)
)
def delete_result(result_id: ResultId, session: MemberSession) -> None:
    """Delete a result for good. Its id can't be used again."""
    save_result.delete_result(session, session.member.id, result_id)


@router.get("/{result_id}/change", summary="What changed", responses=refusals(ResultNotFound, NotComparable))
def compare_results(result_id: ResultId, since: Since, session: MemberSession, services: Services) -> ChangeRead:
    """The difference to another result of the same assessment, scale by scale, with a verdict where one is possible.
    Show the words beside the figures: most differences within weeks are noise.
    """
    return stored_results.compare_results(session, services, session.member.id, result_id, since=since)


@router.get(
    "/{result_id}/chart.svg",
    summary="The picture of a result",
    response_class=SvgImage,
    responses=SVG | refusals(ResultNotFound),
)
def read_chart(result_id: ResultId, session: MemberSession, services: Services, response: Response) -> str:
    """Two scales as a point on a plane, with its 95 % interval where that is known; of other assessments a bar for each
    scale. It follows the light or dark theme, and says in words what it shows.
    """
    response.headers["Content-Security-Policy"] = SVG_POLICY
    return chart_service.chart_of(session, services, session.member.id, result_id)
