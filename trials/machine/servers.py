"""Two servers that share a database. Each of them can be restarted at any time."""

import re
from collections import Counter
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path
from threading import Barrier
from uuid import UUID

from sqlalchemy import URL

from app.content.commands import load_directory
from app.core.db.database import Database
from app.core.settings import Settings
from app.privacy.erasure import erase_member
from app.privacy.erasure_log import ErasureLog
from app.privacy.retention import clean_up
from tests.conftest import settings_for
from tests.factories.content import write_article, write_content_directory, write_questionnaire
from tests.factories.journeys import write_journey
from tests.factories.processes.outbox import deliver_due
from tests.factories.results import HIGH_LIMIT, RELAXED_LIMITS
from tests.factories.services import Service, parse_email, request
from trials.machine.actions import ApiRequest
from trials.machine.model import ApiResponse
from trials.machine.results import ARTICLES

VERIFY_LINK = re.compile(r"/verify-email#token=(\S+)")
CONCURRENCY = 6
TIMEOUT_SECONDS = 30  # sufficient on a busy machine; requests that block each other still get a 503
NO_LIMITS = RELAXED_LIMITS | {
    "guesses_free": HIGH_LIMIT,
    "network_guesses": HIGH_LIMIT,
    "mails_an_hour": HIGH_LIMIT,
    "passwords_at_once": 2,
    "database_seconds": TIMEOUT_SECONDS,
}


def load_test_content(url: URL, directory: Path) -> None:
    """Load content with three articles, a questionnaire and a journey."""
    content = write_content_directory(directory)
    for slug in ARTICLES:
        write_article(content, slug)
    write_questionnaire(content)
    write_journey(content)
    database = Database(url, request_timeout=30)
    load_directory(database, content)
    database.close()


class ServerPair:
    def __init__(self, url: URL) -> None:
        self.settings: Settings = settings_for(url, **NO_LIMITS)
        self.counts: Counter[str] = Counter()  # of events, such as "requests" and "restarts"
        self.response_counts: Counter[str] = Counter()  # by action and HTTP status
        self._services = [self._start_service() for _ in range(2)]
        self._pool = ThreadPoolExecutor(CONCURRENCY)
        self._tokens_by_email: dict[str, str] = {}

    @property
    def database(self) -> Database:
        return self._services[0].database

    def restart(self, index: int) -> None:
        _stop_service(self._services[index])
        self._services[index] = self._start_service()
        self.counts["restarts"] += 1

    def close(self) -> None:
        for service in self._services:
            _stop_service(service)
        self._pool.shutdown()

    def send(self, *api_requests: ApiRequest) -> list[ApiResponse]:
        """Send requests concurrently, alternating between the two servers."""
        barrier = Barrier(len(api_requests))

        def send(index: int, api_request: ApiRequest) -> ApiResponse:
            service = self._services[(self.counts["requests"] + index) % len(self._services)]
            barrier.wait()
            return _send_request(service, api_request)

        if len(api_requests) == 1:
            responses = [send(0, api_requests[0])]
        else:
            responses = list(self._pool.map(send, range(len(api_requests)), api_requests))
            self.counts["races"] += 1
        self.counts["requests"] += len(api_requests)
        return responses

    def verification_token(self, email: str) -> str:
        """Deliver the pending emails, and return the latest verification token for an address."""
        deliver_due(self._services[0].app.state.services.outbox_worker)
        paths = sorted((self.settings.var_dir / "mail").glob("*.eml"), key=lambda path: path.stat().st_mtime_ns)
        for path in paths:
            message = parse_email(path)
            if match := VERIFY_LINK.search(str(message.get_content())):
                self._tokens_by_email[str(message["To"])] = match[1]
            path.unlink()
        return self._tokens_by_email.get(email, "none")

    def clean_up(self, now: datetime) -> None:
        clean_up(self.database, self._erasures, now=now)

    def erase(self, member_ids: Iterable[str], now: datetime) -> None:
        accounts = self._services[0].app.state.services.accounts
        for member_id in member_ids:
            erase_member(self.database, accounts, self._erasures, UUID(member_id), now=now)

    @property
    def _erasures(self) -> ErasureLog:
        return ErasureLog(self.settings.erasures, self.settings.ring)

    def _start_service(self) -> Service:
        service = Service.create(self.settings)
        service.client.__enter__()
        return service


def _stop_service(service: Service) -> None:
    service.client.__exit__(None, None, None)
    service.database.close()


def _send_request(service: Service, api_request: ApiRequest) -> ApiResponse:
    response = request(
        service.client, api_request.method, api_request.path, api_request.body, headers=api_request.headers
    )
    is_json = response.content and "json" in response.headers["content-type"]
    return ApiResponse(int(response.status_code), response.json() if is_json else None, response.headers.get("etag"))
