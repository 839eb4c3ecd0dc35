"""How many files of app/ run for a request, and how often control switches from one of them to another.

Counted by the profile hook of Python, at every call, over every thread that works for the request.
"""

import os
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory
from types import FrameType
from typing import Any
from uuid import uuid4

from fastapi import FastAPI
from starlette.testclient import TestClient

from app.core.settings import Settings
from app.main import create_app
from bench.servers.filled import loaded
from bench.servers.processes import ROOT

AFTERWARDS = 0.02  # seconds in which a thread may end its work after the reply
CREDENTIALS = {"email": "ana@example.org", "password": "a kettle sings in the rain"}
ANSWERS = {"answers": {f"q{n:02}": 3 for n in range(1, 9)}}

Send = Callable[[int], Any]


@dataclass(frozen=True, slots=True)
class Trace:
    """The files that ran for one request, in order."""

    name: str
    calls: list[str]

    @property
    def files(self) -> int:
        return len(set(self.calls))

    @property
    def switches(self) -> int:
        return sum(before != after for before, after in pairwise(self.calls))


class CallLog:
    """Records the file of each call into app/ while `is_on`."""

    def __init__(self) -> None:
        self.is_on = False
        self._prefix = f"{ROOT / 'app'}{os.sep}"
        self._files: list[str] = []

    def install(self) -> None:
        """Watch this thread and those that start from now on."""
        threading.setprofile(self._note)
        sys.setprofile(self._note)

    def taken(self) -> list[str]:
        """Return the record and begin a new one."""
        files, self._files = self._files, []
        return files

    def _note(self, frame: FrameType, event: str, _argument: object) -> None:
        if self.is_on and event == "call" and frame.f_code.co_filename.startswith(self._prefix):
            self._files.append(frame.f_code.co_filename)


class Member:
    """A signed-in member on the first day of the journey."""

    def __init__(self, client: TestClient) -> None:
        self.client = client
        self.ask("POST", "/v1/auth/register", CREDENTIALS)
        token = self.ask("POST", "/v1/auth/login", CREDENTIALS).json()["access_token"]
        client.headers["Authorization"] = f"Bearer {token}"
        self.run = f"/v1/me/journeys/{uuid4()}"
        self.ask("PUT", "/v1/me/consents/health_data", {"granted": True, "version": "1"})
        self.ask("PUT", self.run, {"journey": "21-days", "time_zone": "UTC", "pace": "daily"})
        self.slugs = [each["slug"] for each in self.ask("GET", "/v1/articles").json()["items"]]

    def ask(self, method: str, path: str, body: object = None) -> Any:
        reply = self.client.request(method, path, json=body)
        reply.raise_for_status()
        return reply

    def requests(self) -> dict[str, Send]:
        """Each kind of request; the number makes two of a kind differ."""
        return {
            "GET article": lambda n: self.ask("GET", f"/v1/articles/{self.slugs[n]}"),
            "POST login": lambda _: self.ask("POST", "/v1/auth/login", CREDENTIALS),
            "POST score": lambda _: self.ask("POST", "/v1/assessments/connection-check-in/score", ANSWERS),
            "PATCH day": lambda n: self.ask("PATCH", f"{self.run}/days/1", _day(n)),
            "POST sync": lambda _: self.ask("POST", f"{self.run}/sync", _changes()),
        }


def _day(n: int) -> dict[str, Any]:
    return {"completed": True, "mood_before": n + 1, "reflection": f"text {n}"}


def _changes() -> dict[str, Any]:
    fields = {"mood_after": 2, "reflection": str(uuid4())}
    moment = datetime.now(UTC).isoformat()
    return {"changes": [{"change_id": str(uuid4()), "day": 1, "happened_at": moment, "fields": fields}]}


def traces() -> list[Trace]:
    """Trace the second request of each kind: the first one fills caches and starts threads."""
    log, result = CallLog(), []
    with TemporaryDirectory() as folder:
        app = _app(Path(folder))
        log.install()
        with TestClient(app, base_url="http://api.test") as client:
            _stop_background(app)
            for name, send in Member(client).requests().items():
                send(0)
                time.sleep(AFTERWARDS)
                log.is_on = True
                send(1)
                time.sleep(AFTERWARDS)
                log.is_on = False
                result.append(Trace(name, log.taken()))
        sys.setprofile(None)
        threading.setprofile(None)
    return result


def _app(folder: Path) -> FastAPI:
    for name in [each for each in os.environ if each.startswith("TWENTYONE_")]:
        del os.environ[name]
    address = loaded(f"sqlite:///{folder / 'stats.db'}")
    options: dict[str, Any] = {"_env_file": None, "database_url": address, "var_dir": folder}
    return create_app(Settings(**options, min_answer_milliseconds=0, password_kibibytes=64, log_level="error"))


def _stop_background(app: FastAPI) -> None:
    """End the threads that work beside requests: their calls would be counted, too."""
    services = app.state.services
    for work in services.background:
        work.stop()
    services.web.watcher.stop()
    services.web.watcher.look()
    services.web.watcher.catch_up()
