"""Test helpers: members with assessment results, and the questionnaires that they answer."""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from httpx2 import Response
from sqlalchemy import URL

from app.content.commands import load_directory
from tests.conftest import Backend, refresh_release, settings_for
from tests.factories.content import write_content_directory, write_yaml
from tests.factories.services import MemberClient, Service, post

MORNING = "2026-11-01T10:00:00Z"  # the usual time of drafts
NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
REFLECTION, CHECK_IN = "attachment-reflection", "connection-check-in"
RESULTS_PATH, HEALTH_CONSENT_PATH = "/v1/me/results", "/v1/me/consents/health_data"
CONSENT = {"purpose": "health_data", "granted": True, "version": "1"}
HIGH_LIMIT = 1_000_000
RELAXED_LIMITS = {
    "registrations_a_minute": HIGH_LIMIT,
    "sign_ins_a_minute": HIGH_LIMIT,
    "requests_a_minute": HIGH_LIMIT,
}
SAMPLE_REFERENCE = {
    "id": "nothing",
    "authors": "Nobody",
    "year": 2020,
    "title": "Nothing",
    "source": "Nowhere",
    "url": "https://example.org/nothing",
}

# Scoring of the shipped attachment questionnaire: the items of each scale, and the reverse-scored items.
ANXIETY = ("q01", "q03", "q04", "q07", "q08", "q11", "q13", "q14", "q16", "q19", "q22", "q23")
AVOIDANCE = ("q02", "q05", "q06", "q09", "q10", "q12", "q15", "q17", "q18", "q20", "q21", "q24")
REVERSED = frozenset(("q01", "q04", "q08", "q11", "q14", "q16", "q02", "q10", "q12", "q17", "q20", "q24"))

Answers = dict[str, int]


def answers_for_scores(anxiety: int, avoidance: int) -> Answers:
    """Return answers to the shipped attachment questionnaire that result in these scores."""
    scores = dict.fromkeys(ANXIETY, anxiety) | dict.fromkeys(AVOIDANCE, avoidance)
    return {item: 8 - scores[item] if item in REVERSED else scores[item] for item in sorted(scores)}


ANXIOUS_ANSWERS, LOW_SCORE_ANSWERS = answers_for_scores(6, 2), answers_for_scores(2, 2)
TOO_FEW_ANXIETY_ANSWERS = {
    question: answer for question, answer in ANXIOUS_ANSWERS.items() if question not in {"q03", "q07", "q13"}
}
CHECK_IN_ANSWERS = {f"q{n:02}": 3 for n in range(1, 9)}


@contextmanager
def running_service(backend: Backend, template: URL) -> Iterator[Service]:
    """Run a service on a copy of a template database, practically without rate limits."""
    url = backend.create(template)
    service = Service.create(settings_for(url, **RELAXED_LIMITS))
    with service.client:
        refresh_release(service.app)
        yield service
    service.database.close()
    backend.drop(url)


@dataclass(frozen=True, slots=True)
class QuestionnaireEditor:
    """A content directory with questionnaires, and the service to which it publishes them."""

    service: Service
    directory: Path

    @classmethod
    def create(cls, service: Service, parent: Path) -> "QuestionnaireEditor":
        editor = cls(service, write_content_directory(parent / uuid4().hex))
        (editor.directory / "assessments").mkdir(exist_ok=True)
        return editor

    def publish(self, slug: str, definition: Mapping[str, Any]) -> None:
        document = json.loads(
            json.dumps({**definition, "references": [SAMPLE_REFERENCE]})
        )  # a copy, because YAML writes repeated objects as aliases
        write_yaml(self.directory / "assessments" / f"{slug}.yaml", document)
        self.load()

    def unpublish(self, slug: str) -> None:
        (self.directory / "assessments" / f"{slug}.yaml").unlink()
        self.load()

    def load(self) -> None:
        load_directory(self.service.database, self.directory)
        refresh_release(self.service.app)


def consenting_member(service: Service, *, verified: bool = False) -> MemberClient:
    """Register a member who consents to the storage of health data."""
    register = service.register_verified if verified else service.register
    return register(consents=[CONSENT])


