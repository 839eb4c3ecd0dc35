"""Endpoints for a member's runs through a journey: start, read, change, sync and statistics."""

from http import HTTPStatus
from typing import Annotated, Any

from fastapi import Body, Response

from app.accounts.consents import ConsentRequired
from app.accounts.credentials.access_tokens import BadToken
from app.accounts.dependencies import MemberSession
from app.articles.blocks import BodyFormat
from app.articles.dependencies import BodyFormatQuery
from app.core.idempotency import IdReused
from app.journey import days, enrollment, insights, offline_sync, run_updates
from app.journey.content.journeys import DayLocked
from app.journey.content.schemas import EXAMPLE_SLUG
from app.journey.day_updates import UnknownTask
from app.journey.days import DayETagMismatch
from app.journey.dependencies import DayNumber, IfMatch, NewRunId, RunId, Services
from app.journey.enrollment import InvalidStartDate, TooManyRuns, UnknownJourney
from app.journey.requests import ChangeBatch, DayChange, NewRun, RunChange
from app.journey.responses import Dashboard, DayRead, Insights, RunPage, SyncResult, UpdatedDay
from app.journey.rules.schedule import Pace
from app.journey.run_updates import TooManyPeriods
from app.journey.runs import RunFinished, RunNotFound, RunUnderway, parse_run_id
from app.web.dependencies import NextPageLink, PageQuery
from app.web.problems import responses
from app.web.routes import BodyLimit, api_router

router = api_router("/me/journeys", tag="Journey", responses=responses(BadToken))

CREATED: dict[int | str, dict[str, Any]] = {201: {"model": Dashboard, "description": "Started."}}
TODAY = {"journey": EXAMPLE_SLUG, "time_zone": "Europe/Dublin", "pace": Pace.DAILY}
RunBody = Annotated[NewRun, Body(openapi_examples={"today": {"value": TODAY}})]  # no date: a fixed one would expire
LargeBatch = Annotated[ChangeBatch, BodyLimit("max_sync_bytes")]


@router.put(
    "/{run_id}",
    summary="Start a run",
    responses=CREATED | responses(IdReused, UnknownJourney, InvalidStartDate, RunUnderway, TooManyRuns),
)
def start_run(
    run_id: NewRunId, body: RunBody, session: MemberSession, services: Services, response: Response
) -> Dashboard:
    """Start a run through a journey, today or up to 30 days ahead.

    Generate the run's id on the client. If you repeat the request, the same run is returned. Only one run can be
    underway at a time. Earlier runs stay unchanged.
    """
    is_new, run = enrollment.start_run(session, services, session.member.id, run_id, body, now=session.now)
    response.status_code = HTTPStatus.CREATED if is_new else HTTPStatus.OK
    return run


@router.get("", summary="List your runs")
def list_runs(session: MemberSession, services: Services, page: PageQuery, link: NextPageLink) -> RunPage:
    """List all your runs through journeys, newest first."""
    return link(enrollment.list_runs(session, services, session.member.id, page, now=session.now))


@router.get("/{run_id}", summary="Get the dashboard", responses=responses(RunNotFound))
def read_run(run_id: RunId, session: MemberSession, services: Services) -> Dashboard:
    """Return the dashboard of a run: all data for the main screen.

    With the pace `daily`, one day unlocks on each date. With `gentle`, a day unlocks on the date after you complete the
    previous day. An unlocked day never locks again, even if the time zone changes.
    """
    return enrollment.read_dashboard(session, services, session.member.id, parse_run_id(run_id), now=session.now)


@router.patch("/{run_id}", summary="Change a run", responses=responses(RunNotFound, RunFinished, TooManyPeriods))
def change_run(run_id: RunId, change: RunChange, session: MemberSession, services: Services) -> Dashboard:
    """Change the time zone or reminder of a run, or pause, resume or abandon it.

    During a pause, no days unlock, and missed dates don't end the streak. An abandoned run can still be read, but not
    resumed.
    """
    return run_updates.change_run(session, services, session.member.id, parse_run_id(run_id), change, now=session.now)


@router.get("/{run_id}/days/{day}", summary="Get a day", responses=responses(RunNotFound, DayLocked))
def read_day(
    run_id: RunId,
    day: DayNumber,
    session: MemberSession,
    services: Services,
    response: Response,
    body_format: BodyFormatQuery = BodyFormat.BLOCKS,
) -> DayRead:
    """Return the content of an unlocked day, with your progress.

    When you change the day, send its `ETag` in the `If-Match` header, to avoid overwriting a change from another
    device.
    """
    etag, content = days.read_day(
        session,
        services,
        session.member.id,
        parse_run_id(run_id),
        day,
        body_format=body_format,
        now=session.now,
    )
    response.headers["ETag"] = etag
    return content


@router.patch(
    "/{run_id}/days/{day}",
    summary="Change a day",
    responses=responses(
        RunNotFound, DayLocked, DayETagMismatch, UnknownTask, ConsentRequired, RunFinished, RunUnderway
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
) -> UpdatedDay:
    """Change your progress on a day: completion, tasks, moods and reflection.

    Fields that you don't send stay unchanged. With `If-Match`, the response is 412 if the day has changed since you
    read it. Completing a day again has no effect. If you undo a completion, days that are already unlocked stay
    unlocked.
    """
    etag, updated = days.change_day(
        session,
        services,
        session.member.id,
        parse_run_id(run_id),
        day,
        change,
        if_match=if_match,
        now=session.now,
    )
    response.headers["ETag"] = etag
    return updated


@router.post("/{run_id}/sync", summary="Sync offline changes", responses=responses(RunNotFound))
def sync_run(run_id: RunId, batch: LargeBatch, session: MemberSession, services: Services) -> SyncResult:
    """Merge up to 200 changes that were made offline. Each change has its own result.

    For each field, the change with the latest `happened_at` wins. For a completion, the earliest wins. Send batches in
    the order in which they were made. It is safe to send a batch again.
    """
    return offline_sync.sync(session, services, session.member.id, parse_run_id(run_id), batch.changes, now=session.now)


@router.get("/{run_id}/insights", summary="Get insights", responses=responses(RunNotFound, ConsentRequired))
def read_insights(run_id: RunId, session: MemberSession, services: Services) -> Insights:
    """Return statistics of your practice and moods.

    Each average is returned with the number of days on which it is based.
    """
    return insights.read_insights(session, services, session.member.id, parse_run_id(run_id), now=session.now)
