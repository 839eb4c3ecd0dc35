"""A FastAPI application with the API's SQL and the plain driver, without tokens, rules and schemas.

It measures the minimum cost of each request, including password hashing.

`python -m bench.servers.plain HOST PORT WORKERS` runs it like `twentyone serve`, on either database. It writes constant
bytes in place of encrypted texts of the same length, so the API cannot use these members afterwards.
"""

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any
from uuid import UUID, uuid4

from fastapi import FastAPI, Header, Response

from app.accounts.addresses import address_hash
from app.accounts.credentials.login_throttle import ACCOUNT_WINDOW, NETWORK_WINDOW, make_throttle_key
from app.accounts.credentials.passwords import Passwords
from app.accounts.credentials.refresh_tokens import RefreshToken
from app.journey.rules.schedule import LENGTH
from bench.client.journey_members import RING, Walker, timetable
from bench.servers import plain_sql as sql
from bench.servers.alternative_app import serve_instead
from bench.servers.plain_connections import Connections, PlainConnection

HASH, NOTES, SESSION, RESULT = b"h" * 32, b"n" * 541, b"s" * 117, b"r" * 2077  # sizes of the API's ciphertexts
RECOMMENDED = {
    "article_1": "overcoming-loneliness-the-science-of-social-connection",
    "article_2": "when-someone-brings-you-good-news",
    "article_3": "what-21-days-can-and-cannot-do",
    "topic_1": "loneliness",
    "topic_2": "social-connection",
}

Values = Mapping[str, Any]
Body = dict[str, Any]
MemberHeader = Annotated[str, Header(description="The ids of a member and a session.")]


@dataclass(frozen=True, slots=True)
class PlainWalker:
    """A member of the plain comparison server, who authenticates with ids in a header."""

    walker: Walker

    @property
    def headers(self) -> dict[str, str]:
        return {"identity": f"{self.walker.member_id} {self.walker.session_id}"}

    @property
    def address(self) -> str:
        return self.walker.address

    def refresh_token(self, counter: int) -> str:
        return self.walker.refresh_token(counter)


