"""Endpoints for a member's questionnaire results."""

from http import HTTPStatus
from typing import Annotated, Any

from fastapi import Body, Response

from app.accounts.consents import ConsentRequired
from app.accounts.credentials.access_tokens import BadToken
from app.accounts.dependencies import MemberSession
from app.assessments.claim_tokens import ClaimExpired, ClaimUsed, InvalidClaimToken
from app.assessments.dependencies import AssessmentFilter, ResultId, Services, SinceResultId
from app.assessments.requests import ANSWERS_EXAMPLE, NewResult
from app.assessments.results import chart_service, save_result, stored_results
from app.assessments.results.save_result import InvalidResult, TooManyResults, UnknownAssessment
from app.assessments.results.schemas import ChangeRead, ResultPage, ResultRead
from app.assessments.results.stored_results import NotComparable, ResultNotFound
from app.assessments.rules.svg_chart import stylesheet_hash
from app.assessments.schemas import SLUG
from app.assessments.service import InvalidAnswers, TooFewAnswers, UnknownVersion
from app.core.idempotency import Deleted, IdReused
from app.web.dependencies import NextPageLink, PageQuery
from app.web.middleware import SECURITY_HEADERS
from app.web.openapi.examples import text_example_response
from app.web.problems import responses
from app.web.routes import api_router

router = api_router("/me/results", tag="Assessments", responses=responses(BadToken))

CREATED_RESPONSE: dict[int | str, dict[str, Any]] = {201: {"model": ResultRead, "description": "Stored."}}

RESULT_BODY_EXAMPLE = {"assessment": SLUG, "version": 1, "answers": ANSWERS_EXAMPLE}
ResultBody = Annotated[
    NewResult, Body(openapi_examples={"answers": {"value": RESULT_BODY_EXAMPLE}})
]  # The default example would combine mutually exclusive fields.


class SvgImage(Response):
    media_type = "image/svg+xml"


SVG_CONTENT_SECURITY_POLICY = f"{SECURITY_HEADERS['content-security-policy']}; style-src '{stylesheet_hash()}'"
SVG_RESPONSE = text_example_response(
    SvgImage.media_type, '<svg xmlns="http://www.w3.org/2000/svg" role="img"><title>A result</title></svg>'
)


@router.put(
    "/{result_id}",
    summary="Store a result",
    responses=CREATED_RESPONSE
    | responses(
        InvalidResult,
        ConsentRequired,
        IdReused,
        Deleted,
        TooManyResults,
        UnknownAssessment,
        UnknownVersion,
        InvalidAnswers,
        TooFewAnswers,
        InvalidClaimToken,
        ClaimExpired,
        ClaimUsed,
    ),
)
def create_result(
    result_id: ResultId, body: ResultBody, session: MemberSession, services: Services, response: Response
) -> ResultRead:
    """Score your answers and store the result, or store an anonymously computed score by sending its `claim_token`.
    Also deletes your draft of this assessment. You choose the id, so the same request can safely be repeated if its
    response is lost.
    """
    is_new, result = save_result.create_result(session, services, session.member.id, result_id, body, now=session.now)
    response.status_code = HTTPStatus.CREATED if is_new else HTTPStatus.OK
    return result


@router.get("", summary="List your results")
def list_results(
    session: MemberSession, services: Services, page: PageQuery, link: NextPageLink, assessment: AssessmentFilter = None
) -> ResultPage:
    """List your results, newest first."""
    return link(stored_results.list_results(session, services, session.member.id, page, assessment=assessment))


@router.get("/{result_id}", summary="Get a result", responses=responses(ResultNotFound))
def read_result(result_id: ResultId, session: MemberSession, services: Services) -> ResultRead:
    """Return one of your results, with your answers, an interpretation, and the change since your previous result of
    the same assessment.
    """
    return stored_results.read_result(session, services, session.member.id, result_id, now=session.now)


@router.delete(
    "/{result_id}", summary="Delete a result", status_code=HTTPStatus.NO_CONTENT, responses=responses(ResultNotFound)
)
def delete_result(result_id: ResultId, session: MemberSession) -> None:
    """Delete a result permanently. Its id can't be used for another result. The request can safely be repeated."""
    save_result.delete_result(session, session.member.id, result_id)


@router.get("/{result_id}/change", summary="Compare two results", responses=responses(ResultNotFound, NotComparable))
def compare_results(
    result_id: ResultId, since: SinceResultId, session: MemberSession, services: Services
) -> ChangeRead:
    """Compare a result with another of your results of the same assessment, scale by scale. If the reliability of a
    scale is known, `words` explains whether the change exceeds measurement error. Show this text next to the numbers,
    because most short-term differences are measurement error.
    """
    return stored_results.compare_results(session, services, session.member.id, result_id, since=since)


@router.get(
    "/{result_id}/chart.svg",
    summary="Get the chart of a result",
    response_class=SvgImage,
    responses=SVG_RESPONSE | responses(ResultNotFound),
)
def read_chart(result_id: ResultId, session: MemberSession, services: Services, response: Response) -> str:
    """Return a result as an SVG chart: a point on a plane if two scales determine the style, otherwise one bar per
    scale. It shows 95 % intervals if they are known, adapts to the light or dark theme, and includes a text
    description.
    """
    response.headers["Content-Security-Policy"] = SVG_CONTENT_SECURITY_POLICY
    return chart_service.render_result_chart(session, services, session.member.id, result_id)
