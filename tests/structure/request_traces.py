"""Record the files of app/ that run for a request.

Python's profile hook records every function call, in every thread that works for the request.
"""

import os
import sys
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from types import FrameType
from typing import Any
from uuid import uuid4

from starlette.testclient import TestClient

from bench.client.members import PASSWORD, REGISTER, SIGN_IN
from bench.client.requests import ANSWERS, ASSESSMENT
from bench.servers.database_content import load_content
from bench.servers.in_process import client_of_app
from bench.servers.processes import ROOT

THREAD_END_SECONDS = 0.02  # time for threads to finish after the response

Send = Callable[[int], Any]


def traces() -> dict[str, list[str]]:
    """Return the files that ran for one request of each kind, in the order of the function calls.

    Each is sent twice, and only the second request counts: the first fills caches and starts threads.
    """
    calls, prefix, result = list[str](), f"{ROOT / 'app'}{os.sep}", dict[str, list[str]]()

    def profile(frame: FrameType, event: str, _argument: object) -> None:
        if event == "call" and frame.f_code.co_filename.startswith(prefix):
            calls.append(frame.f_code.co_filename)

    threading.setprofile(profile)  # of all threads that start later
    with TemporaryDirectory() as folder:
        database_url = load_content(f"sqlite:///{Path(folder) / 'stats.db'}")
        settings = {"var_dir": folder, "min_answer_milliseconds": 0, "password_kibibytes": 64}
        with client_of_app(database_url=database_url, **settings) as client:
            sys.setprofile(profile)
            for name, send in _requests(client).items():
                for n in (0, 1):
                    time.sleep(THREAD_END_SECONDS)
                    calls.clear()
                    send(n)
                time.sleep(THREAD_END_SECONDS)
                result[name] = [*calls]
    sys.setprofile(None)
    threading.setprofile(None)
    return result


def _requests(client: TestClient) -> dict[str, Send]:
    """Return a function for each kind of request that sends it as a member on the first day of a journey.

    Its argument is a number that makes repeated requests differ.
    """

    def request(method: str, path: str, body: object = None) -> Any:
        response = client.request(method, path, json=body)
        response.raise_for_status()
        return response

    credentials, run_path = {"email": "ana@example.org", "password": PASSWORD}, f"/v1/me/journeys/{uuid4()}"
    request("POST", REGISTER, credentials)
    token = request("POST", SIGN_IN, credentials).json()["access_token"]
    client.headers["Authorization"] = f"Bearer {token}"
    request("PUT", "/v1/me/consents/health_data", {"granted": True, "version": "1"})
    request("PUT", run_path, {"journey": "21-days", "time_zone": "UTC", "pace": "daily"})
    slugs = [article["slug"] for article in request("GET", "/v1/articles").json()["items"]]
    return {
        "GET article": lambda n: request("GET", f"/v1/articles/{slugs[n]}"),
        "POST login": lambda _: request("POST", SIGN_IN, credentials),
        "POST score": lambda _: request("POST", f"/v1/assessments/{ASSESSMENT}/score", {"answers": ANSWERS}),
        "PATCH day": lambda n: request("PATCH", f"{run_path}/days/1", _day(n + 1)),
        "POST sync": lambda _: request("POST", f"{run_path}/sync", {"changes": [_change()]}),
    }


def _day(mood: int) -> dict[str, Any]:
    return {"completed": True, "mood_before": mood, "reflection": f"text {mood}"}


def _change() -> dict[str, Any]:
    fields, timestamp = {"mood_after": 2, "reflection": str(uuid4())}, datetime.now(UTC).isoformat()
    return {"change_id": str(uuid4()), "day": 1, "happened_at": timestamp, "fields": fields}
