"""Test helpers: members with a run (enrolment in a journey), and a clock that the test controls."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import icalendar
from httpx2 import Response
from time_machine import Traveller

from tests.factories.results import consenting_member, new_id
from tests.factories.services import MemberClient, Service

RUNS_PATH, JOURNEY_SLUG, TIME_ZONE = "/v1/me/journeys", "21-days", "Europe/Dublin"
MORNING = datetime(2027, 1, 11, 9, tzinfo=UTC)  # a Monday; Dublin uses UTC in winter
TODAY = MORNING.date()
ONE_DAY, ONE_HOUR = timedelta(days=1), timedelta(hours=1)

Json = dict[str, Any]


def format_utc(instant: datetime) -> str:
    return instant.astimezone(UTC).isoformat().replace("+00:00", "Z")


def local_time(day: date, hour: int, minute: int = 0, zone: str = TIME_ZONE) -> datetime:
    """Return the datetime of a local time on a day, in a time zone."""
    return datetime.combine(day, time(hour, minute), ZoneInfo(zone))


def run_body(**fields: Any) -> Json:
    return {"journey": JOURNEY_SLUG, "time_zone": TIME_ZONE, "pace": "daily"} | fields


def start_run(person: MemberClient, run_id: str | None = None, **fields: Any) -> Response:
    return person.request("PUT", f"{RUNS_PATH}/{run_id or new_id()}", run_body(**fields))


def offline_change(day: int, happened_at: datetime | str, *, change_id: str = "", **fields: Any) -> Json:
    """Return a change that an offline client recorded, in the form in which it is synced."""
    at = format_utc(happened_at) if isinstance(happened_at, datetime) else happened_at
    return {"change_id": change_id or new_id(), "day": day, "happened_at": at, "fields": fields}


def run_concurrently(count: int, send: Callable[[int], Response]) -> list[Response]:
    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(send, range(count)))


def comparable_dashboard(dashboard: Json) -> Json:
    """Return the dashboard without the fields that differ between two equal runs."""
    return {name: value for name, value in dashboard.items() if name not in {"id", "started_at"}}


@dataclass(slots=True)
class RunClient:
    """A test client of a member with a run (enrolment in a journey).

    Request paths are relative to the path of the run.
    """

    member: MemberClient
    clock: Traveller
    run_id: str = "current"

    @classmethod
    def create(cls, service: Service, clock: Traveller, *, consents: bool = True, **fields: Any) -> "RunClient":
        """Register a member, and start a run at the current time."""
        client = cls(consenting_member(service) if consents else service.register(), clock)
        client.start(**fields)
        return client

    def start(self, **fields: Any) -> Json:
        run_id = new_id()
        response = start_run(self.member, run_id, **fields)
        assert response.status_code == 201, response.text
        self.run_id = run_id
        return dict(response.json())

    def request(self, method: str, path: str = "", body: Any = None, **options: Any) -> Response:
        return self.member.request(method, f"{RUNS_PATH}/{self.run_id}{path}", body, **options)

    def travel(self, to: datetime | timedelta) -> None:
        """Move the clock to a time or by a duration, then refresh the session."""
        if isinstance(to, timedelta):
            self.clock.shift(to)
        else:
            self.clock.move_to(to)
        assert self.member.refresh_session().status_code == 200

    def dashboard(self) -> Any:
        return ok_json(self.request("GET"))

    def update_run(self, **changes: Any) -> Any:
        return ok_json(self.request("PATCH", "", changes))

    def read_day(self, day: int) -> Any:
        return ok_json(self.request("GET", f"/days/{day}"))

    def change_day(self, day: int, **fields: Any) -> Response:
        return self.request("PATCH", f"/days/{day}", fields)

    def update_day(self, day: int, **fields: Any) -> Any:
        """Change a day, and return the body of the successful response."""
        return ok_json(self.change_day(day, **fields))

    def complete_days(self, *days: int) -> None:
        for day in days:
            self.update_day(day, completed=True)

    def send_changes(self, *changes: Json) -> Response:
        return self.request("POST", "/sync", {"changes": list(changes)})

    def sync(self, *changes: Json) -> Any:
        return ok_json(self.send_changes(*changes))

    def complete_all_days(self) -> None:
        """Move the clock to the first date on which all days are unlocked, and complete them."""
        self.travel(20 * ONE_DAY)
        self.sync(*(offline_change(day, self.now, completed=True) for day in range(1, 22)))

    @property
    def now(self) -> datetime:
        return datetime.now(UTC)

    def open_days_progress(self) -> list[Json]:
        """Return the stored progress of each unlocked day."""
        return [self.read_day(day)["progress"] for day in range(1, (self.dashboard()["current_day"] or 0) + 1)]


def ok_json(response: Response) -> Any:
    assert response.status_code == 200, response.text
    return response.json()


def calendar_path(client: RunClient) -> str:
    """Create the calendar subscription of a run, and return its path."""
    response = client.request("PUT", "/calendar")
    assert response.status_code in {200, 201}, response.text
    return str(response.json()["path"])


def read_calendar(client: RunClient) -> Any:
    """Return the run's calendar, parsed in the same way as by a calendar application."""
    response = client.member.client.get(calendar_path(client))
    assert response.status_code == 200, response.text
    assert response.headers["Content-Type"].startswith("text/calendar")
    return icalendar.Calendar.from_ical(response.content)


def calendar_events(client: RunClient) -> list[Any]:
    return list(read_calendar(client).walk("VEVENT"))


def day_statuses(dashboard: Json) -> list[str]:
    return [day["status"] for day in dashboard["days"]]


def streak_lengths(dashboard: Json) -> tuple[int, int, int]:
    """Return the current streak, the longest streak and the missed dates within the current streak."""
    values = dashboard["streak"]
    return values["current"], values["longest"], values["bridged"]


def problem_summary(response: Response) -> tuple[int, str, list[str]]:
    """Return the status and code of an error response, and the locations of its errors, such as "body/day"."""
    problem = response.json()
    return response.status_code, problem["code"], [f"{error['in']}{error['pointer']}" for error in problem["errors"]]


def rejected_change(result: Json) -> tuple[int, str, list[str]]:
    """Return the status, code and error pointers of a change that a sync rejected."""
    assert result["status"] == "refused"
    problem = result["problem"]
    return problem["status"], problem["code"], [error["pointer"] for error in problem["errors"]]
