"""Members of the fuzz test: two with private data that must not leak, and disposable members."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
from sqlalchemy import update
from sqlmodel import col

from app.accounts.addresses import address_hash
from app.accounts.credentials.email_tokens import TokenPurpose, TokenRequest, create_token
from app.accounts.credentials.sign_in_codes import store_code
from app.accounts.models import Member
from bench.client.journey_members import RING, Walker, add_walkers, open_database
from bench.client.members import PASSWORD
from bench.client.requests import ANSWERS, ASSESSMENT

ARTICLES = ("what-21-days-can-and-cannot-do", "when-someone-brings-you-good-news")
JOURNEY = "21-days"
MEMBER_BATCH_SIZE = 60
RESULTS_PER_MEMBER = 3  # for each watched member
CASES_PER_TURN = 12  # consecutive requests of one member, so that later requests find the resources of earlier requests
START_RUN = "PUT /v1/me/journeys/{run_id}"
END_SESSION = "DELETE /v1/me/sessions/{session_id}"
VERIFY_EMAIL = "POST /v1/auth/verify-email"
SIGN_IN_CODE, REQUEST_ID = "48291537", UUID("5d0c9f3e-2f6b-4f0e-8a51-7c2d9e1b6a44")  # the examples of the document

# Operations that end a session, an account, a consent or a run. Each success uses up a disposable member.
CONSUMING_OPERATIONS = frozenset(
    {
        VERIFY_EMAIL,
        END_SESSION,
        START_RUN,
        "DELETE /v1/me",
        "DELETE /v1/me/health-data",
        "DELETE /v1/me/sessions",
        "PATCH /v1/me/journeys/{run_id}",
        "POST /v1/auth/logout",
        "POST /v1/me/erase",
        "PUT /v1/me/consents/{purpose}",
        "PUT /v1/me/password",
    }
)


@dataclass(slots=True)
class WatchedMember:
    """A member whose private data must not appear in responses to other members."""

    walker: Walker
    results: list[str] = field(default_factory=lambda: [str(uuid4()) for _ in range(RESULTS_PER_MEMBER)])
    sessions: list[str] = field(default_factory=list)

    @property
    def canary(self) -> str:
        """Return a unique word that all texts of this member contain, to detect leaks."""
        return str(self.walker.member_id)

    @property
    def private_values(self) -> list[str]:
        """Return the values that must not appear in responses to other members."""
        return [self.canary, str(self.walker.run_id), *self.results, *self.sessions]


class FuzzMembers:
    """All members of the fuzz test, with their tokens and resources."""

    def __init__(self, database_url: str, client: httpx.Client) -> None:
        self._database_url = database_url
        self._client = client
        self._unused_members: list[Walker] = []
        self._case_count = 0
        self.watched = [WatchedMember(walker) for walker in self._create_members(2)]
        self._by_token = {member.walker.token: member for member in self.watched}
        self.others = [self._next_member() for _ in range(6)]  # requests use their email addresses and tokens
        session_owner, unverified = self._next_member(), self._next_member()
        self._member_by_operation = {END_SESSION: session_owner, VERIFY_EMAIL: unverified}
        self.verification_token = self._email_token(TokenPurpose.ADDRESS_VERIFICATION, unverified)
        self.reset_tokens = [self._email_token(TokenPurpose.PASSWORD_RESET, walker) for walker in self.others]
        with open_database(database_url) as database, database.transaction() as session:
            for account in [address_hash(RING, RING.current, walker.address) for walker in self.others]:
                store_code(session, RING, account, SIGN_IN_CODE, request_id=REQUEST_ID, now=datetime.now(UTC))
        self.disposable_sessions = [self._create_session(session_owner, "A phone") for _ in range(6)]
        for member in self.watched:
            self._create_resources(member)
        self.calendar_secrets = [
            self._create_calendar(walker) for walker in [*self.others, *(member.walker for member in self.watched)]
        ]
        self.claim_tokens = [self._create_claim() for _ in range(4)]

    def token_for(self, label: str) -> str:
        """Return an access token for a request of the operation `label`.

        Operations that end a session, an account or a run use disposable members. The watched members alternate in all
        other operations.
        """
        if label not in CONSUMING_OPERATIONS:
            self._case_count += 1
            return self.watched[self._case_count // CASES_PER_TURN % 2].walker.token
        if label not in self._member_by_operation:
            walker = self._member_by_operation[label] = self._next_member()
            if label == START_RUN:  # a member can have only one run at a time
                self._request(walker, "PATCH", "/v1/me/journeys/current", {"status": "abandoned"})
        return self._member_by_operation[label].token

    def mark_consumed(self, label: str) -> None:
        """Use a new disposable member for the next call of the operation.

        The member of END_SESSION stays, because they have several sessions.
        """
        if label != END_SESSION:
            self._member_by_operation.pop(label, None)

    def owner_of(self, token: str) -> WatchedMember | None:
        """Return the watched member with this access token, or None."""
        return self._by_token.get(token)

    def _next_member(self) -> Walker:
        if not self._unused_members:
            self._unused_members = self._create_members(MEMBER_BATCH_SIZE)
        return self._unused_members.pop()

    def _create_members(self, count: int) -> list[Walker]:
        walkers = add_walkers(self._database_url, count, completed=3)
        ids = [walker.member_id for walker in walkers]
        with open_database(self._database_url) as database, database.content_load() as session:
            session.execute(update(Member).where(col(Member.id).in_(ids)).values(verified_at=datetime.now(UTC)))
        return walkers

    def _email_token(self, purpose: TokenPurpose, walker: Walker) -> str:
        """Create a token of the kind that is sent in emails, and return it."""
        with open_database(self._database_url) as database, database.transaction() as session:
            request = TokenRequest(member_id=walker.member_id, purpose=purpose, lifetime=timedelta(days=1))
            return create_token(session, RING, request, now=datetime.now(UTC)).token

    def _create_resources(self, member: WatchedMember) -> None:
        """Create a resource of each kind for a member. Every text contains the member's canary word."""
        walker = member.walker
        note = {"reflection": f"The {member.canary} was quiet.", "mood_before": 2, "mood_after": 4}
        draft = {"version": 1, "answers": {"q01": 3}, "answered_at": "2026-01-01T00:00:00Z"}
        self._request(walker, "PATCH", "/v1/me", {"display_name": member.canary})
        self._request(walker, "PATCH", "/v1/me/journeys/current/days/1", note)
        self._request(walker, "PUT", "/v1/me/assessments/attachment-reflection/draft", draft)
        self._request(walker, "PUT", f"/v1/me/bookmarks/{ARTICLES[0]}")
        result = {"assessment": ASSESSMENT, "version": 1, "answers": ANSWERS}
        for result_id in member.results:
            self._request(walker, "PUT", f"/v1/me/results/{result_id}", result)
        member.sessions = [str(walker.session_id), self._create_session(walker, member.canary)]

    def _create_session(self, walker: Walker, device: str) -> str:
        """Sign in, and return the id of the new session."""
        body = {"email": walker.address, "password": PASSWORD, "device_name": device}
        self._client.post("/v1/auth/login", json=body).raise_for_status()
        newest: str = self._request(walker, "GET", "/v1/me/sessions?limit=1")["items"][0]["id"]
        return newest

    def _create_calendar(self, walker: Walker) -> str:
        """Create a calendar subscription, and return the secret part of its path."""
        path: str = self._request(walker, "PUT", "/v1/me/journeys/current/calendar")["path"]
        return path.rpartition("/")[2].removesuffix(".ics")

    def _create_claim(self) -> str:
        response = self._client.post(f"/v1/assessments/{ASSESSMENT}/score", json={"answers": ANSWERS})
        token: str = response.raise_for_status().json()["claim_token"]
        return token

    def _request(self, walker: Walker, method: str, path: str, body: Any = None) -> Any:
        response = self._client.request(method, path, json=body, headers=walker.headers)
        return response.raise_for_status().json()
