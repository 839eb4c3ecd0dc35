"""Two servers that share a database. Each of them can be restarted at any time."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Barrier
from uuid import UUID

from sqlalchemy import URL

from app.content.commands import load_directory
from app.core.db.database import Database
from app.privacy.erasure import erase_member
from app.privacy.erasure_log import ErasureLog
from tests.conftest import settings_for
from tests.factories.accounts import code_from_email
from tests.factories.content import write_article, write_content_directory, write_questionnaire
from tests.factories.journeys import write_journey
from tests.factories.results import HIGH_LIMIT, RELAXED_LIMITS
from tests.factories.services import Service, request, token_from_email
from trials.machine.requests import ARTICLES, ApiRequest, Response
from trials.machine.users import now

TIMEOUT_SECONDS = 30  # sufficient on a busy machine; requests that block each other still get a 503
LIMITS = ("guesses_free", "network_guesses", "account_guesses", "mails_an_hour", "mails_a_day", "step_up_minutes")
NO_LIMITS = {**RELAXED_LIMITS, **dict.fromkeys(LIMITS, HIGH_LIMIT), "passwords_at_once": 2}
NO_LIMITS |= {"database_seconds": TIMEOUT_SECONDS}


class ServerPair:
    def __init__(self, url: URL) -> None:
        self.settings = settings_for(url, **NO_LIMITS)
        self.database = Database(self.settings.database, request_timeout=TIMEOUT_SECONDS)
        self.counts: Counter[str] = Counter()
        self._load_content()
        self.services = [self._start(), self._start()]
        self._pool = ThreadPoolExecutor()
        self._erasures = ErasureLog(self.settings.erasures, self.settings.ring)

    def send(self, *requests: ApiRequest, server: int | None = None) -> list[Response]:
        """Send requests at the same time, alternating between the servers unless one is selected."""
        first, barrier = self.counts["requests"] if server is None else server, Barrier(len(requests))

        def send(index: int, api_request: ApiRequest) -> Response:
            client = self.services[(first + index) % 2].client
            barrier.wait()
            method, path, body = api_request.method, api_request.path, api_request.body
            response = request(client, method, path, body, headers=api_request.headers)
            is_json = "json" in response.headers.get("content-type", "")
            return Response(response.status_code, response.json() if is_json else None, response.text)

        self.counts["requests"] += len(requests)
        self.counts["concurrent requests"] += len(requests) if requests[1:] else 0
        return list(map(send, (0,), requests) if len(requests) == 1 else self._pool.map(send, range(9), requests))

    def restart(self, index: int) -> None:
        _stop(self.services[index])
        self.services[index] = self._start()
        self.counts["restarts"] += 1

    def close(self) -> None:
        for service in self.services:
            _stop(service)
        self.database.close()
        self._pool.shutdown()

    def delete_emails(self) -> None:
        """Delete the emails of earlier examples, because reading all of them would take most of the time."""
        for path in (self.settings.var_dir / "mail").glob("*.eml"):
            path.unlink()

    def verification_token(self, email: str) -> str:
        mails = self.services[0].sent_emails(to=email)
        return token_from_email([mail for mail in mails if "/verify-email#token=" in str(mail.get_content())][-1])

    def sign_in_code(self, email: str) -> str:
        mails = self.services[0].sent_emails(to=email)
        return code_from_email([mail for mail in mails if mail["Subject"] == "Your code"][-1])

    def clean_up(self) -> None:
        self.services[0].clean_up(now=now())

    def erase(self, member_id: str) -> None:
        accounts = self.services[0].app.state.services.accounts
        erase_member(self.database, accounts, self._erasures, UUID(member_id), now=now())

    def _load_content(self) -> None:
        """Load content with three articles, a questionnaire and a journey."""
        with TemporaryDirectory() as directory, redirect_stdout(StringIO()):
            content = write_content_directory(Path(directory) / "content")
            for slug in ARTICLES:
                write_article(content, slug)
            write_questionnaire(content)
            write_journey(content)
            load_directory(self.database, content)

    def _start(self) -> Service:
        service = Service.create(self.settings)
        service.client.__enter__()
        return service


def _stop(service: Service) -> None:
    service.client.__exit__(None, None, None)
    service.database.close()