def set_consent(member: MemberClient, *, granted: bool) -> None:
    assert member.request("PUT", HEALTH_CONSENT_PATH, {"granted": granted, "version": "1"}).status_code == 200


def new_id() -> str:
    return str(uuid4())


def result_body(answers: Mapping[str, int], assessment: str = REFLECTION, version: int = 1) -> dict[str, Any]:
    return {"assessment": assessment, "version": version, "answers": dict(answers)}


def put_result(member: MemberClient, result_id: str, body: Mapping[str, Any]) -> Response:
    return member.request("PUT", f"{RESULTS_PATH}/{result_id}", dict(body))


def save_result(
    member: MemberClient, answers: Mapping[str, int] = ANXIOUS_ANSWERS, assessment: str = REFLECTION, version: int = 1
) -> str:
    """Store an assessment result, and return its id."""
    result_id = new_id()
    response = put_result(member, result_id, result_body(answers, assessment, version))
    assert response.status_code == 201, response.text
    return result_id


def read_result(member: MemberClient, result_id: str) -> Any:
    response = member.request("GET", f"{RESULTS_PATH}/{result_id}")
    assert response.status_code == 200, response.text
    return response.json()


def score_anonymously(
    service: Service, answers: Mapping[str, int] = ANXIOUS_ANSWERS, assessment: str = REFLECTION, **fields: Any
) -> Any:
    """Score answers without signing in, and return the response body."""
    response = post(service.client, f"/v1/assessments/{assessment}/score", {"answers": dict(answers)} | fields)
    assert response.status_code == 200, response.text
    return response.json()


def claim_body(service: Service, answers: Mapping[str, int] = ANXIOUS_ANSWERS) -> dict[str, str]:
    """Score answers without signing in, and return the body of a request that stores the result."""
    return {"claim_token": score_anonymously(service, answers)["claim_token"]}


def fetch_change(member: MemberClient, result_id: str, since: str) -> Any:
    response = member.request("GET", f"{RESULTS_PATH}/{result_id}/change?since={since}")
    assert response.status_code == 200, response.text
    return response.json()


def list_ids(member: MemberClient, query: str = "") -> list[str]:
    """Return the ids of a member's results, newest first."""
    response = member.request("GET", f"{RESULTS_PATH}{query}")
    assert response.status_code == 200, response.text
    return [item["id"] for item in response.json()["items"]]


def member_id(member: MemberClient) -> UUID:
    return UUID(member.request("GET", "/v1/me").json()["id"])


def draft_path(assessment: str = REFLECTION) -> str:
    return f"/v1/me/assessments/{assessment}/draft"


def draft_body(answers: Mapping[str, int], answered_at: str = MORNING, version: int = 1) -> dict[str, Any]:
    return {"version": version, "answers": dict(answers), "answered_at": answered_at}


def put_draft(
    member: MemberClient,
    answers: Mapping[str, int],
    answered_at: str = MORNING,
    assessment: str = REFLECTION,
    version: int = 1,
) -> Response:
    return member.request("PUT", draft_path(assessment), draft_body(answers, answered_at, version))


def scale_values(result: Mapping[str, Any]) -> dict[str, float | None]:
    """Return the scores of an assessment result by scale."""
    return {scale_score["scale"]: scale_score["value"] for scale_score in result["scores"]}


def status_and_code(response: Response) -> tuple[int, str | None]:
    """Return the HTTP status, and the error code of an error response."""
    return response.status_code, response.json().get("code")


def error_locations(response: Response) -> Sequence[tuple[str, str]]:
    """Return the location (such as "body") and the JSON pointer of each validation error."""
    return [(error["in"], error["pointer"]) for error in response.json()["errors"]]


def error_summary(response: Response) -> tuple[int, str | None, str]:
    """Return the status, code and locations of an error response, such as (422, "invalid_input", "body/answers")."""
    return *status_and_code(response), " ".join(f"{place}{pointer}" for place, pointer in error_locations(response))
