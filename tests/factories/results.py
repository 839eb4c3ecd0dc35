"""Members who keep results, what they answer, and the questionnaires that are published for them."""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

from httpx2 import Response
from sqlalchemy import URL

from app.content.commands import load_folder
from tests.conftest import ROOT, Backend, look, settings_for
from tests.factories.content import write_folder, write_yaml
from tests.factories.services import Person, Service, post

REFLECTION, CHECK_IN = "attachment-reflection", "connection-check-in"
RESULTS, HEALTH = "/v1/me/results", "/v1/me/consents/health_data"
CONSENT = {"purpose": "health_data", "granted": True, "version": "1"}
PLENTY = 1_000_000
ROOMY = {"registrations_a_minute": PLENTY, "sign_ins_a_minute": PLENTY, "requests_a_minute": PLENTY}
SOURCE = {
    "id": "nothing",
    "authors": "Nobody",
    "year": 2020,
    "title": "Nothing",
    "source": "Nowhere",
    "url": "https://example.org/nothing",
}

# What a psychologist would write down of the shipped reflection: its items, and those that count the other way round.
ANXIETY = ("q01", "q03", "q04", "q07", "q08", "q11", "q13", "q14", "q16", "q19", "q22", "q23")
AVOIDANCE = ("q02", "q05", "q06", "q09", "q10", "q12", "q15", "q17", "q18", "q20", "q21", "q24")
REVERSED = frozenset(("q01", "q04", "q08", "q11", "q14", "q16", "q02", "q10", "q12", "q17", "q20", "q24"))

Answers = dict[str, int]


def leaning(anxiety: int, avoidance: int) -> Answers:
    """Answers to the shipped reflection that all say the same of a scale, so that its score is that number."""
    wanted = dict.fromkeys(ANXIETY, anxiety) | dict.fromkeys(AVOIDANCE, avoidance)
    return {item: 8 - wanted[item] if item in REVERSED else wanted[item] for item in sorted(wanted)}


WORRIED = leaning(6, 2)


@contextmanager
def serving(backend: Backend, template: URL) -> Iterator[Service]:
    """A service for a file of tests, on a copy of a database, without the limits that many requests would meet."""
    url = backend.create(template)
    service = Service.of(settings_for(url, **ROOMY))
    with service.client:
        yield service
    service.database.close()
    backend.drop(url)


@contextmanager
def serving_shipped(backend: Backend, empty: URL) -> Iterator[Service]:
    """Likewise, with the shipped content."""
    with serving(backend, empty) as service:
        load_folder(service.database, ROOT / "seed_content")
        look(service.app)
        yield service


@dataclass(frozen=True, slots=True)
class Desk:
    """An editor's folder with questionnaires, which a service shows once they are published."""

    service: Service
    folder: Path

    @classmethod
    def of(cls, service: Service, folder: Path) -> "Desk":
        desk = cls(service, write_folder(folder / uuid4().hex))
        (desk.folder / "assessments").mkdir(exist_ok=True)
        return desk

    def publish(self, slug: str, definition: Mapping[str, Any]) -> None:
        apart = json.loads(json.dumps({**definition, "references": [SOURCE]}))  # a file has no aliases
        write_yaml(self.folder / "assessments" / f"{slug}.yaml", apart)
        self.load()

    def unpublish(self, slug: str) -> None:
        (self.folder / "assessments" / f"{slug}.yaml").unlink()
        self.load()

    def load(self) -> None:
        load_folder(self.service.database, self.folder)
        look(self.service.app)


def agreed(service: Service, *, verified: bool = False) -> Person:
    """Somebody who agreed that what they answer is kept."""
    register = service.register_verified if verified else service.register
    return register(consents=[CONSENT])


def decide(person: Person, *, granted: bool) -> None:
    assert person.ask("PUT", HEALTH, {"granted": granted, "version": "1"}).status_code == 200


def new_id() -> str:
    return str(uuid4())


def body_of(answers: Mapping[str, int], assessment: str = REFLECTION, version: int = 1) -> dict[str, Any]:
    return {"assessment": assessment, "version": version, "answers": dict(answers)}


def put(person: Person, result_id: str, body: Mapping[str, Any]) -> Response:
    return person.ask("PUT", f"{RESULTS}/{result_id}", dict(body))


def keep(person: Person, answers: Mapping[str, int] = WORRIED, assessment: str = REFLECTION, version: int = 1) -> str:
    """Store a result; its id."""
    result_id = new_id()
    reply = put(person, result_id, body_of(answers, assessment, version))
    assert reply.status_code == 201, reply.text
    return result_id


def read(person: Person, result_id: str) -> Any:
    reply = person.ask("GET", f"{RESULTS}/{result_id}")
    assert reply.status_code == 200, reply.text
    return reply.json()


def score(service: Service, answers: Mapping[str, int] = WORRIED, assessment: str = REFLECTION, **more: Any) -> Any:
    """What somebody without an account is answered."""
    reply = post(service.client, f"/v1/assessments/{assessment}/score", {"answers": dict(answers)} | more)
    assert reply.status_code == 200, reply.text
    return reply.json()


def draft_path(assessment: str = REFLECTION) -> str:
    return f"/v1/me/assessments/{assessment}/draft"


def draft_of(answers: Mapping[str, int], answered_at: str, version: int = 1) -> dict[str, Any]:
    return {"version": version, "answers": dict(answers), "answered_at": answered_at}


def values(shown: Mapping[str, Any]) -> dict[str, float | None]:
    """The scores of a result, by scale."""
    return {score["scale"]: score["value"] for score in shown["scores"]}


def told(reply: Response) -> tuple[int, str | None]:
    """The status, and the code if it is a refusal."""
    return reply.status_code, reply.json().get("code")


def faults(reply: Response) -> Sequence[tuple[str, str]]:
    """Where a refusal says that something is wrong."""
    return [(each["in"], each["pointer"]) for each in reply.json()["errors"]]