class Plain:
    """Endpoints of the plain comparison server: the API's SQL without tokens, rules and schemas."""

    def __init__(self, connections: Connections) -> None:
        now = datetime.now(UTC)
        self._connections = connections
        self._passwords = Passwords(min_length=1)
        self._timetable_with_openings = timetable(now - timedelta(days=LENGTH), now, has_openings=True)

    def dashboard(self, identity: MemberHeader) -> Response:
        with self._connections.reader() as connection:
            return _response(connection.rows(sql.RUN_OF_SIGNED_IN, **_authenticated(identity)))

    def complete(self, day: int, identity: MemberHeader, body: dict[str, bool]) -> Response:
        values = {**_authenticated(identity), "day": day}
        with self._connections.writer() as connection:
            if self._connections.is_sqlite:
                [run] = connection.rows(sql.RUN_AND_DAY_OF_SIGNED_IN, **values)
            else:
                connection.rows(sql.LOCKED, **values)
                [run] = connection.rows(sql.RUN_AND_DAY, **values)
            completed = _completed_days(run)
            if body["completed"] and day not in completed:
                values |= {"run": run[0]}
                self._store_openings(connection, values, completed)
                connection.execute(sql.UPSERT_DAY, **values)
                if len(completed) == LENGTH - 1:
                    connection.execute(sql.LAST_DAY, **values)
        return _response([run])

    def sync(self, identity: MemberHeader, body: Body) -> Response:
        """Sync offline changes. Like the API, skip known changes and completions of completed days."""
        values, changes = _authenticated(identity), body["changes"]
        ids = {f"id_{n}": UUID(change["change_id"]) for n, change in enumerate(changes)}
        with self._connections.writer() as connection:
            connection.rows(sql.LOCKED, **values)
            [run] = connection.rows(sql.RUN, **values)
            values |= {"run": run[0]}
            related = connection.rows(sql.KEY_AND_CONSENT, **values) + connection.rows(sql.NOTES, **values)
            known_ids = {UUID(str(row[0])) for row in connection.rows(sql.applied(len(ids)), **values, **ids)}
            applied_count = connection.rows(sql.APPLIED_COUNT, **values)
            completed_days = _completed_days(run)
            new_changes = [
                (change_id, change["day"], "completed" in change["fields"])
                for change_id, change in zip(ids.values(), changes, strict=True)
                if change_id not in known_ids
                and not ("completed" in change["fields"] and change["day"] in completed_days)
            ]
            completed = [{**values, "day": day} for _, day, completes in new_changes if completes]
            noted = sorted({day for _, day, completes in new_changes if not completes})
            if completed:
                self._store_openings(connection, values, completed_days)
            connection.execute_many(sql.UPSERT_DAY, completed)
            connection.execute_many(sql.UPSERT_NOTE, [{**values, "day": day, "sealed": NOTES} for day in noted])
            connection.execute_many(
                sql.INSERT_APPLIED, [{**values, "id": change[0], "body_hash": HASH} for change in new_changes]
            )
        return _response([run, *related, *applied_count])

    def save_result(self, result: UUID, identity: MemberHeader, body: Body) -> Response:
        values = {
            **_authenticated(identity),
            "result": result,
            "assessment": body["assessment"],
            "version": body["version"],
        }
        with self._connections.writer() as connection:
            connection.rows(sql.LOCKED, **values)
            [stored] = connection.rows(sql.RESULT_BEFORE, **values)
            is_new = stored[2] is None
            if is_new:
                connection.rows(sql.CURRENT_VERSION, **values)
                [(_, _, digest)] = connection.rows(sql.VERSION, **values)
                connection.execute(sql.INSERT_RESULT, **values, digest=digest, body_hash=HASH, sealed=RESULT)
                connection.execute(sql.DELETE_DRAFT, **values)
            results = connection.rows(sql.RESULT_AND_BEFORE, **values)
            related = connection.rows(sql.RECOMMENDED, **values, **RECOMMENDED)
        return _response([stored, *results, *related], status=201 if is_new else 200)

    def score(self, slug: str, body: Body) -> Response:
        with self._connections.snapshot() as connection:
            version = connection.rows(sql.CURRENT_VERSION, assessment=slug)
            related = connection.rows(sql.RECOMMENDED, now=datetime.now(UTC), **RECOMMENDED)
        return _response([*version, *related, body["answers"]])

    def sign_in(self, body: dict[str, str]) -> Response:
        """Sign in, with two transactions as in the API.

        The first counts the attempt. After the password is hashed, the second creates the session.
        """
        now = datetime.now(UTC)
        throttle_key = make_throttle_key(RING, address_hash(RING, RING.current, body["email"]), "127.0.0.1")
        values: Body = {"account": throttle_key.account, "network": throttle_key.network, "now": now}
        with self._connections.writer() as connection:
            [member] = connection.rows(sql.MEMBER, **values)
            is_known = any(row[0] == "known" for row in connection.rows(sql.ATTEMPTS, **values))
            network_attempt = {"kind": "guess", "account": "", "network": throttle_key.network, "now": now}
            account_attempt = {**values, "kind": "known"} if is_known else {**values, "kind": "guess", "network": ""}
            connection.execute(
                sql.COUNT_NETWORK, **network_attempt, earliest=now - NETWORK_WINDOW, latest=now + NETWORK_WINDOW
            )
            connection.execute(
                sql.COUNT_ACCOUNT, **account_attempt, earliest=now - ACCOUNT_WINDOW, latest=now + ACCOUNT_WINDOW
            )
        if not self._passwords.verify(body["password"], member[2]).is_match:
            return Response(status_code=401)
        expiry = {"expires": now + timedelta(days=60), "ends": now + timedelta(days=365)}
        values |= {"member": member[0], "password_hash": member[2], "session": uuid4(), **expiry}
        with self._connections.writer() as connection:
            connection.rows(sql.LOCK_IF_PASSWORD_UNCHANGED, **values)
            connection.execute(sql.REVERT_ATTEMPT, **values)
            if not is_known:
                connection.execute(sql.CLEAR_ATTEMPTS, **values)
            connection.execute(sql.REMEMBER_NETWORK, **values)
            connection.rows(sql.DELETE_OLDEST_SESSION, **values)
            connection.execute(sql.AUDIT, **values, subject=str(UUID(str(member[0]))), event=uuid4())
            connection.execute(sql.INSERT_SESSION, **values, sealed=SESSION)
        return _response([member])

    def refresh(self, body: dict[str, str]) -> Response:
        """Refresh a session, but not its encrypted column, so that the next token is valid in the API."""
        token = RefreshToken.parse(body["refresh_token"])
        values = {"member": token.member_id, "session": token.session_id, "now": datetime.now(UTC)}
        with self._connections.writer() as connection:
            [session] = connection.rows(sql.SESSION, **values)
            connection.execute(
                sql.ADVANCE_COUNTER, **values, counter=session[8] + 1, sealed=session[2], expires=session[9]
            )
        return _response([session])

    def _store_openings(self, connection: PlainConnection, values: Values, completed: set[int]) -> None:
        """Store the times at which days were unlocked, as the API does at the first completion."""
        if not completed:
            connection.execute(sql.OPENINGS, **values, timetable=self._timetable_with_openings)


def create_plain() -> FastAPI:
    app = FastAPI()
    plain = Plain(Connections(os.environ["TWENTYONE_DATABASE_URL"]))
    app.get("/v1/me/journeys/current")(plain.dashboard)
    app.patch("/v1/me/journeys/current/days/{day}")(plain.complete)
    app.post("/v1/me/journeys/current/sync")(plain.sync)
    app.put("/v1/me/results/{result}")(plain.save_result)
    app.post("/v1/assessments/{slug}/score")(plain.score)
    app.post("/v1/auth/login")(plain.sign_in)
    app.post("/v1/auth/refresh")(plain.refresh)
    return app


def _authenticated(identity: str) -> Body:
    """Return the member of the request, and the current time."""
    member, session = map(UUID, identity.split())
    now = datetime.now(UTC)
    return {"member": member, "session": session, "now": now, "today": now.date()}


def _completed_days(run: Sequence[Any]) -> set[int]:
    return {day[0] for day in json.loads(run[11] or "[]")}


def _response(rows: Sequence[Any], *, status: int = 200) -> Response:
    return Response(json.dumps(rows, default=str), status, media_type="application/json")


if __name__ == "__main__":
    serve_instead("bench.servers.plain:create_plain")
