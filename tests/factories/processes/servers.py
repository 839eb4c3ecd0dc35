"""The real server, in a process of its own or in a thread of this one."""

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
from app.serving import CONNECTION
from tests.factories.services import Service

ROOT = Path(__file__).parents[3]


class Server:
    """`twentyone serve` in a process of its own, on a port that was free. It stops at once unless told otherwise."""

    def __init__(self, folder: Path, database: URL, *, code: Path = ROOT, **settings: str) -> None:
        named = {f"TWENTYONE_{name.upper()}": value for name, value in settings.items()}
        environment = os.environ | {
            "TWENTYONE_DATABASE_URL": database.render_as_string(hide_password=False),
            "TWENTYONE_VAR_DIR": str(folder.parent / "var"),
            "TWENTYONE_LEAVING_SECONDS": "0",
            "PORT": "0",
            **named,
        }
        command = [sys.executable, "-m", "app.cli", "serve", "--seed", str(folder)]
        self.process = subprocess.Popen(command, cwd=code, env=environment, stderr=subprocess.PIPE, text=True)
        self.database = database
        self.port = self._listening()
        self.client = httpx.Client(base_url=f"http://127.0.0.1:{self.port}")

    def _listening(self) -> int:
        """The port that was chosen, from the line that uvicorn logs when it listens."""
        assert self.process.stderr
        for line in self.process.stderr:
            if found := re.search(r"running on http://127\.0\.0\.1:(\d+)", line):
                return int(found[1])
        raise AssertionError("the server ended before it listened")

    def stop(self) -> None:
        """Ask it to end, and see that it ends well."""
        self.client.close()
        self.process.send_signal(signal.SIGTERM)
        _, rest = self.process.communicate(timeout=30)
        assert "Traceback" not in rest
        assert self.process.returncode in {0, -signal.SIGTERM}


@contextmanager
def served(settings: Settings, *routers: APIRouter) -> Iterator[Service]:
    """A service whose client talks to a real port, with routers of a test beside its own."""
    service = Service.of(settings)
    for router in routers:
        service.app.router.routes.extend(router.routes)
    server = uvicorn.Server(
        uvicorn.Config(
            service.app, host="127.0.0.1", port=0, http=CONNECTION, ws="none", log_config=None, access_log=False
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
