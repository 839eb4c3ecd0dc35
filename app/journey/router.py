"""A member's runs, and the days of a run."""

from http import HTTPStatus
from typing import Annotated, Any

from fastapi import Body, Response

from app.accounts.consents import ConsentRequired
from app.accounts.credentials.access_tokens import BadToken
from app.accounts.dependencies import MemberSession
from app.articles.blocks import BodyFormat
from app.articles.dependencies import Format
from app.core.idempotency import IdReused
from app.journey import days, enrollment, insights, offline_sync, run_updates
from app.journey.content.journeys import DayLocked
from app.journey.content.schemas import SLUG
from app.journey.day_updates import UnknownTask
from app.journey.days import DayChangedMeanwhile
from app.journey.dependencies import DayNumber, IfMatch, NewRunId, RunId, Services
from app.journey.enrollment import NotAStart, TooManyRuns, UnknownJourney
from app.journey.requests import Batch, DayChange, NewRun, RunChange
from app.journey.responses import Dashboard, DayChanged, DayRead, Insights, RunPage, Synced
from app.journey.rules.schedule import Pace
from app.journey.run_updates import TooManyTurns
from app.journey.runs import RunFinished, RunNotFound, RunUnderway, run_selector
from app.web.dependencies import Linked, PageQuery
from app.web.problems import refusals
from app.web.routes import LargeBody, api_router

router = api_router("/me/journeys", tag="Journey", responses=refusals(BadToken))

CREATED: dict[int | str, dict[str, Any]] = {201: {"model": Dashboard, "description": "Started."}}
TODAY = {"journey": SLUG, "time_zone": "Europe/Dublin", "pace": Pace.DAILY}
RunBody = Annotated[NewRun, Body(openapi_examples={"today": {"value": TODAY}})]  # any date would soon have passed
LargeBatch = Annotated[Batch, LargeBody("max_sync_bytes")]


@router.put(
    "/{run_id}",
    summary="Start a run",
    responses=CREATED | refusals(IdReused, UnknownJourney, NotAStart, RunUnderway, TooManyRuns),
)
def start_run(
    run_id: NewRunId, body: RunBody, session: MemberSession, services: Services, response: Response
) -> Dashboard:
    """Start a journey, today or up to 30 days ahead. The id is yours to choose; when a reply is lost, send the same
    again. One run is underway at a time; those before stay as they were.
    """
    is_new, run = enrollment.start_run(session, services, session.member.id, run_id, body, now=session.now)
    response.status_code = HTTPStatus.CREATED if is_new else HTTPStatus.OK
    return run


@router.get("", summary="Your runs")
def list_runs(session: MemberSession, services: Services, page: PageQuery, link: Linked) -> RunPage:
    """All of them, the newest first."""
    return link(enrollment.list_runs(session, services, session.member.id, page, now=session.now))


@router.get("/{run_id}", summary="The dashboard", responses=refusals(RunNotFound))
def read_run(run_id: RunId, session: MemberSession, services: Services) -> Dashboard:
    """Everything that the main screen needs, in one reply. Day n of a `daily` run opens on its date, of a `gentle` one
    on the date after day n-1 was completed. What is open stays open, whatever happens to clocks and zones.
    """
    return enrollment.read_dashboard(session, services, session.member.id, run_selector(run_id), now=session.now)


@router.patch("/{run_id}", summary="Change a run", responses=refusals(RunNotFound, RunFinished, TooManyTurns))
def change_run(run_id: RunId, change: RunChange, session: MemberSession, services: Services) -> Dashboard:
    """Move it to another time zone, set the reminder, pause it, go on, or abandon it. While it is paused nothing new
    opens, and dates that pass count for no streak. An abandoned run is kept, and can't go on.
    """
    return run_updates.change_run(session, services, session.member.id, run_selector(run_id), change, now=session.now)


@router.get("/{run_id}/days/{day}", summary="A day", responses=refusals(RunNotFound, DayLocked))
def read_day(
    run_id: RunId,
    day: DayNumber,
    session: MemberSession,
    services: Services,
    response: Response,
    body_format: Format = BodyFormat.BLOCKS,
) -> DayRead:
    """What an open day says, with what you did and wrote. Its `ETag` can go into the `If-Match` of a change."""
    etag, read = days.read_day(
        session,
        services,
        session.member.id,
        run_selector(run_id),
        day,
        body_format=body_format,
        now=session.now,
    )
    response.headers["ETag"] = etag
    return read


@router.patch(
    "/{run_id}/days/{day}",
    summary="Change a day",
    responses=refusals(
        RunNotFound, DayLocked, DayChangedMeanwhile, UnknownTask, ConsentRequired, RunFinished, RunUnderway
    ),
)
def change_day(
    run_id: RunId,
    day: DayNumber,
    change: DayChange,
    session: MemberSession,
    services: Services,
    response: Response,
    if_match: IfMatch = None,
) -> DayChanged:
    """Complete a day or take that back, tick tasks, note moods, write. What is sent is merged and counts as happening
    now; with `If-Match` it is saved only if the day is still as you know it. Completing again changes nothing, and
    undoing locks nothing.
    """
    etag, changed = days.change_day(
        session,
        services,
        session.member.id,
        run_selector(run_id),
        day,
        change,
        if_match=if_match,
        now=session.now,
    )
    response.headers["ETag"] = etag
    return changed


@router.post("/{run_id}/sync", summary="Sync", responses=refusals(RunNotFound))
def sync_run(run_id: RunId, batch: LargeBatch, session: MemberSession, services: Services) -> Synced:
    """Up to 200 changes that were made offline, each answered by itself. Of each field the latest counts, by
    `happened_at`; a day stays completed as of its earliest completion. Send batches in order, and the same one again if
    the reply was lost.
    """
    return offline_sync.sync(session, services, session.member.id, run_selector(run_id), batch.changes, now=session.now)


@router.get("/{run_id}/insights", summary="Insights", responses=refusals(RunNotFound, ConsentRequired))
def read_insights(run_id: RunId, session: MemberSession, services: Services) -> Insights:
    """Practice and moods over the days, in counts and means, each with how many days are in it."""
    return insights.read_insights(session, services, session.member.id, run_selector(run_id), now=session.now)
