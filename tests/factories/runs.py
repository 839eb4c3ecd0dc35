"""Members on a journey, whose days pass as a test says."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import icalendar
from httpx2 import Response
from time_machine import Traveller

from tests.factories.results import agreed, new_id
from tests.factories.services import Person, Service

RUNS, JOURNEY, ZONE = "/v1/me/journeys", "21-days", "Europe/Dublin"
MORNING = datetime(2027, 1, 11, 9, tzinfo=UTC)  # a Monday; in Dublin clocks show UTC then
TODAY = MORNING.date()
A_DAY, AN_HOUR = timedelta(days=1), timedelta(hours=1)

Json = dict[str, Any]


def shown(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def clock_time(day: date, hour: int, minute: int = 0, zone: str = ZONE) -> datetime:
    """When the clocks of a zone show a time."""
    return datetime.combine(day, time(hour, minute), ZoneInfo(zone))


def body_of_run(**more: Any) -> Json:
    return {"journey": JOURNEY, "time_zone": ZONE, "pace": "daily"} | more


def start(person: Person, run_id: str | None = None, **more: Any) -> Response:
    return person.ask("PUT", f"{RUNS}/{run_id or new_id()}", body_of_run(**more))


def change_of(day: int, happened_at: datetime | str, *, change_id: str = "", **fields: Any) -> Json:
    """A change as a phone keeps it for later."""
    at = shown(happened_at) if isinstance(happened_at, datetime) else happened_at
    return {"change_id": change_id or new_id(), "day": day, "happened_at": at, "fields": fields}


def at_once(many: int, ask: Callable[[int], Response]) -> list[Response]:
    with ThreadPoolExecutor(many) as pool:
        return list(pool.map(ask, range(many)))


def state_of(dashboard: Json) -> Json:
    """All of a dashboard but what makes it one run's or another's."""
    return {name: value for name, value in dashboard.items() if name not in {"id", "started_at"}}


@dataclass(slots=True)
class Walker:
    """Somebody with a run; their `ask` is about that."""

    person: Person
    clock: Traveller
    run_id: str = "current"

    @classmethod
    def of(cls, service: Service, clock: Traveller, *, agrees: bool = True, **more: Any) -> "Walker":
        """One who begins now."""
        walker = cls(agreed(service) if agrees else service.register(), clock)
        walker.start(**more)
        return walker

    def start(self, **more: Any) -> Json:
        run_id = new_id()
        reply = start(self.person, run_id, **more)
        assert reply.status_code == 201, reply.text
        self.run_id = run_id
        return dict(reply.json())

    def ask(self, method: str, path: str = "", body: Any = None, **options: Any) -> Response:
        return self.person.ask(method, f"{RUNS}/{self.run_id}{path}", body, **options)

    def travel(self, to: datetime | timedelta) -> None:
        """To a moment, or for a while."""
        if isinstance(to, timedelta):
            self.clock.shift(to)
        else:
            self.clock.move_to(to)
        assert self.person.renew().status_code == 200

    def dashboard(self) -> Any:
        return good(self.ask("GET"))

    def modify(self, **changes: Any) -> Any:
        """Change the run."""
        return good(self.ask("PATCH", "", changes))

    def read(self, day: int) -> Any:
        return good(self.ask("GET", f"/days/{day}"))

    def change(self, day: int, **fields: Any) -> Response:
        return self.ask("PATCH", f"/days/{day}", fields)

    def note(self, day: int, **fields: Any) -> Any:
        """A change of a day that goes well; where they stand then."""
        return good(self.change(day, **fields))

    def complete(self, *days: int) -> None:
        for day in days:
            self.note(day, completed=True)

    def send(self, *changes: Json) -> Response:
        return self.ask("POST", "/sync", {"changes": list(changes)})

    def sync(self, *changes: Json) -> Any:
        return good(self.send(*changes))

    def finish(self) -> None:
        """All days, once they are open."""
        self.travel(20 * A_DAY)
        self.sync(*(change_of(day, self.now, completed=True) for day in range(1, 22)))

    @property
    def now(self) -> datetime:
        return datetime.now(UTC)

    def progress(self) -> list[Json]:
        """What is kept of each open day."""
        return [self.read(day)["progress"] for day in range(1, (self.dashboard()["current_day"] or 0) + 1)]


def good(reply: Response) -> Any:
    assert reply.status_code == 200, reply.text
    return reply.json()


def calendar_path(walker: Walker) -> str:
    """The address of their run's calendar."""
    reply = walker.ask("PUT", "/calendar")
    assert reply.status_code in {200, 201}, reply.text
    return str(reply.json()["path"])


def calendar_of(walker: Walker) -> Any:
    """As a calendar app reads it."""
    reply = walker.person.client.get(calendar_path(walker))
    assert reply.status_code == 200, reply.text
    assert reply.headers["Content-Type"].startswith("text/calendar")
    return icalendar.Calendar.from_ical(reply.content)


def events_of(walker: Walker) -> list[Any]:
    return list(calendar_of(walker).walk("VEVENT"))


def statuses(dashboard: Json) -> list[str]:
    """Of its days."""
    return [day["status"] for day in dashboard["days"]]


def streak(dashboard: Json) -> tuple[int, int, int]:
    """Current, longest, bridged."""
    found = dashboard["streak"]
    return found["current"], found["longest"], found["bridged"]


def refused(result: Json) -> tuple[int, str, list[str]]:
    """Of one change in a batch: why it was refused, and where."""
    assert result["status"] == "refused"
    problem = result["problem"]
    return problem["status"], problem["code"], [each["pointer"] for each in problem["errors"]]
