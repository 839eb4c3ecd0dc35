"""A FastAPI application that executes our application's SQL statements through the plain database driver.

`python -m bench.servers.plain HOST PORT WORKERS` serves it like `twentyone serve`, on either database. At startup, it
sends one request of each kind to our application, in this process, and records the statements that reach the driver.
The endpoints execute the recorded statements, with the ids and the day of the request in the places of the recorded
ones. There are no tokens, rules, schemas and logs.
"""

import gc
import json
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import astuple, dataclass
from queue import SimpleQueue
from typing import Annotated, Any
from uuid import UUID

from fastapi import Body, FastAPI, Header, Response
from sqlalchemy import PoolProxiedConnection, event
from typing_extensions import override

from app.serving import serve
from bench.client.journey_members import KEYS, Walker, add_walkers, open_database
from bench.client.requests import CURRENT_RUN_PATH, completions, dashboards
from bench.servers.in_process import client_of_app

RECORDED_DAY = 17  # a number that is no other parameter of the statements
READERS = 10
Pool = SimpleQueue[PoolProxiedConnection]  # of connections that are configured like those of our application
Identity = Annotated[str, Header(description="The ids of a member, a session and a run.")]


class PlainWalker(Walker):
    """A member of this server, who authenticates with ids in a header."""

    @property
    @override
    def headers(self) -> dict[str, str]:
        return {"identity": f"{self.member_id} {self.session_id} {self.run_id}"}


def plain_walkers(walkers: Sequence[Walker]) -> list[Walker]:
    return [PlainWalker(*astuple(walker)) for walker in walkers]


@dataclass(frozen=True, slots=True)
class Recording:
    """The statements of one request with their parameters, in the form in which the driver receives them."""

    statements: Sequence[tuple[str, Any]]
    replaceable: Sequence[Any]  # parameters that depend on the request: ids of the member, session and run; the day

    @property
    def is_transaction(self) -> bool:
        return self.statements[0][0].startswith("BEGIN")

    def execute(self, connection: Any, requested: Sequence[Any]) -> list[Any]:
        """Execute the statements on a connection of the driver, and return all rows."""
        replacements = dict(zip(self.replaceable, requested, strict=True))
        rows: list[Any] = []
        for statement, parameters in self.statements:
            cursor = connection.execute(statement, _replaced(parameters, replacements))
            rows += cursor.fetchall() if cursor.description else []
        return rows


def _replaced(parameters: Any, replacements: Mapping[Any, Any]) -> Any:
    if isinstance(parameters, Mapping):
        return {name: replacements.get(value, value) for name, value in parameters.items()}
    return [replacements.get(value, value) for value in parameters]


class Plain:
    """Endpoints that execute the statements of our application."""

    def __init__(self, database_url: str) -> None:
        self._is_sqlite = database_url.startswith("sqlite")
        [walker] = add_walkers(database_url, 1, completed=RECORDED_DAY - 1)
        _, self._dashboard, self._completion = self._record(database_url, walker)  # the first one fills caches
        self._readers: Pool = SimpleQueue()
        self._writers: Pool = SimpleQueue() if self._is_sqlite else self._readers
        with open_database(database_url) as database:
            for _ in range(READERS):
                self._readers.put(database.reads.raw_connection())
            if self._is_sqlite:
                self._writers.put(database.writes.raw_connection())

    def _record(self, database_url: str, walker: Walker) -> Iterator[Recording]:
        """Record two dashboards, and the completion of a day that is neither the first nor the last."""
        replaceable = self._parameters((walker.member_id, walker.session_id, walker.run_id), RECORDED_DAY)
        statements: list[tuple[str, Any]] = []

        def record(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
            statements.append((statement, parameters))

        with client_of_app(database_url=database_url, keys=KEYS, access_minutes=60) as client:
            database = client.app.state.services.web.database  # type: ignore[attr-defined]
            for engine in {database.reads, database.writes}:
                event.listen(engine, "before_cursor_execute", record)
            dashboard, completion = next(dashboards([walker])), next(completions([walker], RECORDED_DAY))
            for sent in (dashboard, dashboard, completion):
                response = client.request(sent.method, sent.path, headers=dict(sent.headers), content=sent.body)
                response.raise_for_status()
                yield Recording([*statements], replaceable)
                statements.clear()

    def _parameters(self, ids: Sequence[UUID], day: int) -> list[Any]:
        return [*([value.hex for value in ids] if self._is_sqlite else ids), day]

    def dashboard(self, identity: Identity) -> Response:
        return self._respond(self._dashboard, identity)

    def complete(self, day: int, identity: Identity, _body: Annotated[dict[str, bool], Body()]) -> Response:
        return self._respond(self._completion, identity, day)

    def _respond(self, recording: Recording, identity: str, day: int = 0) -> Response:
        requested = self._parameters([UUID(value) for value in identity.split()], day)
        with self._connection(recording) as connection:
            rows = [list(row) for row in recording.execute(connection, requested)]
        return Response(json.dumps(rows, default=str), media_type="application/json")

    @contextmanager
    def _connection(self, recording: Recording) -> Iterator[Any]:
        """Yield a connection of the driver. Commit at the end, or roll back on an exception."""
        pool = self._writers if recording.is_transaction else self._readers
        pooled = pool.get()
        driver: Any = pooled.driver_connection
        try:
            yield driver
            if recording.is_transaction:
                driver.commit()
        except BaseException:
            driver.rollback()
            raise
        finally:
            pool.put(pooled)


def create_plain() -> FastAPI:
    app = FastAPI()
    plain = Plain(os.environ["TWENTYONE_DATABASE_URL"])
    app.get(CURRENT_RUN_PATH)(plain.dashboard)
    app.patch(f"{CURRENT_RUN_PATH}/days/{{day}}")(plain.complete)
    gc.freeze()  # like our application
    return app


if __name__ == "__main__":
    serve(sys.argv[1], int(sys.argv[2]), 1, "bench.servers.plain:create_plain", http_protocol="httptools")
