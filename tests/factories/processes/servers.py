"""Test helpers: the real HTTP server, in its own process or in a thread of this process."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread
from typing import Any

import httpx
import httpx2
import uvicorn
from fastapi import APIRouter
from sqlalchemy import URL

from app.core.settings import Settings
from app.serving import HTTP_PROTOCOL
from tests.factories.services import Service

ROOT = Path(__file__).parents[3]


class ServerProcess:
    """The production server (`twentyone serve`) in its own process, on a free port.

    By default, it stops without first waiting for load balancers to notice.
    """

    def __init__(self, directory: Path, database: URL, *, working_directory: Path = ROOT, **settings: str) -> None:
        variables = {f"TWENTYONE_{name.upper()}": value for name, value in settings.items()}
        environment = os.environ | {
            "TWENTYONE_DATABASE_URL": database.render_as_string(hide_password=False),
            "TWENTYONE_VAR_DIR": str(directory.parent / "var"),
            "TWENTYONE_LEAVING_SECONDS": "0",
            "PORT": "0",
            **variables,
        }
        command = [sys.executable, "-m", "app.cli", "serve", "--seed", str(directory)]
        self.process = subprocess.Popen(
            command, cwd=working_directory, env=environment, stderr=subprocess.PIPE, text=True
        )
        self.database = database
        self.port = self._read_port()
        self.client = httpx.Client(base_url=f"http://127.0.0.1:{self.port}")

    def _read_port(self) -> int:
        """Return the port from the line that uvicorn logs when it starts to listen."""
        assert self.process.stderr
        for line in self.process.stderr:
            if match := re.search(r"running on http://127\.0\.0\.1:(\d+)", line):
                return int(match[1])
        raise AssertionError("the server ended before it listened")

    def stop(self) -> None:
        """Stop the server with SIGTERM, and assert a clean exit."""
        self.client.close()
        self.process.send_signal(signal.SIGTERM)
        _, output = self.process.communicate(timeout=30)
        assert "Traceback" not in output
        assert self.process.returncode in {0, -signal.SIGTERM}


@contextmanager
def running_server(settings: Settings, *routers: APIRouter) -> Iterator[Service]:
    """Run a service on a real port, with additional routes from a test."""
    service = Service.create(settings)
    for router in routers:
        service.app.router.routes.extend(router.routes)
    server = uvicorn.Server(
        uvicorn.Config(
            service.app, host="127.0.0.1", port=0, http=HTTP_PROTOCOL, ws="none", log_config=None, access_log=False
        )
    )
    thread = Thread(target=server.run)
    thread.start()
    while not server.started:
        assert thread.is_alive(), "the server ended before it listened"
        time.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        with httpx2.Client(base_url=f"http://127.0.0.1:{port}", timeout=30) as client:
            any_client: Any = client
            service.client = any_client
            yield service
    finally:
        server.should_exit = True
        thread.join()
        service.database.close()
