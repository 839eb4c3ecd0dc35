"""Calendars of runs: their secret addresses, and the feeds at these."""

from http import HTTPStatus
from typing import Annotated, Any

from fastapi import Path, Request, Response

from app.accounts.credentials.access_tokens import BadToken
from app.accounts.dependencies import MemberSession
from app.journey.calendars import feed
from app.journey.calendars.feed import CalendarNotFound
from app.journey.dependencies import RunId, Services
from app.journey.responses import CalendarRead
from app.journey.runs import RunFinished, RunNotFound, run_selector
from app.web.dependencies import ReadSession
from app.web.openapi.examples import text_example
from app.web.problems import refusals
from app.web.routes import api_router

router = api_router(tag="Journey")

CREATED: dict[int | str, dict[str, Any]] = {201: {"model": CalendarRead, "description": "Made."}}


class ICalendar(Response):
    media_type = "text/calendar"


ICS = text_example(ICalendar.media_type, "BEGIN:VCALENDAR\r\nVERSION:2.0\r\n...\r\nEND:VCALENDAR\r\n")


@router.put(
    "/me/journeys/{run_id}/calendar",
    summary="Make the calendar",
    responses=CREATED | refusals(BadToken, RunNotFound, RunFinished),
)
def make_calendar(
    run_id: RunId, session: MemberSession, services: Services, request: Request, response: Response
) -> CalendarRead:
    """A secret address that any calendar app can subscribe to: the coming days at your reminder time, under a neutral
    title. If there is one already it stays; to change it, revoke it and make another.
    """
    is_new, calendar = feed.make_calendar(
        session, services, session.member.id, run_selector(run_id), site=str(request.base_url), now=session.now
    )
    response.status_code = HTTPStatus.CREATED if is_new else HTTPStatus.OK
    return calendar


@router.delete(
    "/me/journeys/{run_id}/calendar",
    summary="Revoke the calendar",
    status_code=HTTPStatus.NO_CONTENT,
    responses=refusals(BadToken, RunNotFound),
)
def revoke_calendar(run_id: RunId, session: MemberSession) -> None:
    """The address ends now, for everybody who knows it."""
    feed.revoke_calendar(session, session.member.id, run_selector(run_id))


@router.get(
    "/calendars/{secret}.ics",
    summary="A calendar",
    response_class=ICalendar,
    responses=ICS | refusals(CalendarNotFound),
)
def read_calendar(
    secret: Annotated[str, Path(description="Of the address.", examples=["Zm9yLXlvdXItZXllcy1vbmx5"])],
    session: ReadSession,
    services: Services,
    response: Response,
) -> bytes:
    """For calendar apps. Who knows the address needs no account."""
    response.headers["X-Robots-Tag"] = "noindex"
    return feed.read_calendar(session, services, secret, now=session.now)
