"""Members who write one thing after the other, and know what they were told is done."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from random import Random
from typing import Any
from uuid import UUID

import httpx

from bench.client.members import PASSWORD, REGISTER, SIGN_IN
from bench.client.requests import CHECK_IN, CURRENT, SYNC
from bench.client.walkers import Walker

State = dict[str, Any]  # what is kept of a member, by name
DRAFT = f"draft of {CHECK_IN}"
MOST_DAYS = 10  # that they write about, so that the same day is written about again
PATIENCE = 10  # seconds that an answer may take


@dataclass(frozen=True, slots=True)
class Write:
    method: str
    path: str
    body: Any
    changes: Mapping[str, Any]  # of the state; None: that is gone

    def done_to(self, state: State) -> State:
        return {name: value for name, value in (state | dict(self.changes)).items() if value is not None}

    def send(self, client: httpx.Client) -> httpx.Response:
        return client.request(self.method, self.path, json=self.body)


@dataclass(slots=True)
class Writer:
    """`state` is what was acknowledged, `unanswered` what may have been done or not. Who `decides` agrees and withdraws
    again and again, and so keeps nothing that needs consent.
    """

    walker: Walker
    articles: Sequence[str]
    random: Random
    decides: bool = False
    state: State = field(default_factory=lambda: {"consents": [True]})
    unanswered: Write | None = None
    acknowledged: int = 0
    refused: list[str] = field(default_factory=list)  # which nothing should be

    def client(self, url: str) -> httpx.Client:
        return httpx.Client(base_url=url, headers=self.walker.headers, timeout=PATIENCE)

    def write(self, url: str) -> None:
        """Until there is no answer."""
        with self.client(url) as client:
            while self.unanswered is None:
                self.attempt(client, self.next())

    def attempt(self, client: httpx.Client, write: Write) -> httpx.Response | None:
        """Write it, and remember what was said."""
        self.unanswered = write
        try:
            reply = write.send(client)
        except httpx.TransportError:
            return None
        if reply.is_success:
            self.state, self.unanswered = write.done_to(self.state), None
            self.acknowledged += 1
        elif reply.status_code not in {httpx.codes.TOO_MANY_REQUESTS, httpx.codes.SERVICE_UNAVAILABLE}:
            self.refused.append(f"{write.method} {write.path}: {reply.status_code}")
        elif reply.status_code == httpx.codes.TOO_MANY_REQUESTS:
            self.unanswered = None
        return reply

    def read(self, client: httpx.Client) -> State:
        """Everything that is kept, opened, by an export of it."""
        told = client.get("/v1/me/export").raise_for_status().json()
        days = [day for run in told["runs"] for day in run["days"]]
        return {
            "consents": [each["granted"] for each in told["consents"]],
            **{f"draft of {each['assessment']}": each["answers"] for each in told["drafts"]},
            **{f"result {each['id']}": each["answers"] for each in told["results"]},
            **{f"bookmark {each['article']}": True for each in told["bookmarks"]},
            **{f"day {each['day']}": _day(each) for each in days},
        }

    def next(self) -> Write:
        kinds = (self._bookmark, self._consent) if self.decides else (self._result, self._draft, self._day, self._sync)
        write: Write = self.random.choice((*kinds, self._bookmark))()
        return write

    def _result(self) -> Write:
        answers, result_id = self._answers(), self._id()
        body = {"assessment": CHECK_IN, "version": 1, "answers": answers}
        return Write("PUT", f"/v1/me/results/{result_id}", body, {f"result {result_id}": answers, DRAFT: None})

    def _draft(self) -> Write:
        answers = self._answers()
        body = {"version": 1, "answers": answers, "answered_at": _now()}
        return Write("PUT", f"/v1/me/assessments/{CHECK_IN}/draft", body, {DRAFT: answers})

    def _day(self) -> Write:
        day, said = 1 + self.random.randrange(MOST_DAYS), self._said(completed=self.random.random() < 0.8)
        return Write("PATCH", f"{CURRENT}/days/{day}", said, {f"day {day}": list(said.values())})

    def _sync(self) -> Write:
        said = {day: self._said(completed=True) for day in self.random.sample(range(1, MOST_DAYS + 1), 5)}
        at = _now()
        changes = [
            {"change_id": self._id(), "day": day, "happened_at": at, "fields": each} for day, each in said.items()
        ]
        return Write(
            "POST", SYNC, {"changes": changes}, {f"day {day}": list(each.values()) for day, each in said.items()}
        )

    def _bookmark(self) -> Write:
        article = self.random.choice(self.articles)
        there = self.state.get(f"bookmark {article}")
        method = "DELETE" if there else "PUT"
        return Write(method, f"/v1/me/bookmarks/{article}", None, {f"bookmark {article}": None if there else True})

    def _consent(self) -> Write:
        granted = not self.state["consents"][-1]
        decided = [*self.state["consents"], granted]
        body = {"granted": granted, "version": "1"}
        return Write("PUT", "/v1/me/consents/health_data", body, {"consents": decided})

    def _answers(self) -> dict[str, int]:
        return {f"q{n:02}": 1 + self.random.randrange(5) for n in range(1, 9)}

    def _said(self, *, completed: bool) -> dict[str, Any]:
        """In the order of `_day`."""
        words = f"I noticed {self.random.getrandbits(64):x}."
        return {"completed": completed, "mood_before": 1 + self.random.randrange(5), "reflection": words}

    def _id(self) -> str:
        return str(UUID(int=self.random.getrandbits(128), version=4))


@dataclass(slots=True)
class Registrar:
    """Signs people up, and in again."""

    name: str
    registered: list[str] = field(default_factory=list)
    unanswered: str | None = None

    def write(self, url: str) -> None:
        """Until there is no answer."""
        with httpx.Client(base_url=url, timeout=PATIENCE) as client:
            while self.unanswered is None:
                self.unanswered = address = f"{self.name}-{len(self.registered)}@example.org"
                try:
                    reply = _sent(client, REGISTER, address)
                except httpx.TransportError:
                    return
                if reply.is_success:
                    self.registered.append(address)
                    self.unanswered = None

    def missing(self, client: httpx.Client) -> list[str]:
        """Who was told that they are registered, and can't sign in."""
        return [each for each in self.registered if not self._signs_in(client, each)]

    def send_again(self, client: httpx.Client) -> bool:
        """Whether the one who was told nothing can register, or has, and is there in whole."""
        address, self.unanswered = self.unanswered, None
        if address is None:
            return True
        if not _sent(client, REGISTER, address).is_success:
            return False
        self.registered.append(address)
        return self._signs_in(client, address)

    @staticmethod
    def _signs_in(client: httpx.Client, address: str) -> bool:
        """With all that belongs to a member: their key opens their address."""
        reply = _sent(client, SIGN_IN, address)
        if not reply.is_success:
            return False
        bearer = {"authorization": f"Bearer {reply.json()['access_token']}"}
        me = client.get("/v1/me", headers=bearer)
        return me.is_success and me.json()["email"] == address


def _sent(client: httpx.Client, path: str, address: str) -> httpx.Response:
    return client.post(path, json={"email": address, "password": PASSWORD})


def _day(told: Mapping[str, Any]) -> list[Any]:
    return [told["completed_at"] is not None, told["mood_before"], told["reflection"]]


def _now() -> str:
    return datetime.now(UTC).isoformat()
