"""`python -m app.serving HOST PORT WORKERS` serves the API. `twentyone serve` becomes this program once it has read the
settings and loaded what there is to load, and leaves behind what commands alone need: their tables, colours and files.
"""

import os
import sys
from pathlib import Path
from typing import NoReturn

import uvicorn

from app.core import logs
from app.core.settings import Settings

ROOT = Path(__file__).parents[1]
APPLICATION = "app.main:create_app"
STARTING = 60  # seconds that a worker may take to import everything on a busy machine
STOPPING = 25  # seconds that requests in flight may take when the server stops


def become_server(host: str, port: int, workers: int) -> NoReturn:
    """The same process goes on as the server, so that signals reach it, with the same code, be it installed or not, and
    whatever folder it is started in.
    """
    sys.stdout.flush()
    sys.stderr.flush()
    path = os.pathsep.join([str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])])
    command = [sys.executable, "-P", "-m", __name__, host, str(port), str(workers)]
    os.execve(sys.executable, command, os.environ | {"PYTHONPATH": path})  # noqa: S606 - it is ourselves


def serve(host: str, port: int, workers: int, application: str = APPLICATION) -> None:
    settings = Settings()
    logs.configure(settings.log_level)
    uvicorn.run(
        application,
        factory=True,
        host=host,
        port=port,
        workers=workers,
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=bool(settings.trusted_proxies),
        forwarded_allow_ips=settings.trusted_proxies,
        timeout_graceful_shutdown=STOPPING,
        timeout_worker_healthcheck=STARTING,
    )


if __name__ == "__main__":
    serve(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
