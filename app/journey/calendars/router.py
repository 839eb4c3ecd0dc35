"""Endpoints that create, revoke and serve the calendar subscription of a member's journey."""

from http import HTTPStatus
from typing import Annotated, Any

from fastapi import Path, Request, Response

from app.accounts.credentials.access_tokens import BadToken
from app.accounts.dependencies import MemberSession
from app.journey.calendars import feed
from app.journey.calendars.feed import CalendarNotFound
from app.journey.dependencies import RunId, Services
from app.journey.responses import CalendarRead
from app.journey.runs import RunFinished, RunNotFound, parse_run_id
from app.web.dependencies import ReadSession
from app.web.openapi.examples import text_example_response
from app.web.problems import responses
from app.web.routes import api_router

router = api_router(tag="Journey")

CREATED: dict[int | str, dict[str, Any]] = {201: {"model": CalendarRead, "description": "Created."}}


class ICalendarResponse(Response):
    media_type = "text/calendar"


ICALENDAR_RESPONSE = text_example_response(
    ICalendarResponse.media_type, "BEGIN:VCALENDAR\r\nVERSION:2.0\r\n...\r\nEND:VCALENDAR\r\n"
)


@router.put(
    "/me/journeys/{run_id}/calendar",
    summary="Create the calendar",
    responses=CREATED | responses(BadToken, RunNotFound, RunFinished),
)
def create_calendar(
    run_id: RunId, session: MemberSession, services: Services, request: Request, response: Response
) -> CalendarRead:
    """Create a secret address to which calendar apps can subscribe.

    The calendar lists the upcoming days of your journey at your reminder time, under a neutral title. If a calendar
    already exists, it is returned unchanged. To get a new address, revoke the calendar first.
    """
    is_new, calendar = feed.create_calendar(
        session, services, session.member.id, parse_run_id(run_id), base_url=str(request.base_url), now=session.now
    )
    response.status_code = HTTPStatus.CREATED if is_new else HTTPStatus.OK
    return calendar


@router.delete(
    "/me/journeys/{run_id}/calendar",
    summary="Revoke the calendar",
    status_code=HTTPStatus.NO_CONTENT,
    responses=responses(BadToken, RunNotFound),
)
def revoke_calendar(run_id: RunId, session: MemberSession) -> None:
    """Delete the calendar. Its secret address stops working immediately, for all subscribed calendar apps."""
    feed.revoke_calendar(session, session.member.id, parse_run_id(run_id))


@router.get(
    "/calendars/{secret}.ics",
    summary="Get a calendar",
    response_class=ICalendarResponse,
    responses=ICALENDAR_RESPONSE | responses(CalendarNotFound),
)
def read_calendar(
    secret: Annotated[
        str, Path(description="The secret part of the calendar's address.", examples=["Zm9yLXlvdXItZXllcy1vbmx5"])
    ],
    session: ReadSession,
    services: Services,
    response: Response,
) -> bytes:
    """Return the calendar in iCalendar format, for calendar apps.

    No sign-in is needed: anyone with the secret address can read the calendar.
    """
    response.headers["X-Robots-Tag"] = "noindex"
    return feed.read_calendar(session, services, secret, now=session.now)
