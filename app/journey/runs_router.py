"""A member's runs."""

from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Body, Response

from app.accounts.acting import Writing
from app.accounts.consents import ConsentRequired
from app.accounts.dependencies import MemberActs, MemberReads, MemberWrites
from app.accounts.tokens import BadToken
from app.core.client_ids import IdReused
from app.journey import changing, insights, starting, syncing
from app.journey.bodies import Batch, NewRun, RunChange
from app.journey.changing import TooManyTurns
from app.journey.dependencies import JourneyTools, NewRunId, RunId, tools_of, wanted
from app.journey.run_schemas import Dashboard, Insights, RunPage, Synced
from app.journey.runs import RunFinished, RunNotFound, RunUnderway
from app.journey.schedule import Pace
from app.journey.schemas import SLUG
from app.journey.starting import NotAStart, TooManyRuns, UnknownJourney
from app.web.answers import answer
from app.web.dependencies import Linked, PageQuery
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
    is_new, run = starting.start_run(me.session, tools, me.access.member_id, run_id, body, now=me.now)
    return me.committed(answer(Dashboard, run, status=HTTPStatus.CREATED if is_new else HTTPStatus.OK))


@router.get("", summary="Your runs", response_model=RunPage)
def list_runs(me: MemberReads, tools: JourneyTools, page: PageQuery, link: Linked) -> Any:
    """All of them, the newest first."""
    return link(starting.list_runs(me.reads, tools, me.access.member_id, page, now=me.now))


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
    run = changing.change_run(me.session, tools, me.access.member_id, wanted(run_id), change, now=me.now)
    return me.committed(answer(Dashboard, run))


@router.post("/{run_id}/sync", summary="Sync", response_model=Synced, responses=refusals(RunNotFound))
async def sync_run(run_id: RunId, batch: Batch, me: MemberActs) -> Any:
    """Up to 200 changes that were made offline, each answered by itself. Of each field the latest counts, by
    `happened_at`; a day stays completed as of its earliest completion. Send batches in order, and the same one again if
    the reply was lost.
    """

    def write(me: Writing) -> Response:
        changes = batch.changes
        synced = syncing.sync(me.session, tools_of(me), me.access.member_id, wanted(run_id), changes, now=me.now)
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
