"""Calendar subscriptions for 21-day journeys, as iCalendar feeds under secret addresses.

The events show when a day is due, but contain nothing of the journey's content.
"""

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

from app.accounts.members import unwrap_key
from app.accounts.models import MemberKey
from app.core.crypto.encryption import decrypt, encrypt
from app.core.db.session import Session
from app.core.errors import NotFound
from app.journey import runs
from app.journey.models import Calendar
from app.journey.responses import CalendarRead
from app.journey.rules.progress import DayStatus, RunProgress, Status, compute_progress
from app.journey.runs import RunFinished, StoredRun
from app.journey.services import JourneyServices

SECRET_BYTES = 48  # 64 characters as text: too long for error responses, which repeat only shorter names
EVENT_TITLE = "A moment for yourself"  # neutral, because other people may see the calendar
CALENDAR_NAME = "A moment each day"
PRODUCT_ID = "-//21 Twenty One//Days//EN"
REFRESH_INTERVAL = timedelta(hours=1)
TIME_ZONE_HORIZON = timedelta(days=90)  # clock changes are listed this far ahead; no day is scheduled any later
STATUSES_WITH_EVENTS = {Status.SCHEDULED, Status.ACTIVE}


class CalendarNotFound(NotFound):
    code = "calendar_not_found"
    message = "No calendar exists at this address. It may have been revoked."


def create_calendar(
    session: Session, services: JourneyServices, member_id: UUID, run_id: UUID | None, *, base_url: str, now: datetime
) -> tuple[bool, CalendarRead]:
    """Create a calendar subscription for a journey run, or return the existing one.

    The returned flag is true if it is new. An existing calendar retains its address. Raise RunNotFound. Raises
    RunFinished if the run is finished and has no calendar yet.
    """
    stored_run = runs.load(session, member_id, run_id)
    row = session.execute(
        select(col(MemberKey.key_id), col(MemberKey.wrapped), col(Calendar.sealed), col(Calendar.made_at))
        .select_from(MemberKey)
        .outerjoin(Calendar, and_(col(Calendar.member_id) == member_id, col(Calendar.run_id) == stored_run.id))
        .where(col(MemberKey.member_id) == member_id)
    ).one()
    key = unwrap_key(services.ring, member_id, row.key_id, row.wrapped)
    associated_data = _associated_data(stored_run)
    if row.sealed is not None:
        secret = decrypt(key, row.sealed, associated_data=associated_data).decode()
        return False, _calendar_read(secret, row.made_at, base_url)
    if not stored_run.run.is_underway:
        raise RunFinished
    secret = token_urlsafe(SECRET_BYTES)
    session.insert(
        Calendar(
            member_id=member_id,
            run_id=stored_run.id,
            secret_hash=_hash(secret),
            sealed=encrypt(key, secret.encode(), associated_data=associated_data),
            made_at=now,
        )
    )
    return True, _calendar_read(secret, now, base_url)


def revoke_calendar(session: Session, member_id: UUID, run_id: UUID | None) -> None:
    """Delete the calendar subscription of a journey run, if it has one.

    Raise RunNotFound if the member has no such run.
    """
    stored_run = runs.load(session, member_id, run_id)
    of_run = col(Calendar.member_id) == member_id, col(Calendar.run_id) == stored_run.id
    session.execute(delete(Calendar).where(*of_run))


def read_calendar(session: Session, services: JourneyServices, secret: str, *, now: datetime) -> bytes:
    """Return the iCalendar file (RFC 5545) with the upcoming days of a journey run.

    Raise CalendarNotFound if no calendar has this secret address.
    """
    secret_hash = _hash(secret)
    row = session.execute(
        select(col(Calendar.member_id), col(Calendar.run_id)).where(col(Calendar.secret_hash) == secret_hash)
    ).first()
    if row is None:
        raise CalendarNotFound
    stored_run = runs.load(session, row.member_id, row.run_id)
    journey = services.journeys.get(session, stored_run.journey, stored_run.digest)
    minutes = [day.minutes for day in journey.outline]
    progress = compute_progress(stored_run.run, now=now)
    uid = secret_hash.hex()[:32]
    zone = stored_run.run.timetable.zone
    calendar = icalendar.Calendar.new(prodid=PRODUCT_ID, name=CALENDAR_NAME, uid=uid, refresh_interval=REFRESH_INTERVAL)
    calendar.add_component(
        Timezone.from_tzid(
            zone, first_date=progress.today - timedelta(days=1), last_date=progress.today + TIME_ZONE_HORIZON
        )
    )
    for number, event_date in _upcoming_days(progress):
        start, end = _event_times(event_date, stored_run, duration=timedelta(minutes=minutes[number - 1]))
        event = Event.new(
            uid=f"{uid}-{number}", summary=EVENT_TITLE, start=start, end=end, stamp=now, transparency=TRANSP.TRANSPARENT
        )
        if stored_run.reminder_time is not None:
            event.add_component(_alarm())
        calendar.add_component(event)
    content: bytes = calendar.to_ical()
    return content


def _upcoming_days(progress: RunProgress) -> Iterator[tuple[int, date]]:
    """Yield the number and the date of each journey day that isn't completed and is due today or later.

    If no such day is due today, the first unlocked day that isn't completed is added under today's date. If the run is
    paused or finished, no days are yielded.
    """
    if progress.status not in STATUSES_WITH_EVENTS:
        return
    upcoming = {
        day.scheduled_on: day.number
        for day in progress.days
        if day.status is not DayStatus.COMPLETED and day.scheduled_on and day.scheduled_on >= progress.today
    }
    if progress.next_day is not None and progress.today not in upcoming:
        upcoming = {progress.today: progress.next_day, **upcoming}
    for event_date, number in upcoming.items():
        yield number, event_date


def _event_times(event_date: date, stored_run: StoredRun, *, duration: timedelta) -> tuple[date, date]:
    """Return the start and the end of a calendar event.

    The event starts at the member's reminder time, or lasts all day if no reminder is set. If the clocks skip the
    reminder time on that date, the start moves forward by the length of the gap.
    """
    if stored_run.reminder_time is None:
        return event_date, event_date + timedelta(days=1)
    zone = ZoneInfo(stored_run.run.timetable.zone)
    start = datetime.combine(event_date, stored_run.reminder_time, zone).astimezone(UTC)
    return start.astimezone(zone), (start + duration).astimezone(zone)


def _alarm() -> Alarm:
    alarm = Alarm()
    alarm.add("ACTION", "DISPLAY")
    alarm.add("DESCRIPTION", EVENT_TITLE)
    alarm.add("TRIGGER", timedelta())
    return alarm


def _calendar_read(secret: str, made_at: datetime, base_url: str) -> CalendarRead:
    path = f"/v1/calendars/{secret}.ics"
    return CalendarRead(path=path, url=base_url.rstrip("/") + path, made_at=made_at)


def _hash(secret: str) -> bytes:
    return sha256(secret.encode()).digest()


def _associated_data(stored_run: StoredRun) -> str:
    return f"calendars|{stored_run.member_id}|{stored_run.id}"
