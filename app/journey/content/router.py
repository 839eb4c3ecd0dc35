"""Journeys for everyone: what there is, its outline, and the first day."""

from typing import Any

from fastapi import APIRouter

from app.articles.blocks import BodyFormat
from app.articles.dependencies import Format
from app.journey.content import journeys
from app.journey.content.journeys import DayLocked, JourneyNotFound
from app.journey.content.schemas import DayContent, JourneyPage, JourneyRead
from app.journey.dependencies import DayNumber, JourneySlug, JourneyTools
from app.web.dependencies import ContentSession, ForEveryone, Linked, Now, PageQuery
from app.web.problems import refusals

router = APIRouter(prefix="/journeys", tags=["Journey"], dependencies=[ForEveryone])


@router.get("", summary="Journeys", response_model=JourneyPage)
def list_journeys(session: ContentSession, page: PageQuery, link: Linked) -> Any:
    """Every journey that can be started."""
    return link(journeys.list_journeys(session, page))


@router.get("/{slug}", summary="A journey", response_model=JourneyRead, responses=refusals(JourneyNotFound))
def read_journey(
    session: ContentSession, tools: JourneyTools, slug: JourneySlug, body_format: Format = BodyFormat.BLOCKS
) -> Any:
    """What a journey is, what research says about it, and the titles of its 21 days."""
    return journeys.read_outline(session, tools.journeys, slug, body_format=body_format)


@router.get(
    "/{slug}/days/{day}",
    summary="A day of a journey",
    response_model=DayContent,
    responses=refusals(JourneyNotFound, DayLocked),
)
def read_journey_day(
    session: ContentSession,
    tools: JourneyTools,
    slug: JourneySlug,
    day: DayNumber,
    now: Now,
    body_format: Format = BodyFormat.BLOCKS,
) -> Any:
    """The first day, to see what a day is like. All others open on the way."""
    return journeys.read_public_day(session, tools.journeys, slug, day, body_format=body_format, now=now)
