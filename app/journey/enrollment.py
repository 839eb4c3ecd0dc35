"""Starting a run under an id of the client's choice, and looking at those that there are."""

from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy import and_, func, select
from sqlmodel import col

from app.accounts.members import unwrapped_key
from app.accounts.models import Member, MemberKey
from app.core.db.pagination import Order, PageRequest, page_of
from app.core.db.session import Session
from app.core.errors import BadInput, Conflict, FieldError
from app.core.idempotency import body_hash, check_same
from app.journey import runs
from app.journey.models import Run
from app.journey.requests import NewRun
from app.journey.responses import Dashboard, RunPage
from app.journey.rules.schedule import Stretch, Timetable, local_date
from app.journey.runs import RunUnderway, timetable_to_json
from app.journey.serializers import brief_of, dashboard_of
from app.journey.services import JourneyServices

FARTHEST = timedelta(days=30)  # that a run may start ahead, in dates
AT_MOST = 500  # runs of one member
NEWEST = Order("number", (col(Run.number),), descending=True)


class UnknownJourney(BadInput):
    code = "unknown_journey"
    says = "No journey has this slug."

    def __init__(self) -> None:
        super().__init__(FieldError("body", "/journey", self.says))


class NotAStart(BadInput):
    says = "A run can't start on that date."

    def __init__(self, today: date) -> None:
        last = today + FARTHEST
        super().__init__(FieldError("body", "/starts_on", f"must be from {today} to {last}, by the clocks of its zone"))


class TooManyRuns(Conflict):
    code = "too_many_runs"
    says = "There is no room for more runs."


def start_run(
    session: Session, services: JourneyServices, member_id: UUID, run_id: UUID, body: NewRun, *, now: datetime
) -> tuple[bool, Dashboard]:
    """Whether the run is new, and its dashboard.

    Raises IdReused, UnknownJourney, NotAStart, RunUnderway and TooManyRuns.
    """
    mine = col(Run.member_id) == member_id
    row = session.execute(
        select(
            col(Member.time_zone),
            col(MemberKey.key_id),
            col(MemberKey.wrapped),
            col(Run.body_hash),
            select(func.max(col(Run.number))).where(mine).scalar_subquery().label("number"),
            select(func.count()).where(mine, col(Run.is_underway).is_(True)).scalar_subquery().label("underway"),
        )
        .select_from(Member)
        .join(MemberKey, col(MemberKey.member_id) == col(Member.id))
        .outerjoin(Run, and_(mine, col(Run.id) == run_id))
        .where(col(Member.id) == member_id)
    ).one()
    key = unwrapped_key(services.ring, member_id, row.key_id, row.wrapped)
    sent = body_hash(key, body.model_dump(mode="json", exclude_unset=True))
    if row.body_hash is not None:
        check_same(row.body_hash, sent, pointer="/run_id")
        return False, dashboard_of(session, services, runs.load(session, member_id, run_id), now=now)
    journey = services.journeys.listed(session, body.journey)
    if journey is None:
        raise UnknownJourney
    zone = body.time_zone or row.time_zone
    today = local_date(now, zone)
    starts_on = body.starts_on or today
    if not today <= starts_on <= today + FARTHEST:
        raise NotAStart(today)
    if row.underway:
        raise RunUnderway
    number = (row.number or 0) + 1
    if number > AT_MOST:
        raise TooManyRuns
    session.insert(
        Run(
            member_id=member_id,
            id=run_id,
            number=number,
            journey=journey.slug,
            body_hash=sent,
            pace=body.pace,
            starts_on=starts_on,
            timetable=timetable_to_json(Timetable(starts_on, body.pace, (Stretch(now, zone),))),
            is_underway=True,
            started_at=now,
        )
    )
    return True, dashboard_of(session, services, runs.load(session, member_id, run_id), now=now)


def read_dashboard(
    session: Session, services: JourneyServices, member_id: UUID, run_id: UUID | None, *, now: datetime
) -> Dashboard:
    """Raises RunNotFound."""
    return dashboard_of(session, services, runs.load(session, member_id, run_id), now=now)


def list_runs(
    session: Session, services: JourneyServices, member_id: UUID, page: PageRequest, *, now: datetime
) -> RunPage:
    """The newest first."""
    mine = col(Run.member_id) == member_id
    total = session.scalar(select(func.count()).select_from(Run).where(mine)) or 0
    found = page_of(session, select(col(Run.id)).where(mine), page, NEWEST, total=total)
    numbers = [row.number for row in found.items]
    loaded = runs.load_numbered(session, member_id, numbers)
    items = [brief_of(session, services, loaded[number], now=now) for number in numbers]
    return RunPage(items, found.total, found.next)
