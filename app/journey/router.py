"""A member's runs."""

from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Body, Response

from app.accounts.consents import ConsentRequired
from app.accounts.credentials.access_tokens import BadToken
from app.accounts.dependencies import MemberActs, MemberReads, MemberWrites
from app.accounts.request_context import Reading, Writing
from app.articles.blocks import BodyFormat
from app.articles.dependencies import Format
from app.core.idempotency import IdReused
from app.journey import days, enrollment, insights, offline_sync, run_updates
from app.journey.content.journeys import DayLocked
from app.journey.content.schemas import SLUG
from app.journey.day_updates import UnknownTask
from app.journey.days import DayChangedMeanwhile
from app.journey.dependencies import DayNumber, IfMatch, JourneyTools, NewRunId, RunId, tools_of, wanted
from app.journey.enrollment import NotAStart, TooManyRuns, UnknownJourney
from app.journey.requests import Batch, DayChange, NewRun, RunChange
from app.journey.responses import Dashboard, DayChanged, DayRead, Insights, RunPage, Synced
from app.journey.rules.schedule import Pace
from app.journey.run_updates import TooManyTurns
from app.journey.runs import RunFinished, RunNotFound, RunUnderway
from app.web.dependencies import Linked, PageQuery
from app.web.json_response import answer
from app.web.problems import refusals

router = APIRouter(prefix="/me/journeys", tags=["Journey"], responses=refusals(BadToken))

CREATED: dict[int | str, dict[str, Any]] = {201: {"model": Dashboard, "description": "Started."}}
TODAY = {"journey": SLUG, "time_zone": "Europe/Dublin", "pace": Pace.DAILY}
RunBody = Annotated[NewRun, Body(openapi_examples={"today": {"value": TODAY}})]  # any date would soon have passed


@router.put(
    "/{run_id}",
    summary="Start a run",
    response_model=Dashboard,
    responses=CREATED | refusals(IdReused, UnknownJourney, NotAStart, RunUnderway, TooManyRuns),
)
def start_run(run_id: NewRunId, body: RunBody, me: MemberWrites, tools: JourneyTools) -> Any:
    """Start a journey, today or up to 30 days ahead. The id is yours to choose; when a reply is lost, send the same
    again. One run is underway at a time; those before stay as they were.
    """
    is_new, run = enrollment.start_run(me.session, tools, me.access.member_id, run_id, body, now=me.now)
    return me.committed(answer(Dashboard, run, status=HTTPStatus.CREATED if is_new else HTTPStatus.OK))


@router.get("", summary="Your runs", response_model=RunPage)
def list_runs(me: MemberReads, tools: JourneyTools, page: PageQuery, link: Linked) -> Any:
    """All of them, the newest first."""
    return link(enrollment.list_runs(me.reads, tools, me.access.member_id, page, now=me.now))


@router.patch(
    "/{run_id}",
    summary="Change a run",
    response_model=Dashboard,
    responses=refusals(RunNotFound, RunFinished, TooManyTurns),
)
def change_run(run_id: RunId, change: RunChange, me: MemberWrites, tools: JourneyTools) -> Any:
    """Move it to another time zone, set the reminder, pause it, go on, or abandon it. While it is paused nothing new
    opens, and dates that pass count for no streak. An abandoned run is kept, and can't go on.
    """
    run = run_updates.change_run(me.session, tools, me.access.member_id, wanted(run_id), change, now=me.now)
    return me.committed(answer(Dashboard, run))


@router.post("/{run_id}/sync", summary="Sync", response_model=Synced, responses=refusals(RunNotFound))
async def sync_run(run_id: RunId, batch: Batch, me: MemberActs) -> Any:
    """Up to 200 changes that were made offline, each answered by itself. Of each field the latest counts, by
    `happened_at`; a day stays completed as of its earliest completion. Send batches in order, and the same one again if
    the reply was lost.
    """

    def write(me: Writing) -> Response:
        changes = batch.changes
        synced = offline_sync.sync(me.session, tools_of(me), me.access.member_id, wanted(run_id), changes, now=me.now)
        return answer(Synced, synced)

    return await me.writes(write)


@router.get(
    "/{run_id}/insights",
    summary="Insights",
    response_model=Insights,
    responses=refusals(RunNotFound, ConsentRequired),
)
def read_insights(run_id: RunId, me: MemberReads, tools: JourneyTools) -> Any:
    """Practice and moods over the days, in counts and means, each with how many days are in it."""
    return answer(Insights, insights.read_insights(me.reads, tools, me.access.member_id, wanted(run_id), now=me.now))


days_router = APIRouter(prefix="/me/journeys/{run_id}", tags=["Journey"], responses=refusals(BadToken, RunNotFound))


@days_router.get("", summary="The dashboard", response_model=Dashboard)
async def read_run(run_id: RunId, me: MemberActs) -> Any:
    """Everything that the main screen needs, in one reply. Day n of a `daily` run opens on its date, of a `gentle` one
    on the date after day n-1 was completed. What is open stays open, whatever happens to clocks and zones.
    """

    def read(me: Reading) -> Response:
        return answer(Dashboard, enrollment.read_dashboard(me, tools_of(me), wanted(run_id), now=me.now))

    return await me.reads(read)


@days_router.patch(
    "/days/{day}",
    summary="Change a day",
    response_model=DayChanged,
    responses=refusals(DayLocked, DayChangedMeanwhile, UnknownTask, ConsentRequired, RunFinished, RunUnderway),
)
async def change_day(run_id: RunId, day: DayNumber, change: DayChange, me: MemberActs, if_match: IfMatch = None) -> Any:
    """Complete a day or take that back, tick tasks, note moods, write. What is sent is merged and counts as happening
    now; with `If-Match` it is saved only if the day is still as you know it. Completing again changes nothing, and
    undoing locks nothing.
    """

    def write(me: Writing) -> Response:
        etag, shown = days.change_day(me, tools_of(me), wanted(run_id), day, change, if_match=if_match, now=me.now)
        return answer(DayChanged, shown, headers={"ETag": etag})

    return await me.writes(write)


@days_router.get("/days/{day}", summary="A day", response_model=DayRead, responses=refusals(DayLocked))
async def read_day(run_id: RunId, day: DayNumber, me: MemberActs, body_format: Format = BodyFormat.BLOCKS) -> Any:
    """What an open day says, with what you did and wrote. Its `ETag` can go into the `If-Match` of a change."""

    def read(me: Reading) -> Response:
        etag, shown = days.read_day(me, tools_of(me), wanted(run_id), day, body_format=body_format, now=me.now)
        return answer(DayRead, shown, headers={"ETag": etag})

    return await me.reads(read)
