"""What is asked, kind by kind: requests as clients of the API send them."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol
from uuid import uuid4

from bench.client.members import PASSWORD, REFRESH, SIGN_IN

TOGETHER = 100  # members who go through their days at the same time
LENGTH = 21  # days of a journey
CURRENT = "/v1/me/journeys/current"
SYNC = f"{CURRENT}/sync"
OFFLINE = 10  # days that are synced at once: five changes of each
CHECK_IN = "connection-check-in"
ANSWERS = {f"q{n:02}": 1 + n % 5 for n in range(1, 9)}
REFLECTION = (
    "I noticed the pull to check whether anybody had written, and looked out of the window for a while instead."
)

Headers = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Request:
    method: str
    path: str
    headers: Headers = field(default_factory=dict)
    body: str = ""

    @property
    def wire(self) -> str:
        """As it goes to a server."""
        length = {"content-length": str(len(self.body.encode()))} if self.body else {}
        named = {"host": "127.0.0.1", **self.headers, **length}
        head = "".join(f"{name}: {value}\r\n" for name, value in named.items())
        return f"{self.method} {self.path} HTTP/1.1\r\n{head}\r\n{self.body}"


class Person(Protocol):
    """A member as a server knows them."""

    @property
    def headers(self) -> Headers:
        """What says who is asking."""

    @property
    def address(self) -> str: ...

    def refresh_token(self, turn: int) -> str: ...


def dashboards(people: Sequence[Person]) -> Iterator[Request]:
    for person in people:
        yield Request("GET", CURRENT, person.headers)


def completions(people: Sequence[Person], first: int = 1) -> Iterator[Request]:
    """Each is a new one: some members complete their first day, and then their second, until all are done."""
    for some in _groups(people):
        for day in range(first, LENGTH + 1):
            for person in some:
                yield _sent("PATCH", f"{CURRENT}/days/{day}", {"completed": True}, person)


def syncs(people: Sequence[Person]) -> Iterator[Request]:
    """What a phone gathers in ten days without a network, and says differently later: fifty changes each time."""
    for minutes in range(20):
        for person in people:
            yield _sent("POST", SYNC, {"changes": list(_changes(minutes))}, person)


def _changes(minutes: int) -> Iterator[dict[str, Any]]:
    start = datetime.now(UTC) - timedelta(days=LENGTH - 1, minutes=-minutes)
    mood = 1 + minutes % 4
    for day in range(1, OFFLINE + 1):
        said: tuple[dict[str, Any], ...] = (
            {"mood_before": mood},
            {"tasks": {"draw-the-page": minutes % 2 == 0}} if day == 1 else {"mood_after": mood},
            {"reflection": f"{REFLECTION} {minutes}"},
            {"mood_after": mood + 1},
            {"completed": True},
        )
        for n, fields in enumerate(said):
            at = (start + timedelta(days=day - 1, seconds=n)).isoformat()
            yield {"change_id": str(uuid4()), "day": day, "happened_at": at, "fields": fields}


def results(people: Sequence[Person], each: int = 50) -> Iterator[Request]:
    body = {"assessment": CHECK_IN, "version": 1, "answers": ANSWERS}
    for _ in range(each):
        for person in people:
            yield _sent("PUT", f"/v1/me/results/{uuid4()}", body, person)


def scores(_: Sequence[Person] = ()) -> Iterator[Request]:
    yield _sent("POST", f"/v1/assessments/{CHECK_IN}/score", {"answers": ANSWERS})


def sign_ins(people: Sequence[Person]) -> Iterator[Request]:
    for person in people:
        yield _sent("POST", SIGN_IN, {"email": person.address, "password": PASSWORD})


def refreshes(people: Sequence[Person], turns: int = 50) -> Iterator[Request]:
    """A session's tokens in turn; so many members at once that nobody asks before the one before was answered."""
    for turn in range(turns):
        for person in people:
            yield _sent("POST", REFRESH, {"refresh_token": person.refresh_token(turn)})


def _sent(method: str, path: str, body: Mapping[str, Any], person: Person | None = None) -> Request:
    headers = person.headers if person else {}
    return Request(method, path, {**headers, "content-type": "application/json"}, json.dumps(body))


def _groups(people: Sequence[Person]) -> Iterator[Sequence[Person]]:
    return (people[n : n + TOGETHER] for n in range(0, len(people), TOGETHER))
