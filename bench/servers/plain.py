"""A yardstick: the same SQL as ours by the plain driver behind FastAPI. No token, no rules, no shapes: what is left is
what a request costs anyway, the hashing of a password included.

`python -m bench.servers.plain HOST PORT WORKERS` starts it as `twentyone serve` starts ours, on either database. What
it writes in place of sealed texts is as long as they are and can't be opened: ours is not to be asked for the same
members later.
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
from app.accounts.credentials.login_throttle import A_WHILE, FORGOTTEN, guesser_of
from app.accounts.credentials.passwords import Passwords
from app.accounts.credentials.refresh_tokens import RefreshToken
from app.journey.rules.schedule import LENGTH
from bench.client.walkers import RING, Walker, timetable
from bench.servers import plain_sql as sql
from bench.servers.instead import serve_instead
from bench.servers.plain_connections import Connection, Connections

HASH, NOTES, SESSION, RESULT = b"h" * 32, b"n" * 541, b"s" * 117, b"r" * 2077  # as long as ours
RECOMMENDED = {
    "article_1": "overcoming-loneliness-the-science-of-social-connection",
    "article_2": "when-someone-brings-you-good-news",
    "article_3": "what-21-days-can-and-cannot-do",
    "topic_1": "loneliness",
    "topic_2": "social-connection",
}

Values = Mapping[str, Any]
Body = dict[str, Any]
Who = Annotated[str, Header(description="A member's id and a session's.")]


@dataclass(frozen=True, slots=True)
class Caller:
    """A walker as this server knows them."""

    walker: Walker

    @property
    def headers(self) -> dict[str, str]:
        return {"who": f"{self.walker.member_id} {self.walker.session_id}"}

    @property
    def address(self) -> str:
        return self.walker.address

    def refresh_token(self, turn: int) -> str:
        return self.walker.refresh_token(turn)


class Plain:
    """The endpoints."""

    def __init__(self, connections: Connections) -> None:
        now = datetime.now(UTC)
        self._connections = connections
        self._passwords = Passwords(least=1)
        self._openings = timetable(now - timedelta(days=LENGTH), now, noted=True)

    def dashboard(self, who: Who) -> Response:
        with self._connections.reading() as connection:
            return _reply(connection.rows(sql.RUN_OF_SIGNED_IN, **_asked(who)))

    def complete(self, day: int, who: Who, body: dict[str, bool]) -> Response:
        values = {**_asked(who), "day": day}
        with self._connections.writing() as connection:
            if self._connections.is_sqlite:
                [found] = connection.rows(sql.RUN_AND_DAY_OF_SIGNED_IN, **values)
            else:
                connection.rows(sql.LOCKED, **values)
                [found] = connection.rows(sql.RUN_AND_DAY, **values)
            done = _days_done(found)
            if body["completed"] and day not in done:
                values |= {"run": found[0]}
                self._note_openings(connection, values, done)
                connection.run(sql.DAY, **values)
                if len(done) == LENGTH - 1:
                    connection.run(sql.LAST_DAY, **values)
        return _reply([found])

    def sync(self, who: Who, body: Body) -> Response:
        """What is known is passed over, and so is completing a day again: ours doesn't write it either."""
        values, changes = _asked(who), body["changes"]
        ids = {f"id_{n}": UUID(each["change_id"]) for n, each in enumerate(changes)}
        with self._connections.writing() as connection:
            connection.rows(sql.LOCKED, **values)
            [found] = connection.rows(sql.RUN, **values)
            values |= {"run": found[0]}
            beside = connection.rows(sql.KEY_AND_CONSENT, **values) + connection.rows(sql.NOTES, **values)
            known = {UUID(str(row[0])) for row in connection.rows(sql.applied(len(ids)), **values, **ids)}
            many = connection.rows(sql.HOW_MANY_APPLIED, **values)
            done = _days_done(found)
            news = [
                (change_id, each["day"], "completed" in each["fields"])
                for change_id, each in zip(ids.values(), changes, strict=True)
                if change_id not in known and not ("completed" in each["fields"] and each["day"] in done)
            ]
            completed = [{**values, "day": day} for _, day, completes in news if completes]
            noted = sorted({day for _, day, completes in news if not completes})
            if completed:
                self._note_openings(connection, values, done)
            connection.run_each(sql.DAY, completed)
            connection.run_each(sql.NOTE, [{**values, "day": day, "sealed": NOTES} for day in noted])
            connection.run_each(sql.APPLY, [{**values, "id": each[0], "body_hash": HASH} for each in news])
        return _reply([found, *beside, *many])

    def keep_result(self, result: UUID, who: Who, body: Body) -> Response:
        values = {**_asked(who), "result": result, "assessment": body["assessment"], "version": body["version"]}
        with self._connections.writing() as connection:
            connection.rows(sql.LOCKED, **values)
            [before] = connection.rows(sql.RESULT_BEFORE, **values)
            is_new = before[2] is None
            if is_new:
                connection.rows(sql.CURRENT_VERSION, **values)
                [(_, _, digest)] = connection.rows(sql.VERSION, **values)
                connection.run(sql.KEEP, **values, digest=digest, body_hash=HASH, sealed=RESULT)
                connection.run(sql.DONE_WITH, **values)
            found = connection.rows(sql.RESULT_AND_BEFORE, **values)
            beside = connection.rows(sql.RECOMMENDED, **values, **RECOMMENDED)
        return _reply([before, *found, *beside], status=201 if is_new else 200)

    def score(self, slug: str, body: Body) -> Response:
        with self._connections.snapshot() as connection:
            version = connection.rows(sql.CURRENT_VERSION, assessment=slug)
            beside = connection.rows(sql.RECOMMENDED, now=datetime.now(UTC), **RECOMMENDED)
        return _reply([*version, *beside, body["answers"]])

    def sign_in(self, body: dict[str, str]) -> Response:
        """Counted first, then the password, and then what it opens: two transactions, as ours."""
        now = datetime.now(UTC)
        guesser = guesser_of(RING, address_hash(RING, RING.current, body["email"]), "127.0.0.1")
        values: Body = {"account": guesser.account, "network": guesser.network, "now": now}
        with self._connections.writing() as connection:
            [member] = connection.rows(sql.MEMBER, **values)
            is_known = any(row[0] == "known" for row in connection.rows(sql.ATTEMPTS, **values))
            whole = {"kind": "guess", "account": "", "network": guesser.network, "now": now}
            own = {**values, "kind": "known"} if is_known else {**values, "kind": "guess", "network": ""}
            connection.run(sql.COUNT_NETWORK, **whole, earliest=now - A_WHILE, latest=now + A_WHILE)
            connection.run(sql.COUNT_ACCOUNT, **own, earliest=now - FORGOTTEN, latest=now + FORGOTTEN)
        if not self._passwords.verify(body["password"], member[2]).is_right:
            return Response(status_code=401)
        ends = {"expires": now + timedelta(days=60), "ends": now + timedelta(days=365)}
        values |= {"member": member[0], "password_hash": member[2], "session": uuid4(), **ends}
        with self._connections.writing() as connection:
            connection.rows(sql.SAME_PASSWORD, **values)
            connection.run(sql.TAKE_BACK, **values)
            if not is_known:
                connection.run(sql.FORGIVE, **values)
            connection.run(sql.REMEMBER, **values)
            connection.rows(sql.MAKE_ROOM, **values)
            connection.run(sql.AUDIT, **values, subject=str(UUID(str(member[0]))), event=uuid4())
            connection.run(sql.START, **values, sealed=SESSION)
        return _reply([member])

    def refresh(self, body: dict[str, str]) -> Response:
        """What is sealed there stays, so that the token of the next turn is good at ours, too."""
        token = RefreshToken.parse(body["refresh_token"])
        values = {"member": token.member_id, "session": token.session_id, "now": datetime.now(UTC)}
        with self._connections.writing() as connection:
            [found] = connection.rows(sql.SESSION, **values)
            connection.run(sql.NEXT_TURN, **values, counter=found[8] + 1, sealed=found[2], expires=found[9])
        return _reply([found])

    def _note_openings(self, connection: Connection, values: Values, done: set[int]) -> None:
        """With the first completion ours notes which days are open."""
        if not done:
            connection.run(sql.OPENINGS, **values, timetable=self._openings)


def create_plain() -> FastAPI:
    app = FastAPI()
    plain = Plain(Connections(os.environ["TWENTYONE_DATABASE_URL"]))
    app.get("/v1/me/journeys/current")(plain.dashboard)
    app.patch("/v1/me/journeys/current/days/{day}")(plain.complete)
    app.post("/v1/me/journeys/current/sync")(plain.sync)
    app.put("/v1/me/results/{result}")(plain.keep_result)
    app.post("/v1/assessments/{slug}/score")(plain.score)
    app.post("/v1/auth/login")(plain.sign_in)
    app.post("/v1/auth/refresh")(plain.refresh)
    return app


def _asked(who: str) -> Body:
    """Who asks, and when."""
    member, session = map(UUID, who.split())
    now = datetime.now(UTC)
    return {"member": member, "session": session, "now": now, "today": now.date()}


def _days_done(run: Sequence[Any]) -> set[int]:
    return {day[0] for day in json.loads(run[11] or "[]")}


def _reply(rows: Sequence[Any], *, status: int = 200) -> Response:
    return Response(json.dumps(rows, default=str), status, media_type="application/json")


if __name__ == "__main__":
    serve_instead("bench.servers.plain:create_plain")
