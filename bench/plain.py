"""A yardstick: the same SQL as ours by the plain driver behind FastAPI. No token, no rules, no shapes: what is left is
what a request costs anyway.

Started as `twentyone serve` is, with this application in its place. Run on PostgreSQL only.
"""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from queue import SimpleQueue
from typing import Annotated, Any
from uuid import UUID

import psycopg
from fastapi import FastAPI, Header, Response
from sqlalchemy import make_url

from bench.instead import serve_instead

CONNECTIONS = 10
SESSION = "SELECT id FROM sessions WHERE member_id = %s AND id = %s AND expires_at > %s"
LOCKED = """
    SELECT sessions.id FROM sessions JOIN members ON members.id = sessions.member_id
    WHERE sessions.member_id = %s AND sessions.id = %s AND sessions.expires_at > %s
    FOR NO KEY UPDATE OF members, sessions
"""
RUN = """
    SELECT runs.id, runs.number, runs.journey, runs.pace, runs.starts_on, runs.timetable, runs.reminder_time,
           runs.started_at, runs.abandoned_at, journeys.digest,
           EXISTS (SELECT 1 FROM calendars WHERE calendars.member_id = runs.member_id AND calendars.run_id = runs.id),
           day, completed_at, completed_on, time_zone, undone_at
    FROM runs JOIN journeys ON journeys.slug = runs.journey
    LEFT JOIN run_days ON run_days.member_id = runs.member_id AND run_days.run_id = runs.id
    WHERE runs.member_id = %(member)s AND runs.number = (
        SELECT max(number) FROM runs WHERE member_id = %(member)s AND abandoned_at IS NULL
    )
"""
BESIDE = """
    SELECT member_keys.key_id, member_keys.wrapped, day_notes.sealed,
           (SELECT granted FROM member_consents WHERE member_id = %(member)s AND purpose = 'health_data'
            ORDER BY number DESC LIMIT 1)
    FROM member_keys LEFT JOIN day_notes
    ON day_notes.member_id = member_keys.member_id AND day_notes.run_id = %(run)s AND day_notes.day = %(day)s
    WHERE member_keys.member_id = %(member)s
"""
OPENINGS = "UPDATE runs SET timetable = timetable WHERE member_id = %s AND id = %s"
DAY = """
    INSERT INTO run_days (member_id, run_id, day, completed_at, completed_on, time_zone)
    VALUES (%s, %s, %s, %s, %s, 'UTC')
    ON CONFLICT (member_id, run_id, day) DO UPDATE
    SET completed_at = excluded.completed_at, completed_on = excluded.completed_on, time_zone = excluded.time_zone
"""

Who = Annotated[str, Header(description="A member's id and a session's.")]


def create_plain() -> FastAPI:
    app = FastAPI()
    url = make_url(os.environ["TWENTYONE_DATABASE_URL"]).set(drivername="postgresql")
    idle: SimpleQueue[psycopg.Connection[Any]] = SimpleQueue()
    for _ in range(CONNECTIONS):
        idle.put(psycopg.connect(url.render_as_string(hide_password=False), autocommit=True))

    @contextmanager
    def connected() -> Iterator[psycopg.Connection[Any]]:
        connection = idle.get()
        try:
            yield connection
        finally:
            idle.put(connection)

    def dashboard(who: Who) -> Response:
        member, session = map(UUID, who.split())
        with connected() as connection:
            connection.execute(SESSION, (member, session, datetime.now(UTC))).fetchone()
            rows = connection.execute(RUN, {"member": member}).fetchall()
        return _json(rows)

    def complete(day: int, who: Who, body: dict[str, bool]) -> Response:
        member, session = map(UUID, who.split())
        now = datetime.now(UTC)
        with connected() as connection, connection.transaction():
            connection.execute(LOCKED, (member, session, now)).fetchone()
            rows = connection.execute(RUN, {"member": member}).fetchall()
            run = rows[0][0]
            beside = connection.execute(BESIDE, {"member": member, "run": run, "day": day}).fetchall()
            if len(rows) == 1:  # ours notes what is open with the first completion
                connection.execute(OPENINGS, (member, run))
            connection.execute(DAY, (member, run, day, now, now.date()))
        return _json([*rows[:1], *beside])

    app.get("/v1/me/journeys/current")(dashboard)
    app.patch("/v1/me/journeys/current/days/{day}")(complete)
    return app


def _json(rows: list[Any]) -> Response:
    return Response(json.dumps(rows, default=str), media_type="application/json")


if __name__ == "__main__":
    serve_instead("bench.plain:create_plain")
