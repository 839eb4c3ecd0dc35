"""What a member's app asks for every day: the dashboard of a run, and its days."""

from typing import Any

from fastapi import APIRouter, Response

from app.accounts.acting import Reading, Writing
from app.accounts.consents import ConsentRequired
from app.accounts.dependencies import MemberActs
from app.accounts.tokens import BadToken
from app.articles.blocks import BodyFormat
from app.articles.dependencies import Format
from app.journey import days, starting
from app.journey.bodies import DayChange
from app.journey.days import DayChangedMeanwhile
from app.journey.dependencies import DayNumber, IfMatch, RunId, tools_of, wanted
from app.journey.journeys import DayLocked
from app.journey.recording import UnknownTask
from app.journey.run_schemas import Dashboard, DayChanged, DayRead
from app.journey.runs import RunFinished, RunNotFound, RunUnderway
from app.web.answers import answer
from app.web.problems import refusals

router = APIRouter(prefix="/me/journeys/{run_id}", tags=["Journey"], responses=refusals(BadToken, RunNotFound))


@router.get("", summary="The dashboard", response_model=Dashboard)
async def read_run(run_id: RunId, me: MemberActs) -> Any:
    """Everything that the main screen needs, in one reply. Day n of a `daily` run opens on its date, of a `gentle` one
    on the date after day n-1 was completed. What is open stays open, whatever happens to clocks and zones.
    """

    def read(me: Reading) -> Response:
        return answer(Dashboard, starting.read_dashboard(me, tools_of(me), wanted(run_id), now=me.now))

    return await me.reads(read)


@router.patch(
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


@router.get("/days/{day}", summary="A day", response_model=DayRead, responses=refusals(DayLocked))
async def read_day(run_id: RunId, day: DayNumber, me: MemberActs, body_format: Format = BodyFormat.BLOCKS) -> Any:
    """What an open day says, with what you did and wrote. Its `ETag` can go into the `If-Match` of a change."""

    def read(me: Reading) -> Response:
        etag, shown = days.read_day(me, tools_of(me), wanted(run_id), day, body_format=body_format, now=me.now)
        return answer(DayRead, shown, headers={"ETag": etag})

    return await me.reads(read)
