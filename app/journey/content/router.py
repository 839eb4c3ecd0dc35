"""Journeys for everyone: what there is, its outline, and the first day."""

from app.articles.blocks import BodyFormat
from app.articles.dependencies import Format
from app.journey.content import journeys
from app.journey.content.journeys import DayLocked, JourneyNotFound
from app.journey.content.schemas import DayContent, JourneyPage, JourneyRead
from app.journey.dependencies import DayNumber, JourneySlug, Services
from app.web.dependencies import ContentSession, ForEveryone, Linked, PageQuery
from app.web.problems import refusals
from app.web.routes import api_router

router = api_router("/journeys", tag="Journey", dependencies=[ForEveryone])


@router.get("", summary="Journeys")
def list_journeys(session: ContentSession, page: PageQuery, link: Linked) -> JourneyPage:
    """Every journey that can be started."""
    return link(journeys.list_journeys(session, page))


@router.get("/{slug}", summary="A journey", responses=refusals(JourneyNotFound))
def read_journey(
    session: ContentSession, services: Services, slug: JourneySlug, body_format: Format = BodyFormat.BLOCKS
) -> JourneyRead:
    """What a journey is, what research says about it, and the titles of its 21 days."""
    return journeys.read_outline(session, services.journeys, slug, body_format=body_format)


@router.get("/{slug}/days/{day}", summary="A day of a journey", responses=refusals(JourneyNotFound, DayLocked))
def read_journey_day(
    session: ContentSession,
    services: Services,
    slug: JourneySlug,
    day: DayNumber,
    body_format: Format = BodyFormat.BLOCKS,
) -> DayContent:
    """The first day, to see what a day is like. All others open on the way."""
    return journeys.read_public_day(session, services.journeys, slug, day, body_format=body_format, now=session.now)
