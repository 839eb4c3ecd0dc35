"""Starting a journey, and reading a member's runs. The client chooses the id of each run."""

from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy import and_, func, select
from sqlmodel import col

from app.accounts.members import unwrap_key
from app.accounts.models import Member, MemberKey
from app.core.db.pagination import Order, PageRequest, fetch_page
from app.core.db.session import Session
from app.core.errors import Conflict, FieldError, InvalidInput
from app.core.idempotency import body_hash, require_same_body
from app.journey import runs
from app.journey.models import Run
from app.journey.requests import NewRun
from app.journey.responses import Dashboard, RunPage
from app.journey.rules.schedule import Period, Timetable, local_date
from app.journey.runs import RunUnderway, timetable_to_json
from app.journey.serializers import build_brief, build_dashboard
from app.journey.services import JourneyServices

MAX_START_DELAY = timedelta(days=30)
MAX_RUNS = 500  # per member
NEWEST_FIRST = Order("number", (col(Run.number),), descending=True)


class UnknownJourney(InvalidInput):
    code = "unknown_journey"
    message = "No journey has this slug."

    def __init__(self) -> None:
        super().__init__(FieldError("body", "/journey", self.message))


class InvalidStartDate(InvalidInput):
    message = "A run can't start on this date."

    def __init__(self, today: date) -> None:
        last = today + MAX_START_DELAY
        super().__init__(FieldError("body", "/starts_on", f"must be from {today} to {last}, in the run's time zone"))


class TooManyRuns(Conflict):
    code = "too_many_runs"
    message = "You have reached the maximum number of runs."


def start_run(
    session: Session, services: JourneyServices, member_id: UUID, run_id: UUID, body: NewRun, *, now: datetime
) -> tuple[bool, Dashboard]:
    """Start a run through a journey, under an id that the client chose.

    Return whether the run is new, and its dashboard. If the client repeats a request, the existing run is returned.
    Raise IdReused (the id has been used for a different request), UnknownJourney, InvalidStartDate, RunUnderway and
    TooManyRuns.
    """
    of_member = col(Run.member_id) == member_id
    row = session.execute(
        select(
            col(Member.time_zone),
            col(MemberKey.key_id),
            col(MemberKey.wrapped),
            col(Run.body_hash),
            select(func.max(col(Run.number))).where(of_member).scalar_subquery().label("last_number"),
            select(func.count()).where(of_member, col(Run.is_underway).is_(True)).scalar_subquery().label("underway"),
        )
        .select_from(Member)
        .join(MemberKey, col(MemberKey.member_id) == col(Member.id))
        .outerjoin(Run, and_(of_member, col(Run.id) == run_id))
        .where(col(Member.id) == member_id)
    ).one()
    key = unwrap_key(services.ring, member_id, row.key_id, row.wrapped)
    sent_hash = body_hash(key, body.model_dump(mode="json", exclude_unset=True))
    if row.body_hash is not None:
        require_same_body(row.body_hash, sent_hash, pointer="/run_id")
        return False, build_dashboard(session, services, runs.load(session, member_id, run_id), now=now)
    journey = services.journeys.find_listed(session, body.journey)
    if journey is None:
        raise UnknownJourney
    zone = body.time_zone or row.time_zone
    today = local_date(now, zone)
    starts_on = body.starts_on or today
    if not today <= starts_on <= today + MAX_START_DELAY:
        raise InvalidStartDate(today)
    if row.underway:
        raise RunUnderway
    number = (row.last_number or 0) + 1
    if number > MAX_RUNS:
        raise TooManyRuns
    session.insert(
        Run(
            member_id=member_id,
            id=run_id,
            number=number,
            journey=journey.slug,
            body_hash=sent_hash,
            pace=body.pace,
            starts_on=starts_on,
            timetable=timetable_to_json(Timetable(starts_on, body.pace, (Period(now, zone),))),
            is_underway=True,
            started_at=now,
        )
    )
    return True, build_dashboard(session, services, runs.load(session, member_id, run_id), now=now)


def read_dashboard(
    session: Session, services: JourneyServices, member_id: UUID, run_id: UUID | None, *, now: datetime
) -> Dashboard:
    """Return the dashboard of a journey run: its status, progress and days. Raise RunNotFound."""
    return build_dashboard(session, services, runs.load(session, member_id, run_id), now=now)


def list_runs(
    session: Session, services: JourneyServices, member_id: UUID, page: PageRequest, *, now: datetime
) -> RunPage:
    """Return a page of the member's journey runs, newest first."""
    of_member = col(Run.member_id) == member_id
    total = session.scalar(select(func.count()).select_from(Run).where(of_member)) or 0
    rows = fetch_page(session, select(col(Run.id)).where(of_member), page, NEWEST_FIRST, total=total)
    numbers = [row.number for row in rows.items]
    stored_runs = runs.load_by_number(session, member_id, numbers)
    items = [build_brief(session, services, stored_runs[number], now=now) for number in numbers]
    return RunPage(items, rows.total, rows.next)
