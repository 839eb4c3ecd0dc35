"""Run the application in this process, without a network and without background work."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from starlette.testclient import TestClient

from app.core.settings import Settings
from app.main import create_app


@contextmanager
def client_of_app(**settings: Any) -> Iterator[TestClient]:
    """Yield a client of an application with a complete search index.

    Background tasks are stopped, because they would disturb measurements.
    """
    app = create_app(Settings(_env_file=None, log_level="error", **settings))
    services = app.state.services
    with TestClient(app, base_url="http://127.0.0.1") as client:
        for task in services.background_tasks:
            task.stop()
        services.web.watcher.stop()
        services.web.watcher.poll()
        services.web.watcher.rebuild_if_outdated()
        yield client
