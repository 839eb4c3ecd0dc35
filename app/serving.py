"""`python -m app.serving HOST PORT WORKERS` serves the API. `twentyone serve` becomes this program once it has read the
settings and loaded what there is to load, and leaves behind what commands alone need: their tables, colours and files.
"""

import gc
import os
import sys
from contextlib import suppress
from pathlib import Path
from typing import NoReturn

from typing_extensions import override
from uvicorn import Config, Server
from uvicorn.config import STARTUP_FAILURE
from uvicorn.supervisors import Multiprocess

from app.core import logs
from app.core.settings import Settings

ROOT = Path(__file__).parents[1]
APPLICATION = "app.main:create_app"
CONNECTION = "app.web.http_protocol:GuardedConnection"
STARTING = 60  # seconds that a worker may take to import everything on a busy machine
STOPPING = 20  # seconds that requests in flight may take when the server stops (web/shutdown.py)

# For glibc's malloc: one arena instead of one for each thread, and free memory is given back to the system, such as the
# 19 MiB of a password's hash (docs/decisions/serving.md).
MALLOC = {"MALLOC_ARENA_MAX": "1", "MALLOC_MMAP_THRESHOLD_": "262144", "MALLOC_TRIM_THRESHOLD_": "1048576"}


def become_server(host: str, port: int, workers: int) -> NoReturn:
    """The same process goes on as the server, so that signals reach it, with the same code, be it installed or not, and
    whatever folder it is started in.
    """
    sys.stdout.flush()
    sys.stderr.flush()
    path = os.pathsep.join([str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])])
    command = [sys.executable, "-P", "-m", __name__, host, str(port), str(workers)]
    os.execve(sys.executable, command, MALLOC | os.environ | {"PYTHONPATH": path})  # noqa: S606 - it is ourselves


# hook: uvicorn Multiprocess.terminate_all
class Workers(Multiprocess):
    """uvicorn's, which would hold the port open while its workers finish, so that whoever came would wait in vain."""

    @override
    def terminate_all(self) -> None:
        super().terminate_all()
        for each in self.sockets:
            each.close()


def serve(host: str, port: int, workers: int, application: str = APPLICATION, connection: str = CONNECTION) -> None:
    """As `uvicorn.run` does, with a connection and workers of our own."""
    settings = Settings()
    logs.configure(settings.log_level)
    config = Config(
        application,
        factory=True,
        host=host,
        port=port,
        workers=workers,
        http=connection,
        ws="none",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=bool(settings.trusted_proxies),
        forwarded_allow_ips=settings.trusted_proxies,
        timeout_graceful_shutdown=STOPPING,
        timeout_worker_healthcheck=STARTING,
    )
    if workers > 1:
        Workers(config, [config.bind_socket()]).run()
        return
    server = Server(config)
    with suppress(KeyboardInterrupt):
        server.run()
    if not server.started:
        sys.exit(STARTUP_FAILURE)


if __name__ == "__main__":
    gc.disable()  # until the application has started (main.py): collecting garbage takes a third of an import's time
    serve(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
