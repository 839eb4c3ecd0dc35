"""A run's calendar under a secret address, for whatever calendar app a member uses. It tells when, and nothing else."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from secrets import token_urlsafe
from uuid import UUID
from zoneinfo import ZoneInfo

import icalendar
from icalendar import TRANSP, Alarm, Event, Timezone
from sqlalchemy import and_, delete, select
from sqlmodel import col

from app.accounts.members import unwrapped_key
from app.accounts.models import MemberKey
from app.core.crypto.encryption import seal, unseal
from app.core.db.session import Session
from app.core.errors import NotFound
from app.journey import runs
from app.journey.models import Calendar
from app.journey.responses import CalendarRead
from app.journey.rules.progress import DayStatus, RunProgress, Status, run_progress
from app.journey.runs import RunFinished, StoredRun
from app.journey.services import JourneyServices

SECRET = 48  # bytes: too long to pass for the name of a field, which an error may repeat
TITLE = "A moment for yourself"  # neutral: others may look at a calendar
NAME = "A moment each day"
PRODUCER = "-//21 Twenty One//Days//EN"
LOOKED_UP = timedelta(hours=1)  # how often an app may ask anew
AHEAD = timedelta(days=90)  # that the zone's clock changes are told for; no run is planned further
GOING_ON = {Status.SCHEDULED, Status.ACTIVE}


class CalendarNotFound(NotFound):
    code = "calendar_not_found"
    says = "No calendar has this address, or no longer."


def make_calendar(
    session: Session, services: JourneyServices, member_id: UUID, run_id: UUID | None, *, site: str, now: datetime
) -> tuple[bool, CalendarRead]:
    """Whether the calendar is new, and its address on this `site`; an existing calendar keeps its address.

    Raises RunNotFound and RunFinished.
    """
    stored = runs.load(session, member_id, run_id)
    row = session.execute(
        select(col(MemberKey.key_id), col(MemberKey.wrapped), col(Calendar.sealed), col(Calendar.made_at))
        .select_from(MemberKey)
        .outerjoin(Calendar, and_(col(Calendar.member_id) == member_id, col(Calendar.run_id) == stored.id))
        .where(col(MemberKey.member_id) == member_id)
    ).one()
    key, place = unwrapped_key(services.ring, member_id, row.key_id, row.wrapped), _place(stored)
    if row.sealed is not None:
        return False, _read(unseal(key, row.sealed, bound_to=place).decode(), row.made_at, site)
    if not stored.run.is_underway:
        raise RunFinished
    secret = token_urlsafe(SECRET)
    session.insert(
        Calendar(
            member_id=member_id,
            run_id=stored.id,
            secret_hash=_hash(secret),
            sealed=seal(key, secret.encode(), bound_to=place),
            made_at=now,
        )
    )
    return True, _read(secret, now, site)


def revoke_calendar(session: Session, member_id: UUID, run_id: UUID | None) -> None:
    """Raises RunNotFound."""
    stored = runs.load(session, member_id, run_id)
    this = col(Calendar.member_id) == member_id, col(Calendar.run_id) == stored.id
    session.execute(delete(Calendar).where(*this))


def read_calendar(session: Session, services: JourneyServices, secret: str, *, now: datetime) -> bytes:
    """The coming days as iCalendar (RFC 5545). Raises CalendarNotFound."""
    hashed = _hash(secret)
    row = session.execute(
        select(col(Calendar.member_id), col(Calendar.run_id)).where(col(Calendar.secret_hash) == hashed)
    ).first()
    if row is None:
        raise CalendarNotFound
    stored = runs.load(session, row.member_id, row.run_id)
    journey = services.journeys.read(session, stored.journey, stored.digest)
    minutes = [day.minutes for day in journey.outline]
    found = run_progress(stored.run, now=now)
    uid = hashed.hex()[:32]
    zone = stored.run.timetable.zone
    calendar = icalendar.Calendar.new(prodid=PRODUCER, name=NAME, uid=uid, refresh_interval=LOOKED_UP)
    calendar.add_component(
        Timezone.from_tzid(zone, first_date=found.today - timedelta(days=1), last_date=found.today + AHEAD)
    )
    for number, on in _coming(found):
        length = timedelta(minutes=minutes[number - 1])
        start, end = _times(on, stored, length)
        event = Event.new(
            uid=f"{uid}-{number}", summary=TITLE, start=start, end=end, stamp=now, transparency=TRANSP.TRANSPARENT
        )
        if stored.reminder_time is not None:
            event.add_component(_alarm())
        calendar.add_component(event)
    written: bytes = calendar.to_ical()
    return written


def _coming(found: RunProgress) -> Iterator[tuple[int, date]]:
    """The days that are still to come, each with its date; one that is open already is for today, if no other is."""
    if found.status not in GOING_ON:
        return
    coming = {
        day.scheduled_on: day.number
        for day in found.days
        if day.status is not DayStatus.COMPLETED and day.scheduled_on and day.scheduled_on >= found.today
    }
    if found.next_day is not None and found.today not in coming:
        coming = {found.today: found.next_day, **coming}
    for on, number in coming.items():
        yield number, on


def _times(on: date, stored: StoredRun, length: timedelta) -> tuple[date, date]:
    """From the member's reminder time on; without one it is the whole date. A time that the clocks leave out is the one
    that they show instead.
    """
    if stored.reminder_time is None:
        return on, on + timedelta(days=1)
    zone = ZoneInfo(stored.run.timetable.zone)
    start = datetime.combine(on, stored.reminder_time, zone).astimezone(UTC)
    return start.astimezone(zone), (start + length).astimezone(zone)


def _alarm() -> Alarm:
    alarm = Alarm()
    alarm.add("ACTION", "DISPLAY")
    alarm.add("DESCRIPTION", TITLE)
    alarm.add("TRIGGER", timedelta())
    return alarm


def _read(secret: str, made_at: datetime, site: str) -> CalendarRead:
    path = f"/v1/calendars/{secret}.ics"
    return CalendarRead(path=path, url=site.rstrip("/") + path, made_at=made_at)


def _hash(secret: str) -> bytes:
    return sha256(secret.encode()).digest()


def _place(stored: StoredRun) -> str:
    return f"calendars|{stored.member_id}|{stored.id}"
