"""The kinds of requests that the benchmark sends, in the form in which real clients send them."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

from bench.client.journey_members import Walker
from bench.client.members import PASSWORD, REFRESH, SIGN_IN

CONCURRENT_MEMBERS = 100  # members that complete days concurrently
JOURNEY_LENGTH = 21  # days
CURRENT_RUN_PATH = "/v1/me/journeys/current"
SYNC_PATH = f"{CURRENT_RUN_PATH}/sync"
DAYS_PER_SYNC = 10  # with five changes each
ASSESSMENT = "connection-check-in"
ANSWERS = {f"q{n:02}": 1 + n % 5 for n in range(1, 9)}
REFLECTION = (
    "I noticed the pull to check whether a message had arrived, and looked out of the window for a while instead."
)

Headers = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Request:
    method: str
    path: str
    headers: Headers = field(default_factory=dict)
    body: str = ""

    @property
    def serialized(self) -> str:
        """Return the complete HTTP request as text."""
        length = {"content-length": str(len(self.body.encode()))} if self.body else {}
        headers = {"host": "127.0.0.1", **self.headers, **length}
        head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        return f"{self.method} {self.path} HTTP/1.1\r\n{head}\r\n{self.body}"


def dashboards(members: Sequence[Walker]) -> Iterator[Request]:
    for member in members:
        yield Request("GET", CURRENT_RUN_PATH, member.headers)


def completions(members: Sequence[Walker], first_day: int = 1) -> Iterator[Request]:
    """Yield requests that each complete one day of a member.

    Within a group of members, the first day of each member comes first, then the second day, and so on.
    """
    for n in range(0, len(members), CONCURRENT_MEMBERS):
        group = members[n : n + CONCURRENT_MEMBERS]
        for day in range(first_day, JOURNEY_LENGTH + 1):
            for member in group:
                yield _json_request("PATCH", f"{CURRENT_RUN_PATH}/days/{day}", {"completed": True}, member)


def syncs(members: Sequence[Walker]) -> Iterator[Request]:
    """Yield requests that sync ten days of offline changes: fifty changes each, always with new values."""
    for minutes in range(20):
        for member in members:
            yield _json_request("POST", SYNC_PATH, {"changes": list(_changes(minutes))}, member)


def _changes(minutes: int) -> Iterator[dict[str, Any]]:
    start = datetime.now(UTC) - timedelta(days=JOURNEY_LENGTH - 1, minutes=-minutes)
    mood = 1 + minutes % 4
    for day in range(1, DAYS_PER_SYNC + 1):
        updates: tuple[dict[str, Any], ...] = (
            {"mood_before": mood},
            {"tasks": {"draw-the-page": minutes % 2 == 0}} if day == 1 else {"mood_after": mood},
            {"reflection": f"{REFLECTION} {minutes}"},
            {"mood_after": mood + 1},
            {"completed": True},
        )
        for n, fields in enumerate(updates):
            happened_at = (start + timedelta(days=day - 1, seconds=n)).isoformat()
            yield {"change_id": str(uuid4()), "day": day, "happened_at": happened_at, "fields": fields}


def results(members: Sequence[Walker], results_per_member: int = 50) -> Iterator[Request]:
    body = {"assessment": ASSESSMENT, "version": 1, "answers": ANSWERS}
    for _ in range(results_per_member):
        for member in members:
            yield _json_request("PUT", f"/v1/me/results/{uuid4()}", body, member)


def scores(_: Sequence[Walker] = ()) -> Iterator[Request]:
    yield _json_request("POST", f"/v1/assessments/{ASSESSMENT}/score", {"answers": ANSWERS})


def sign_ins(members: Sequence[Walker]) -> Iterator[Request]:
    for member in members:
        yield _json_request("POST", SIGN_IN, {"email": member.address, "password": PASSWORD})


def refreshes(members: Sequence[Walker], rounds: int = 50) -> Iterator[Request]:
    """Yield requests that refresh the tokens of many sessions in turn.

    Requests of the same session are far apart, because each needs the previous response.
    """
    for counter in range(rounds):
        for member in members:
            yield _json_request("POST", REFRESH, {"refresh_token": member.refresh_token(counter)})


def _json_request(method: str, path: str, body: Mapping[str, Any], member: Walker | None = None) -> Request:
    headers = member.headers if member else {}
    return Request(method, path, {**headers, "content-type": "application/json"}, json.dumps(body))
