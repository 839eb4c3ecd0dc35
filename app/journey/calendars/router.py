"""Calendars of runs: their secret addresses, and what stands there."""

from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Path, Request, Response

from app.accounts.credentials.access_tokens import BadToken
from app.accounts.dependencies import MemberWrites
from app.journey.calendars import feed
from app.journey.calendars.feed import CalendarNotFound
from app.journey.dependencies import JourneyTools, RunId, wanted
from app.journey.responses import CalendarRead
from app.journey.runs import RunFinished, RunNotFound
from app.web.concurrency import ReadTurn
from app.web.dependencies import Db, Now
from app.web.openapi.examples import text_example
from app.web.problems import refusals

router = APIRouter(tags=["Journey"])

CREATED: dict[int | str, dict[str, Any]] = {201: {"model": CalendarRead, "description": "Made."}}


class ICalendar(Response):
    media_type = "text/calendar"


ICS = text_example(ICalendar.media_type, "BEGIN:VCALENDAR\r\nVERSION:2.0\r\n...\r\nEND:VCALENDAR\r\n")


@router.put(
    "/me/journeys/{run_id}/calendar",
    summary="Make the calendar",
    response_model=CalendarRead,
    responses=CREATED | refusals(BadToken, RunNotFound, RunFinished),
)
def make_calendar(run_id: RunId, me: MemberWrites, tools: JourneyTools, request: Request, response: Response) -> Any:
    """A secret address that any calendar app can subscribe to: the coming days at your reminder time, under a neutral
    title. If there is one already it stays; to change it, revoke it and make another.
    """
    is_new, calendar = feed.make_calendar(me.session, tools, me.access.member_id, wanted(run_id), now=me.now)
    response.status_code = HTTPStatus.CREATED if is_new else HTTPStatus.OK
    return {**calendar, "url": str(request.base_url).rstrip("/") + calendar["path"]}


@router.delete(
    "/me/journeys/{run_id}/calendar",
    summary="Revoke the calendar",
    status_code=HTTPStatus.NO_CONTENT,
    responses=refusals(BadToken, RunNotFound),
)
def revoke_calendar(run_id: RunId, me: MemberWrites) -> None:
    """The address ends now, for everybody who knows it."""
    feed.revoke_calendar(me.session, me.access.member_id, wanted(run_id))


@router.get(
    "/calendars/{secret}.ics",
    summary="A calendar",
    response_class=ICalendar,
    responses=ICS | refusals(CalendarNotFound),
)
def read_calendar(
    secret: Annotated[str, Path(description="Of the address.", examples=["Zm9yLXlvdXItZXllcy1vbmx5"])],
    database: Db,
    tools: JourneyTools,
    now: Now,
    _turn: ReadTurn,
) -> Response:
    """For calendar apps. Who knows the address needs no account."""
    with database.reads.connect() as reads:
        return ICalendar(feed.read_calendar(reads, tools, secret, now=now), headers={"X-Robots-Tag": "noindex"})
