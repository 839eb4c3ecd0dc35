"""Who sends what is fuzzed: two members with things of their own, and others who are used up one after the other."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from secrets import token_urlsafe
from typing import Any
from uuid import uuid4

import httpx
from sqlalchemy import update
from sqlmodel import col

from app.accounts.credentials.access_tokens import AccessTokens, SignedInMember
from app.accounts.credentials.email_tokens import Purpose, make_token
from app.accounts.models import Member
from app.core.crypto.key_ring import KeyRing
from bench.client.members import PASSWORD
from bench.client.walkers import GOOD_FOR, RING, Walker, add_walkers, opened

ARTICLES = ("what-21-days-can-and-cannot-do", "when-someone-brings-you-good-news")
ASSESSMENT, JOURNEY = "connection-check-in", "21-days"
ANSWERS = {f"q{n:02}": 1 + n % 4 for n in range(1, 9)}
STOCK = 60  # members made at once
RESULTS = 3  # of each of the two
CASES_IN_A_ROW = 12  # of one member, so that what is made in one is there in the next
STARTING = "PUT /v1/me/journeys/{run_id}"
ENDING = "DELETE /v1/me/sessions/{session_id}"
CONFIRMING = "POST /v1/auth/verify-email"

# What ends a session, an account, a consent or a run is done by somebody else each time, or the two would soon get
# nowhere.
USING_UP = frozenset(
    {
        CONFIRMING,
        ENDING,
        STARTING,
        "DELETE /v1/me",
        "DELETE /v1/me/health-data",
        "DELETE /v1/me/sessions",
        "PATCH /v1/me/journeys/{run_id}",
        "POST /v1/auth/logout",
        "PUT /v1/me/consents/{purpose}",
        "PUT /v1/me/password",
    }
)


@dataclass(slots=True)
class Person:
    """One of the two."""

    name: str
    walker: Walker
    results: list[str] = field(default_factory=lambda: [str(uuid4()) for _ in range(RESULTS)])
    sessions: list[str] = field(default_factory=list)

    @property
    def canary(self) -> str:
        """A word in every text of theirs."""
        return f"canary-{self.name}"

    @property
    def secrets(self) -> list[str]:
        """What nobody else is told."""
        return [self.canary, str(self.walker.member_id), *self.sessions]

    @property
    def rows(self) -> list[str]:
        """Ids of what is theirs, until another member chooses the same for something else."""
        return [*self.results, str(self.walker.run_id)]


class People:
    def __init__(self, database_url: str, client: httpx.Client) -> None:
        self._database_url = database_url
        self._client = client
        self._stock: list[Walker] = []
        self.given: set[str] = set()  # tokens, all of them good ones
        self._turn = 0
        self.two = tuple(Person(*each) for each in zip(("ana", "bo"), self._made(2), strict=True))
        self._by_token = {each.walker.token: each for each in self.two}
        self.others = [self._next() for _ in range(6)]  # whose addresses and refresh tokens are sent
        leaving, confirming = self._next(), self._next()
        self._at = {ENDING: leaving, CONFIRMING: confirming}
        self.to_confirm = self._mailed(Purpose.VERIFY, confirming)
        self.to_reset = [self._mailed(Purpose.RESET, each) for each in self.others]
        self.to_end = [self._session_elsewhere(leaving, "A phone") for _ in range(6)]
        for person in self.two:
            self._furnish(person)
        self.calendars = [self._calendar(each) for each in (*self.others, *(each.walker for each in self.two))]
        self.claims = [self._claim() for _ in range(4)]

    def token_for(self, label: str) -> str:
        """For an operation: the two take turns, but at what somebody is used up by."""
        if label not in USING_UP:
            self._turn += 1
            return self.two[self._turn // CASES_IN_A_ROW % 2].walker.token
        if label not in self._at:
            self._at[label] = self._next()
            if label == STARTING:  # one run is underway at a time
                self._ask(self._at[label], "PATCH", "/v1/me/journeys/current", {"status": "abandoned"})
        return self._at[label].token

    def done(self, label: str) -> None:
        """An operation that uses somebody up did so. Who has sessions to end has several."""
        if label != ENDING:
            self._at.pop(label, None)

    def whose(self, token: str) -> Person | None:
        """The one of the two whose token it is."""
        return self._by_token.get(token)

    def bad_headers(self) -> dict[str, str | None]:
        """What is no token of ours, or no longer a good one, as `Authorization` would say it."""
        now, one, other = datetime.now(UTC), self.two[0].walker, self.two[1].walker
        ours = AccessTokens(RING, good_for=GOOD_FOR)
        theirs = AccessTokens(KeyRing(f"{RING.current}:{token_urlsafe(32)}"), good_for=GOOD_FOR)
        access = SignedInMember(one.member_id, one.session_id)
        tokens = {
            "garbage": "garbage",
            "an unsigned one": f"{one.token.rpartition('.')[0]}.",
            "an expired one": ours.issue(access, now=now - GOOD_FOR - timedelta(minutes=1)),
            "one signed with another secret": theirs.issue(access, now=now),
            "one of a session that ended": ours.issue(SignedInMember(one.member_id, uuid4()), now=now),
            "one of another's session": ours.issue(SignedInMember(other.member_id, one.session_id), now=now),
        }
        return {"nothing": None, "a password": "Basic YW5hOmFuYQ=="} | {
            name: f"Bearer {token}" for name, token in tokens.items()
        }

    def _next(self) -> Walker:
        if not self._stock:
            self._stock = self._made(STOCK)
        return self._stock.pop()

    def _made(self, count: int) -> list[Walker]:
        walkers = add_walkers(self._database_url, count, completed=3)
        ids = [each.member_id for each in walkers]
        self.given.update(each.token for each in walkers)
        with opened(self._database_url) as database, database.loading() as session:
            session.execute(update(Member).where(col(Member.id).in_(ids)).values(verified_at=datetime.now(UTC)))
        return walkers

    def _mailed(self, purpose: Purpose, to: Walker) -> str:
        """A token as it is mailed."""
        with opened(self._database_url) as database, database.transaction() as session:
            return make_token(session, to.member_id, purpose, now=datetime.now(UTC))

    def _furnish(self, person: Person) -> None:
        """Give somebody one of everything, with a canary wherever they choose a text."""
        walker = person.walker
        note = {"reflection": f"The {person.canary} was quiet.", "mood_before": 2, "mood_after": 4}
        draft = {"version": 1, "answers": {"q01": 3}, "answered_at": "2026-01-01T00:00:00Z"}
        self._ask(walker, "PATCH", "/v1/me", {"display_name": person.canary})
        self._ask(walker, "PATCH", "/v1/me/journeys/current/days/1", note)
        self._ask(walker, "PUT", "/v1/me/assessments/attachment-reflection/draft", draft)
        self._ask(walker, "PUT", f"/v1/me/bookmarks/{ARTICLES[0]}")
        for each in person.results:
            result = {"assessment": ASSESSMENT, "version": 1, "answers": ANSWERS}
            self._ask(walker, "PUT", f"/v1/me/results/{each}", result)
        person.sessions = [str(walker.session_id), self._session_elsewhere(walker, person.canary)]

    def _session_elsewhere(self, walker: Walker, device: str) -> str:
        """The id of a new session of theirs."""
        body = {"email": walker.address, "password": PASSWORD, "device_name": device}
        self._client.post("/v1/auth/login", json=body).raise_for_status()
        newest: str = self._ask(walker, "GET", "/v1/me/sessions?limit=1")["items"][0]["id"]
        return newest

    def _calendar(self, walker: Walker) -> str:
        """The secret of its address."""
        path: str = self._ask(walker, "PUT", "/v1/me/journeys/current/calendar")["path"]
        return path.rpartition("/")[2].removesuffix(".ics")

    def _claim(self) -> str:
        reply = self._client.post(f"/v1/assessments/{ASSESSMENT}/score", json={"answers": ANSWERS})
        token: str = reply.raise_for_status().json()["claim_token"]
        return token

    def _ask(self, walker: Walker, method: str, path: str, body: Any = None) -> Any:
        reply = self._client.request(method, path, json=body, headers=walker.headers)
        return reply.raise_for_status().json()
