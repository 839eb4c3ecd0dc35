"""Test clients that send random writes, and record which writes the server acknowledged."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from random import Random
from typing import Any
from uuid import UUID

import httpx

from bench.client.journey_members import Walker
from bench.client.members import PASSWORD, REGISTER, SIGN_IN
from bench.client.requests import ASSESSMENT, CURRENT_RUN_PATH, SYNC_PATH

State = dict[str, Any]  # a member's stored values by name, such as "day 3"
DRAFT = f"draft of {ASSESSMENT}"
MAX_DAY = 10  # few days, so that writes often change the same day
RESPONSE_TIMEOUT_SECONDS = 10


@dataclass(frozen=True, slots=True)
class Write:
    """A request that writes, with its effect on the stored values of the member."""

    method: str
    path: str
    body: Any
    changes: Mapping[str, Any]  # new values of the state; None deletes the value

    def applied_to(self, state: State) -> State:
        return {name: value for name, value in (state | dict(self.changes)).items() if value is not None}

    def send(self, client: httpx.Client) -> httpx.Response:
        return client.request(self.method, self.path, json=self.body)


@dataclass(slots=True)
class RandomWriter:
    """A test client of a member, which sends random writes one after another.

    `state` contains the acknowledged values. `unanswered` is a write with an unknown outcome: it may be stored or not.
    With `changes_consent`, the member repeatedly gives and withdraws consent, and sends no writes that require consent.
    """

    walker: Walker
    articles: Sequence[str]
    random: Random
    changes_consent: bool = False
    state: State = field(default_factory=lambda: {"consents": [True]})
    unanswered: Write | None = None
    acknowledged: int = 0
    rejected: list[str] = field(default_factory=list)  # unexpected error responses

    def open_client(self, url: str) -> httpx.Client:
        return httpx.Client(base_url=url, headers=self.walker.headers, timeout=RESPONSE_TIMEOUT_SECONDS)

    def write_until_failure(self, url: str) -> None:
        """Send random writes until the outcome of one is unknown."""
        with self.open_client(url) as client:
            while self.unanswered is None:
                self.attempt(client, self.next_write())

    def attempt(self, client: httpx.Client, write: Write) -> httpx.Response | None:
        """Send a write, and record its outcome. Return None if no response arrives."""
        self.unanswered = write
        try:
            response = write.send(client)
        except httpx.TransportError:
            return None
        if response.is_success:
            self.state, self.unanswered = write.applied_to(self.state), None
            self.acknowledged += 1
        elif response.status_code not in {httpx.codes.TOO_MANY_REQUESTS, httpx.codes.SERVICE_UNAVAILABLE}:
            self.rejected.append(f"{write.method} {write.path}: {response.status_code}")
        elif response.status_code == httpx.codes.TOO_MANY_REQUESTS:
            self.unanswered = None
        return response

    def read_state(self, client: httpx.Client) -> State:
        """Return the stored values of the member, read from a data export."""
        export = client.get("/v1/me/export").raise_for_status().json()
        days = [day for run in export["runs"] for day in run["days"]]
        return {
            "consents": [consent["granted"] for consent in export["consents"]],
            **{f"draft of {draft['assessment']}": draft["answers"] for draft in export["drafts"]},
            **{f"result {result['id']}": result["answers"] for result in export["results"]},
            **{f"bookmark {bookmark['article']}": True for bookmark in export["bookmarks"]},
            **{f"day {day['day']}": _day_values(day) for day in days},
        }

    def next_write(self) -> Write:
        kinds = (
            (self._bookmark_write, self._consent_write)
            if self.changes_consent
            else (self._result_write, self._draft_write, self._day_write, self._sync_write)
        )
        write: Write = self.random.choice((*kinds, self._bookmark_write))()
        return write

    def _result_write(self) -> Write:
        answers, result_id = self._random_answers(), self._random_id()
        body = {"assessment": ASSESSMENT, "version": 1, "answers": answers}
        return Write("PUT", f"/v1/me/results/{result_id}", body, {f"result {result_id}": answers, DRAFT: None})

    def _draft_write(self) -> Write:
        answers = self._random_answers()
        body = {"version": 1, "answers": answers, "answered_at": _now()}
        return Write("PUT", f"/v1/me/assessments/{ASSESSMENT}/draft", body, {DRAFT: answers})

    def _day_write(self) -> Write:
        day, fields = 1 + self.random.randrange(MAX_DAY), self._random_fields(completed=self.random.random() < 0.8)
        return Write("PATCH", f"{CURRENT_RUN_PATH}/days/{day}", fields, {f"day {day}": list(fields.values())})

    def _sync_write(self) -> Write:
        days = {day: self._random_fields(completed=True) for day in self.random.sample(range(1, MAX_DAY + 1), 5)}
        at = _now()
        changes = [
            {"change_id": self._random_id(), "day": day, "happened_at": at, "fields": fields}
            for day, fields in days.items()
        ]
        return Write(
            "POST",
            SYNC_PATH,
            {"changes": changes},
            {f"day {day}": list(fields.values()) for day, fields in days.items()},
        )

    def _bookmark_write(self) -> Write:
        article = self.random.choice(self.articles)
        is_saved = self.state.get(f"bookmark {article}")
        method = "DELETE" if is_saved else "PUT"
        return Write(method, f"/v1/me/bookmarks/{article}", None, {f"bookmark {article}": None if is_saved else True})

    def _consent_write(self) -> Write:
        granted = not self.state["consents"][-1]
        decisions = [*self.state["consents"], granted]
        body = {"granted": granted, "version": "1"}
        return Write("PUT", "/v1/me/consents/health_data", body, {"consents": decisions})

    def _random_answers(self) -> dict[str, int]:
        return {f"q{number:02}": 1 + self.random.randrange(5) for number in range(1, 9)}

    def _random_fields(self, *, completed: bool) -> dict[str, Any]:
        """Return random fields of a journey day, in the order of `_day_values`."""
        reflection = f"I noticed {self.random.getrandbits(64):x}."
        return {"completed": completed, "mood_before": 1 + self.random.randrange(5), "reflection": reflection}

    def _random_id(self) -> str:
        return str(UUID(int=self.random.getrandbits(128), version=4))


@dataclass(slots=True)
class Registrar:
    """A test client that registers accounts, and later checks that they can sign in."""

    name: str
    registered: list[str] = field(default_factory=list)
    unanswered: str | None = None

    def register_until_failure(self, url: str) -> None:
        """Register accounts until a request fails."""
        with httpx.Client(base_url=url, timeout=RESPONSE_TIMEOUT_SECONDS) as client:
            while self.unanswered is None:
                self.unanswered = email = f"{self.name}-{len(self.registered)}@example.org"
                try:
                    response = _post_credentials(client, REGISTER, email)
                except httpx.TransportError:
                    return
                if response.is_success:
                    self.registered.append(email)
                    self.unanswered = None

    def missing_accounts(self, client: httpx.Client) -> list[str]:
        """Return the email addresses of registered accounts that can't sign in."""
        return [email for email in self.registered if not self._can_sign_in(client, email)]

    def retry(self, client: httpx.Client) -> bool:
        """Repeat the unanswered registration, and return whether its account can sign in."""
        email, self.unanswered = self.unanswered, None
        if email is None:
            return True
        if not _post_credentials(client, REGISTER, email).is_success:
            return False
        self.registered.append(email)
        return self._can_sign_in(client, email)

    @staticmethod
    def _can_sign_in(client: httpx.Client, email: str) -> bool:
        """Return whether the account can sign in, and its decrypted email address is correct."""
        response = _post_credentials(client, SIGN_IN, email)
        if not response.is_success:
            return False
        headers = {"authorization": f"Bearer {response.json()['access_token']}"}
        me = client.get("/v1/me", headers=headers)
        return me.is_success and me.json()["email"] == email


def _post_credentials(client: httpx.Client, path: str, email: str) -> httpx.Response:
    return client.post(path, json={"email": email, "password": PASSWORD})


def _day_values(day: Mapping[str, Any]) -> list[Any]:
    return [day["completed_at"] is not None, day["mood_before"], day["reflection"]]


def _now() -> str:
    return datetime.now(UTC).isoformat()
