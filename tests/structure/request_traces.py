"""Count the files of app/ that run for a request, and the switches between them.

Python's profile hook records every function call, in every thread that works for the request.
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
from bench.servers.database_content import load_content
from bench.servers.processes import ROOT

THREAD_END_SECONDS = 0.02  # time for threads to finish after the response
CREDENTIALS = {"email": "ana@example.org", "password": "a kettle sings in the rain"}
ANSWERS = {"answers": {f"q{n:02}": 3 for n in range(1, 9)}}

Send = Callable[[int], Any]


@dataclass(frozen=True, slots=True)
class Trace:
    """The files that ran for one request, in the order of the function calls."""

    name: str
    calls: list[str]

    @property
    def files(self) -> int:
        return len(set(self.calls))

    @property
    def switches(self) -> int:
        return sum(previous != current for previous, current in pairwise(self.calls))


class CallLog:
    """Records the file of each call of a function in app/ while `is_on` is true."""

    def __init__(self) -> None:
        self.is_on = False
        self._prefix = f"{ROOT / 'app'}{os.sep}"
        self._files: list[str] = []

    def install(self) -> None:
        """Record calls in this thread and in all threads that start later."""
        threading.setprofile(self._profile)
        sys.setprofile(self._profile)

    def take(self) -> list[str]:
        """Return the recorded files, and start a new record."""
        files, self._files = self._files, []
        return files

    def _profile(self, frame: FrameType, event: str, _argument: object) -> None:
        if self.is_on and event == "call" and frame.f_code.co_filename.startswith(self._prefix):
            self._files.append(frame.f_code.co_filename)


class TracedMember:
    """A signed-in member on the first day of a journey, who sends the traced requests."""

    def __init__(self, client: TestClient) -> None:
        self.client = client
        self.request("POST", "/v1/auth/register", CREDENTIALS)
        token = self.request("POST", "/v1/auth/login", CREDENTIALS).json()["access_token"]
        client.headers["Authorization"] = f"Bearer {token}"
        self.run_path = f"/v1/me/journeys/{uuid4()}"
        self.request("PUT", "/v1/me/consents/health_data", {"granted": True, "version": "1"})
        self.request("PUT", self.run_path, {"journey": "21-days", "time_zone": "UTC", "pace": "daily"})
        self.slugs = [article["slug"] for article in self.request("GET", "/v1/articles").json()["items"]]

    def request(self, method: str, path: str, body: object = None) -> Any:
        response = self.client.request(method, path, json=body)
        response.raise_for_status()
        return response

    def requests(self) -> dict[str, Send]:
        """Return a function for each kind of request that sends it.

        Its argument is a number that makes repeated requests differ.
        """
        return {
            "GET article": lambda n: self.request("GET", f"/v1/articles/{self.slugs[n]}"),
            "POST login": lambda _: self.request("POST", "/v1/auth/login", CREDENTIALS),
            "POST score": lambda _: self.request("POST", "/v1/assessments/connection-check-in/score", ANSWERS),
            "PATCH day": lambda n: self.request("PATCH", f"{self.run_path}/days/1", _day(n)),
            "POST sync": lambda _: self.request("POST", f"{self.run_path}/sync", _changes()),
        }


def _day(n: int) -> dict[str, Any]:
    return {"completed": True, "mood_before": n + 1, "reflection": f"text {n}"}


def _changes() -> dict[str, Any]:
    fields = {"mood_after": 2, "reflection": str(uuid4())}
    timestamp = datetime.now(UTC).isoformat()
    return {"changes": [{"change_id": str(uuid4()), "day": 1, "happened_at": timestamp, "fields": fields}]}


def traces() -> list[Trace]:
    """Trace one request of each kind.

    Each is sent twice, and only the second request counts: the first fills caches and starts threads.
    """
    log, result = CallLog(), []
    with TemporaryDirectory() as folder:
        app = _app(Path(folder))
        log.install()
        with TestClient(app, base_url="http://api.test") as client:
            _stop_background(app)
            for name, send in TracedMember(client).requests().items():
                send(0)
                time.sleep(THREAD_END_SECONDS)
                log.is_on = True
                send(1)
                time.sleep(THREAD_END_SECONDS)
                log.is_on = False
                result.append(Trace(name, log.take()))
        sys.setprofile(None)
        threading.setprofile(None)
    return result


def _app(folder: Path) -> FastAPI:
    for name in [variable for variable in os.environ if variable.startswith("TWENTYONE_")]:
        del os.environ[name]
    address = load_content(f"sqlite:///{folder / 'stats.db'}")
    options: dict[str, Any] = {"_env_file": None, "database_url": address, "var_dir": folder}
    return create_app(Settings(**options, min_answer_milliseconds=0, password_kibibytes=64, log_level="error"))


def _stop_background(app: FastAPI) -> None:
    """Stop background threads, because their function calls would be counted as well."""
    services = app.state.services
    for work in services.background_tasks:
        work.stop()
    services.web.watcher.stop()
    services.web.watcher.poll()
    services.web.watcher.rebuild_if_outdated()
