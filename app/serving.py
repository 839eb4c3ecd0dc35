"""The server process: `python -m app.serving HOST PORT WORKERS`.

The command `twentyone serve` replaces itself with this program, to free the memory of modules that only commands use.
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
HTTP_PROTOCOL = "app.web.http_protocol:LimitedHttpProtocol"
WORKER_START_SECONDS = 60  # maximum start time of a worker on a busy machine, including imports
GRACEFUL_SHUTDOWN_SECONDS = 20  # time for running requests to finish after shutdown begins

# Settings for glibc's malloc: use one memory arena for all threads, and return freed memory to the system, such as
# the 19 MiB of a password hash (docs/decisions/serving.md).
MALLOC_SETTINGS = {"MALLOC_ARENA_MAX": "1", "MALLOC_MMAP_THRESHOLD_": "262144", "MALLOC_TRIM_THRESHOLD_": "1048576"}


def exec_server(host: str, port: int, workers: int) -> NoReturn:
    """Replace this process with the server, so that the server receives signals directly.

    The server imports the same code as this process, installed or not, from any working directory.
    """
    sys.stdout.flush()
    sys.stderr.flush()
    path = os.pathsep.join([str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])])
    command = [sys.executable, "-P", "-m", __name__, host, str(port), str(workers)]
    os.execve(sys.executable, command, MALLOC_SETTINGS | os.environ | {"PYTHONPATH": path})  # noqa: S606 - runs this interpreter


# hook: uvicorn Multiprocess.terminate_all
class WorkerSupervisor(Multiprocess):
    """Supervises worker processes, and closes the port as soon as shutdown begins.

    uvicorn alone would leave the port open, and new connections would hang.
    """

    @override
    def terminate_all(self) -> None:
        super().terminate_all()
        for listener in self.sockets:
            listener.close()


def serve(
    host: str, port: int, workers: int, application: str = APPLICATION, http_protocol: str = HTTP_PROTOCOL
) -> None:
    """Run uvicorn with the HTTP protocol and worker supervisor of this project."""
    settings = Settings()
    logs.configure(settings.log_level)
    config = Config(
        application,
        factory=True,
        host=host,
        port=port,
        workers=workers,
        http=http_protocol,
        ws="none",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=bool(settings.trusted_proxies),
        forwarded_allow_ips=settings.trusted_proxies,
        timeout_graceful_shutdown=GRACEFUL_SHUTDOWN_SECONDS,
        timeout_worker_healthcheck=WORKER_START_SECONDS,
    )
    if workers > 1:
        WorkerSupervisor(config, [config.bind_socket()]).run()
        return
    server = Server(config)
    with suppress(KeyboardInterrupt):
        server.run()
    if not server.started:
        sys.exit(STARTUP_FAILURE)


if __name__ == "__main__":
    gc.disable()  # main.py enables it after startup; it would take a third of the import time
    serve(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
