"""Public endpoints that list journeys, describe a journey and return its first day."""

from app.articles.blocks import BodyFormat
from app.articles.dependencies import BodyFormatQuery
from app.journey.content import journeys
from app.journey.content.journeys import DayLocked, JourneyNotFound
from app.journey.content.schemas import DayContent, JourneyPage, JourneyRead
from app.journey.dependencies import DayNumber, JourneySlug, Services
from app.web.dependencies import ContentSession, NextPageLink, PageQuery, PublicResponse
from app.web.problems import responses
from app.web.routes import api_router

router = api_router("/journeys", tag="Journey", dependencies=[PublicResponse])


@router.get("", summary="List journeys")
def list_journeys(session: ContentSession, page: PageQuery, link: NextPageLink) -> JourneyPage:
    """List the guided 21-day programs (journeys) that members can start."""
    return link(journeys.list_journeys(session, page))


@router.get("/{slug}", summary="Get a journey", responses=responses(JourneyNotFound))
def read_journey(
    session: ContentSession, services: Services, slug: JourneySlug, body_format: BodyFormatQuery = BodyFormat.BLOCKS
) -> JourneyRead:
    """Return a journey's description, its research background and a summary of each of its 21 days."""
    return journeys.read_outline(session, services.journeys, slug, body_format=body_format)


@router.get("/{slug}/days/{day}", summary="Get a day of a journey", responses=responses(JourneyNotFound, DayLocked))
def read_journey_day(
    session: ContentSession,
    services: Services,
    slug: JourneySlug,
    day: DayNumber,
    body_format: BodyFormatQuery = BodyFormat.BLOCKS,
) -> DayContent:
    """Return the content of the first day of a journey, which is public.

    Any other day returns 403. Members read those days through their own run of the journey, once they are unlocked.
    """
    return journeys.read_public_day(session, services.journeys, slug, day, body_format=body_format, now=session.now)
