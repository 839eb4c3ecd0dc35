"""The days of a member's run."""

from typing import Any

from fastapi import APIRouter

from app.accounts.consents import ConsentRequired
from app.accounts.dependencies import MemberReads, MemberWrites
from app.accounts.tokens import BadToken
from app.articles.blocks import BodyFormat
from app.articles.dependencies import Format
from app.journey import days
from app.journey.bodies import DayChange
from app.journey.days import DayChangedMeanwhile
from app.journey.dependencies import DayNumber, IfMatch, JourneyTools, RunId, wanted
from app.journey.journeys import DayLocked
from app.journey.recording import UnknownTask
from app.journey.run_schemas import DayChanged, DayRead
from app.journey.runs import RunFinished, RunNotFound, RunUnderway
from app.web.answers import answer
from app.web.problems import refusals

router = APIRouter(
    prefix="/me/journeys/{run_id}/days", tags=["Journey"], responses=refusals(BadToken, RunNotFound, DayLocked)
)


@router.get("/{day}", summary="A day", response_model=DayRead)
def read_day(
    run_id: RunId,
    day: DayNumber,
    me: MemberReads,
    tools: JourneyTools,
    body_format: Format = BodyFormat.BLOCKS,
) -> Any:
    """What an open day says, with what you did and wrote. Its `ETag` can go into the `If-Match` of a change."""
    etag, shown = days.read_day(me, tools, wanted(run_id), day, body_format=body_format, now=me.now)
    return answer(DayRead, shown, headers={"ETag": etag})


@router.patch(
    "/{day}",
    summary="Change a day",
    response_model=DayChanged,
    responses=refusals(DayChangedMeanwhile, UnknownTask, ConsentRequired, RunFinished, RunUnderway),
)
def change_day(
    run_id: RunId,
    day: DayNumber,
    change: DayChange,
    me: MemberWrites,
    tools: JourneyTools,
    if_match: IfMatch = None,
) -> Any:
    """Complete a day or take that back, tick tasks, note moods, write. What is sent is merged and counts as happening
    now; with `If-Match` it is saved only if the day is still as you know it. Completing again changes nothing, and
    undoing locks nothing.
    """
    etag, shown = days.change_day(
        me.session, tools, me.access.member_id, wanted(run_id), day, change, if_match=if_match, now=me.now
    )
    return me.committed(answer(DayChanged, shown, headers={"ETag": etag}))
