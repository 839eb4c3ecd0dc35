"""Members that send random writes, and record which writes the server acknowledged."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from random import Random
from typing import Any
from uuid import UUID

import httpx
from sqlalchemy import update
from sqlmodel import col

from app.accounts.models import Member
from app.assessments.requests import NewResult
from app.assessments.results.save_result import create_result
from app.assessments.services import AssessmentServices
from bench.client.journey_members import RING, Walker, add_walkers, open_database
from bench.client.members import PASSWORD, REGISTER, SIGN_IN
from bench.client.requests import ANSWERS, ASSESSMENT, CURRENT_RUN_PATH, SYNC_PATH
from bench.servers.processes import ROOT
from trials.clients import open_client

State = Mapping[str, Any]  # a member's stored values by name, such as "day 3"
ARTICLES = sorted(path.stem for path in (ROOT / "seed_content" / "articles").glob("*.md"))
ACCOUNT, DRAFT = "account ", f"draft of {ASSESSMENT}"
MAX_DAY = 10  # few days, so that writes often change the same day


@dataclass(frozen=True, slots=True)
class Write:
    """A request that writes, with its effect on the stored values of the member. It can be repeated."""

    method: str
    path: str
    body: Any
    changes: State  # new values; None deletes the value

    def applied_to(self, state: State) -> State:
        return {name: value for name, value in {**state, **self.changes}.items() if value is not None}


@dataclass(slots=True)
class Writer:
    """A member who sends random writes one after another.

    With `is_account_holder`, the member gives and withdraws consent and registers accounts, and sends no writes that
    require consent.
    """

    walker: Walker
    random: Random
    is_account_holder: bool = False
    repeats_unavailable: bool = True  # after a 503: its write may be stored or not
    states: list[State] = field(default_factory=lambda: [{"consents": [True]}])  # after each acknowledged write
    unanswered: Write | None = None  # a write with an unknown outcome
    rejected: list[str] = field(default_factory=list)  # unexpected error responses

    @property
    def state(self) -> State:
        return self.states[-1]

    @property
    def acknowledged(self) -> int:
        return len(self.states) - 1

    def write(self, client: httpx.Client) -> httpx.Response | None:
        """Send the unanswered write again, or else a random one. Return None if no response arrives."""
        write = self.unanswered = self.unanswered or self._random_write()
        try:
            response = client.request(write.method, write.path, json=write.body)
        except httpx.TransportError:
            return None
        if response.is_success:
            self.states.append(write.applied_to(self.state))
            self.unanswered = None
        elif response.status_code != httpx.codes.SERVICE_UNAVAILABLE:
            self.rejected.append(f"{write.method} {write.path}: {response.status_code}")
            self.unanswered = None
        elif not self.repeats_unavailable:
            self.unanswered = None
        return response

    def read_state(self, url: str) -> State:
        """Return the stored values of the member, read from a data export."""
        known = {**self.state, **(self.unanswered.changes if self.unanswered else {})}
        emails = [name.removeprefix(ACCOUNT) for name in known if name.startswith(ACCOUNT)]
        with open_client(url, self.walker) as client:
            export = client.get("/v1/me/export").raise_for_status().json()
            days = [day for run in export["runs"] for day in run["days"]]
            return {
                "consents": [consent["granted"] for consent in export["consents"]],
                **{f"draft of {draft['assessment']}": draft["answers"] for draft in export["drafts"]},
                **{f"result {result['id']}": result["answers"] for result in export["results"]},
                **{f"bookmark {bookmark['article']}": True for bookmark in export["bookmarks"]},
                **{f"day {day['day']}": _day_values(day) for day in days},
                **{ACCOUNT + email: True for email in emails if _can_sign_in(client, email)},
            }

    def _random_write(self) -> Write:
        kinds = (
            (self._consent_write, self._registration)
            if self.is_account_holder
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
        new_values = {f"day {day}": list(fields.values()) for day, fields in days.items()}
        return Write("POST", SYNC_PATH, {"changes": changes}, new_values)

    def _bookmark_write(self) -> Write:
        article = self.random.choice(ARTICLES)
        is_saved = self.state.get(f"bookmark {article}")
        method = "DELETE" if is_saved else "PUT"
        return Write(method, f"/v1/me/bookmarks/{article}", None, {f"bookmark {article}": None if is_saved else True})

    def _consent_write(self) -> Write:
        granted = not self.state["consents"][-1]
        body = {"granted": granted, "version": "1"}
        return Write("PUT", "/v1/me/consents/health_data", body, {"consents": [*self.state["consents"], granted]})

    def _registration(self) -> Write:
        email = f"{self._random_id()}@example.org"
        return Write("POST", REGISTER, {"email": email, "password": PASSWORD}, {ACCOUNT + email: True})

    def _random_answers(self) -> dict[str, int]:
        return {f"q{number:02}": 1 + self.random.randrange(5) for number in range(1, 9)}

    def _random_fields(self, *, completed: bool) -> dict[str, Any]:
        """Return random fields of a journey day, in the order of `_day_values`."""
        reflection = f"I noticed {self.random.getrandbits(64):x}."
        return {"completed": completed, "mood_before": 1 + self.random.randrange(5), "reflection": reflection}

    def _random_id(self) -> str:
        return str(UUID(int=self.random.getrandbits(128), version=4))


def create_writers(database_url: str, count: int, random: Random, *, repeat_unavailable: bool = True) -> list[Writer]:
    """Create members with verified addresses. The first one manages accounts and consents."""
    walkers = add_walkers(database_url, count, completed=0)
    with open_database(database_url) as database, database.transaction() as session:
        is_new = col(Member.id).in_([walker.member_id for walker in walkers])
        session.execute(update(Member).where(is_new).values(verified_at=col(Member.registered_at)))
    return [
        Writer(walker, Random(random.random()), walker is walkers[0], repeat_unavailable)  # noqa: S311 - no secret
        for walker in walkers
    ]


def create_members(database_url: str, count: int) -> list[Walker]:
    """Create members with three completed journey days and one assessment result each, who send no writes."""
    walkers, services = add_walkers(database_url, count, completed=3), AssessmentServices.of(RING)
    body = NewResult(assessment=ASSESSMENT, version=1, answers=ANSWERS)
    with open_database(database_url) as database, database.transaction() as session:
        for walker in walkers:
            create_result(session, services, walker.member_id, walker.run_id, body, now=datetime.now(UTC))
    return walkers


def _can_sign_in(client: httpx.Client, email: str) -> bool:
    """Return whether the account can sign in, and its decrypted email address is correct."""
    response = client.post(SIGN_IN, json={"email": email, "password": PASSWORD})
    if not response.is_success:
        return False
    me = client.get("/v1/me", headers={"authorization": f"Bearer {response.json()['access_token']}"})
    return bool(me.is_success and me.json()["email"] == email)


def _day_values(day: Mapping[str, Any]) -> list[Any]:
    return [day["completed_at"] is not None, day["mood_before"], day["reflection"]]


def _now() -> str:
    return datetime.now(UTC).isoformat()
