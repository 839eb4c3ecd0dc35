"""Access to journeys (guided 21-day programs) and their days, with an in-memory cache."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any, ClassVar

from sqlalchemy import func, select
from sqlmodel import col

from app.articles.queries import find_briefs
from app.assessments.serializers import SUPPORT as SUPPORT_LINK
from app.core.db.pagination import Order, PageRequest, fetch_page
from app.core.db.session import Session
from app.core.errors import FieldError, Forbidden, NotFound
from app.core.timestamps import format_timestamp
from app.journey.content.schemas import DayBrief, DayContent, JourneyBrief, JourneyPage, JourneyRead, SupportHint
from app.journey.models import Journey
from app.journey.rules.schedule import LENGTH

MAX_CACHED_JOURNEYS = 20
SUPPORT = SupportHint(text=SUPPORT_LINK.text, href=SUPPORT_LINK.href)
DAYS_PER_WEEK = 7
PUBLIC_DAY = 1
BY_SLUG = Order("slug", (col(Journey.slug),))
IS_LISTED = col(Journey.is_listed).is_(True)
DAY_FIELDS = ("exercise", "tasks", "if_today_is_hard", "evidence", "safety", "references")


class JourneyNotFound(NotFound):
    code = "journey_not_found"
    message = "No journey has this slug."

    def __init__(self) -> None:
        super().__init__(FieldError("path", "/slug", self.message))


class DayLocked(Forbidden):
    """Raised when a day of a journey isn't unlocked yet. The response states when it unlocks, if known."""

    code = "day_locked"
    extensions_example: ClassVar[Mapping[str, Any]] = {"opens_at": "2026-11-25T00:00:00Z"}
    message = "This day hasn't opened yet."

    def __init__(self, opens_at: datetime | None = None) -> None:
        super().__init__(extensions={"opens_at": opens_at and format_timestamp(opens_at)})


@dataclass(frozen=True)
class JourneyContent:
    """A guided 21-day journey with the content of all its days.

    `definition` is the JSON value from the database, and `digest` is its hash.
    """

    slug: str
    digest: str
    definition: dict[str, Any]

    @cached_property
    def outline(self) -> list[DayBrief]:
        """Number, title and summary of each day. They are public, even for days that are still locked."""
        return [
            DayBrief(
                number=number,
                week=1 + (number - 1) // DAYS_PER_WEEK,
                title=day["title"],
                summary=day["summary"],
                minutes=day["minutes"],
            )
            for number, day in enumerate(self.definition["days"], start=1)
        ]

    def day_brief(self, number: int) -> DayBrief:
        return self.outline[number - 1]

    def task_ids(self, number: int) -> list[str]:
        return [task["id"] for task in self.definition["days"][number - 1]["tasks"]]


class JourneyCache:
    """An in-memory cache of the most recently loaded journeys, by slug and content hash."""

    def __init__(self) -> None:
        self._contents: dict[tuple[str, str], JourneyContent] = {}

    def find_listed(self, session: Session, slug: str) -> JourneyContent | None:
        """Return a journey that members can currently start, or None if no such journey has this slug."""
        digest = session.execute(select(col(Journey.digest)).where(IS_LISTED, col(Journey.slug) == slug)).scalar()
        return self.get(session, slug, digest) if digest else None

    def get(self, session: Session, slug: str, digest: str) -> JourneyContent:
        """Return the journey with this content hash from the cache, or else its current version from the database."""
        journey = self._contents.get((slug, digest))
        if journey is None:
            columns = select(col(Journey.digest), col(Journey.definition)).where(col(Journey.slug) == slug)
            digest, definition = session.execute(columns).one()  # the digest may have changed since the caller read it
            journey = self._contents[slug, digest] = JourneyContent(slug, digest, definition)
            while len(self._contents) > MAX_CACHED_JOURNEYS:
                self._contents.pop(next(iter(self._contents)), None)
        return journey


def list_journeys(session: Session, page: PageRequest) -> JourneyPage:
    total = session.scalar(select(func.count()).select_from(Journey).where(IS_LISTED)) or 0
    columns = select(col(Journey.slug), col(Journey.definition)).where(IS_LISTED)
    rows = fetch_page(session, columns, page, BY_SLUG, total=total)
    items = [JourneyBrief.model_validate(_brief_fields(row.slug, row.definition)) for row in rows.items]
    return JourneyPage(items, rows.total, rows.next)


def read_outline(session: Session, journeys: JourneyCache, slug: str, *, body_format: str) -> JourneyRead:
    """Return a journey's descriptions and day summaries, without the content of its days.

    Raise JourneyNotFound if members can't start a journey with this slug.
    """
    journey = _listed_journey(session, journeys, slug)
    definition = journey.definition
    days = [{**day.model_dump(), "is_public": day.number == PUBLIC_DAY} for day in journey.outline]
    unchanged = {name: definition[name] for name in ("assessment", "disclaimer", "safety", "references")}
    return JourneyRead.model_validate(
        {
            **_brief_fields(slug, definition),
            **unchanged,
            "description": text_in_format(definition["description"], body_format),
            "about_21_days": text_in_format(definition["about_21_days"], body_format),
            "weeks": [{"number": number, **week} for number, week in enumerate(definition["weeks"], start=1)],
            "days": days,
            "support": SUPPORT,
        }
    )


def read_public_day(
    session: Session, journeys: JourneyCache, slug: str, number: int, *, body_format: str, now: datetime
) -> DayContent:
    """Return the content of a journey's first day, the only day that is public.

    Raise JourneyNotFound, and DayLocked for any other day.
    """
    journey = _listed_journey(session, journeys, slug)
    if number != PUBLIC_DAY:
        raise DayLocked
    return DayContent.model_validate(day_content_fields(session, journey, number, body_format=body_format, now=now))


def day_content_fields(
    session: Session, journey: JourneyContent, number: int, *, body_format: str, now: datetime
) -> dict[str, Any]:
    """Return the field values of a `DayContent` response: lesson, exercise, tasks and so on.

    The caller must first check that the day is unlocked or public.
    """
    day = journey.definition["days"][number - 1]
    return {
        **journey.day_brief(number).model_dump(),
        **{name: day[name] for name in DAY_FIELDS},
        "lesson": text_in_format(day["lesson"], body_format),
        "reflection_prompt": day["reflection"],
        "articles": find_briefs(session, day["articles"], now=now),
        "support": SUPPORT,
    }


def text_in_format(formats: dict[str, Any], body_format: str) -> dict[str, Any]:
    """Return a text in the requested format, such as `html` or `markdown`, as the fields of a `Body` response."""
    return {"format": body_format, "blocks" if body_format == "blocks" else "content": formats[body_format]}


def _listed_journey(session: Session, journeys: JourneyCache, slug: str) -> JourneyContent:
    journey = journeys.find_listed(session, slug)
    if journey is None:
        raise JourneyNotFound
    return journey


def _brief_fields(slug: str, definition: dict[str, Any]) -> dict[str, Any]:
    return {"slug": slug, "title": definition["title"], "subtitle": definition["subtitle"], "length": LENGTH}
