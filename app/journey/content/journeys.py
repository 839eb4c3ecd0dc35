"""Journeys as services use them: read once for each state of their content."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any, ClassVar

from sqlalchemy import func, select
from sqlmodel import col

from app.articles.queries import briefs_of
from app.assessments.serializers import SUPPORT as SUPPORT_LINK
from app.core.db.pagination import Order, PageRequest, page_of
from app.core.db.session import Session
from app.core.errors import FieldError, Forbidden, NotFound
from app.core.timestamps import shown_moment
from app.journey.content.schemas import DayBrief, DayContent, JourneyBrief, JourneyPage, JourneyRead, SupportHint
from app.journey.models import Journey
from app.journey.rules.schedule import LENGTH

AT_MOST = 20  # journeys in memory
SUPPORT = SupportHint(text=SUPPORT_LINK.text, href=SUPPORT_LINK.href)
A_WEEK = 7
PUBLIC_DAY = 1
BY_SLUG = Order("slug", (col(Journey.slug),))
LISTED = col(Journey.is_listed).is_(True)
SAID_OF_DAY = ("exercise", "tasks", "if_today_is_hard", "evidence", "safety", "references")


class JourneyNotFound(NotFound):
    code = "journey_not_found"
    says = "No journey has this slug."

    def __init__(self) -> None:
        super().__init__(FieldError("path", "/slug", self.says))


class DayLocked(Forbidden):
    """Says when the day opens, if that is known."""

    code = "day_locked"
    more_example: ClassVar[Mapping[str, Any]] = {"opens_at": "2026-11-25T00:00:00Z"}
    says = "This day hasn't opened yet."

    def __init__(self, opens_at: datetime | None = None) -> None:
        super().__init__(more={"opens_at": opens_at and shown_moment(opens_at)})


@dataclass(frozen=True)
class JourneyContent:
    """A journey with its days, as it was loaded from its files."""

    slug: str
    digest: str
    stored: dict[str, Any]

    @cached_property
    def outline(self) -> list[DayBrief]:
        """Each day as an outline shows it; nothing of it is a secret."""
        return [
            DayBrief(
                number=number,
                week=1 + (number - 1) // A_WEEK,
                title=day["title"],
                summary=day["summary"],
                minutes=day["minutes"],
            )
            for number, day in enumerate(self.stored["days"], start=1)
        ]

    def brief(self, number: int) -> DayBrief:
        return self.outline[number - 1]

    def tasks(self, number: int) -> list[str]:
        return [task["id"] for task in self.stored["days"][number - 1]["tasks"]]


class Journeys:
    """The journeys that were read last; others are read from the database."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, str], JourneyContent] = {}

    def listed(self, session: Session, slug: str) -> JourneyContent | None:
        """One that can be started now."""
        digest = session.execute(select(col(Journey.digest)).where(LISTED, col(Journey.slug) == slug)).scalar()
        return self.read(session, slug, digest) if digest else None

    def read(self, session: Session, slug: str, digest: str) -> JourneyContent:
        """One of which the digest has just been read."""
        found = self._known.get((slug, digest))
        if found is None:
            columns = select(col(Journey.digest), col(Journey.definition)).where(col(Journey.slug) == slug)
            digest, definition = session.execute(columns).one()  # a load may have come in between
            found = self._known[slug, digest] = JourneyContent(slug, digest, definition)
            while len(self._known) > AT_MOST:
                self._known.pop(next(iter(self._known)), None)
        return found


def list_journeys(session: Session, page: PageRequest) -> JourneyPage:
    total = session.scalar(select(func.count()).select_from(Journey).where(LISTED)) or 0
    columns = select(col(Journey.slug), col(Journey.definition)).where(LISTED)
    rows = page_of(session, columns, page, BY_SLUG, total=total)
    items = [JourneyBrief.model_validate(_brief(row.slug, row.definition)) for row in rows.items]
    return JourneyPage(items, rows.total, rows.next)


def read_outline(session: Session, journeys: Journeys, slug: str, *, body_format: str) -> JourneyRead:
    """Raises JourneyNotFound."""
    journey = _listed(session, journeys, slug)
    stored = journey.stored
    days = [{**day.model_dump(), "is_public": day.number == PUBLIC_DAY} for day in journey.outline]
    shown = {name: stored[name] for name in ("assessment", "disclaimer", "safety", "references")}
    return JourneyRead.model_validate(
        {
            **_brief(slug, stored),
            **shown,
            "description": body_of(stored["description"], body_format),
            "about_21_days": body_of(stored["about_21_days"], body_format),
            "weeks": [{"number": number, **week} for number, week in enumerate(stored["weeks"], start=1)],
            "days": days,
            "support": SUPPORT,
        }
    )


def read_public_day(
    session: Session, journeys: Journeys, slug: str, number: int, *, body_format: str, now: datetime
) -> DayContent:
    """Raises JourneyNotFound and DayLocked."""
    journey = _listed(session, journeys, slug)
    if number != PUBLIC_DAY:
        raise DayLocked
    return DayContent.model_validate(content_of(session, journey, number, body_format=body_format, now=now))


def content_of(
    session: Session, journey: JourneyContent, number: int, *, body_format: str, now: datetime
) -> dict[str, Any]:
    """The fields of `DayContent`. Only for those for whom the day is open."""
    day = journey.stored["days"][number - 1]
    return {
        **journey.brief(number).model_dump(),
        **{name: day[name] for name in SAID_OF_DAY},
        "lesson": body_of(day["lesson"], body_format),
        "reflection_prompt": day["reflection"],
        "articles": briefs_of(session, day["articles"], now=now),
        "support": SUPPORT,
    }


def body_of(forms: dict[str, Any], body_format: str) -> dict[str, Any]:
    """A text in one of its forms."""
    return {"format": body_format, "blocks" if body_format == "blocks" else "content": forms[body_format]}


def _listed(session: Session, journeys: Journeys, slug: str) -> JourneyContent:
    journey = journeys.listed(session, slug)
    if journey is None:
        raise JourneyNotFound
    return journey


def _brief(slug: str, stored: dict[str, Any]) -> dict[str, Any]:
    return {"slug": slug, "title": stored["title"], "subtitle": stored["subtitle"], "length": LENGTH}
