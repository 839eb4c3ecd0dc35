"""Two servers on one database, each of which may be started anew at any time."""

import re
from collections import Counter
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path
from threading import Barrier
from uuid import UUID

from sqlalchemy import URL

from app.content.commands import load_folder
from app.core.db.database import Database
from app.core.settings import Settings
from app.privacy.erasure import erase_member
from app.privacy.erasure_log import Erasures
from app.privacy.retention import clean_up
from tests.conftest import settings_for
from tests.factories.content import write_article, write_folder, write_questionnaire
from tests.factories.journeys import write_journey
from tests.factories.processes.outbox import deliver_due
from tests.factories.results import PLENTY, ROOMY
from tests.factories.services import Service, message_of, request
from trials.machine.model import Reply
from trials.machine.questions import Question
from trials.machine.results import ARTICLES

LINK = re.compile(r"/verify-email#token=(\S+)")
AT_ONCE = 6
PATIENCE = 30  # seconds: a busy machine is nobody's fault; requests that wait for each other are told 503 all the same
NO_LIMITS = ROOMY | {
    "guesses_free": PLENTY,
    "network_guesses": PLENTY,
    "mails_an_hour": PLENTY,
    "passwords_at_once": 2,
    "database_seconds": PATIENCE,
}


def furnish(url: URL, folder: Path) -> None:
    """Load what there is to keep, to answer and to walk."""
    content = write_folder(folder)
    for slug in ARTICLES:
        write_article(content, slug)
    write_questionnaire(content)
    write_journey(content)
    database = Database(url, seconds=30)
    load_folder(database, content)
    database.close()


class Site:
    def __init__(self, url: URL) -> None:
        self.settings: Settings = settings_for(url, **NO_LIMITS)
        self.counts: Counter[str] = Counter()  # of what was done
        self.answers: Counter[str] = Counter()  # by kind
        self._services = [self._started() for _ in range(2)]
        self._pool = ThreadPoolExecutor(AT_ONCE)
        self._links: dict[str, str] = {}

    @property
    def database(self) -> Database:
        return self._services[0].database

    def restart(self, number: int) -> None:
        _stop(self._services[number])
        self._services[number] = self._started()
        self.counts["restarts"] += 1

    def close(self) -> None:
        for service in self._services:
            _stop(service)
        self._pool.shutdown()

    def ask(self, *questions: Question) -> list[Reply]:
        """All at once, each of one server after the other."""
        begin = Barrier(len(questions))

        def ask(number: int, question: Question) -> Reply:
            service = self._services[(self.counts["requests"] + number) % len(self._services)]
            begin.wait()
            return _reply(service, question)

        if len(questions) == 1:
            replies = [ask(0, questions[0])]
        else:
            replies = list(self._pool.map(ask, range(len(questions)), questions))
            self.counts["races"] += 1
        self.counts["requests"] += len(questions)
        return replies

    def link(self, address: str) -> str:
        """The token of the link that was mailed last to confirm an address."""
        deliver_due(self._services[0].app.state.services.postman)
        paths = sorted((self.settings.var_dir / "mail").glob("*.eml"), key=lambda each: each.stat().st_mtime_ns)
        for path in paths:
            mail = message_of(path)
            if found := LINK.search(str(mail.get_content())):
                self._links[str(mail["To"])] = found[1]
            path.unlink()
        return self._links.get(address, "none")

    def clean_up(self, now: datetime) -> None:
        clean_up(self.database, self._erasures, now=now)

    def erase(self, members: Iterable[str], now: datetime) -> None:
        tools = self._services[0].app.state.services.accounts
        for each in members:
            erase_member(self.database, tools, self._erasures, UUID(each), now=now)

    @property
    def _erasures(self) -> Erasures:
        return Erasures(self.settings.erasures, self.settings.ring)

    def _started(self) -> Service:
        service = Service.of(self.settings)
        service.client.__enter__()
        return service


def _stop(service: Service) -> None:
    service.client.__exit__(None, None, None)
    service.database.close()


def _reply(service: Service, question: Question) -> Reply:
    found = request(service.client, question.method, question.path, question.body, headers=question.headers)
    is_json = found.content and "json" in found.headers["content-type"]
    return Reply(int(found.status_code), found.json() if is_json else None, found.headers.get("etag"))
