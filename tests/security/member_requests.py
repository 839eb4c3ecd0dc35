"""Helpers that create a member's data and request bodies, for tests of all API operations."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from tests.factories.accounts import change_address, newest_email_token
from tests.factories.services import MemberClient, Service

Factory = Callable[[Service, MemberClient], Any]

DRAFT_PATH = "/v1/me/assessments/attachment-reflection/draft"
BOOKMARK_PATH = "/v1/me/bookmarks/here-now"
RUNS_PATH = "/v1/me/journeys"


def no_body(_service: Service, _member: MemberClient) -> None:
    return None


def password_body(_service: Service, member: MemberClient) -> dict[str, str]:
    return {"password": member.password}


def new_email(member: MemberClient) -> str:
    return member.email.replace("@", ".new@")


def email_token_body(service: Service, member: MemberClient) -> dict[str, str]:
    assert change_address(member, new_email(member), member.password).status_code == 202
    return {"token": newest_email_token(service, new_email(member))}


def other_session_path(_service: Service, member: MemberClient) -> str:
    member.sign_in_on_new_device()
    sessions = member.request("GET", "/v1/me/sessions").json()["items"]
    return f"/v1/me/sessions/{next(session['id'] for session in sessions if not session['is_current'])}"


def grant_consent(member: MemberClient) -> None:
    """Grant the member's consent to storing health data."""
    decision = {"granted": True, "version": "1"}
    assert member.request("PUT", "/v1/me/consents/health_data", decision).status_code == 200


def draft_body(_service: Service, member: MemberClient) -> dict[str, Any]:
    grant_consent(member)
    return {"version": 1, "answers": {"q01": 3}, "answered_at": "2025-01-01T00:00:00Z"}


def create_draft(service: Service, member: MemberClient) -> None:
    assert member.request("PUT", DRAFT_PATH, draft_body(service, member)).status_code == 200


def result_body(_service: Service, _member: MemberClient) -> dict[str, Any]:
    answers = {f"q{number:02}": 1 + number % 7 for number in range(1, 25)}
    return {"assessment": "attachment-reflection", "version": 1, "answers": answers}


def create_result(service: Service, member: MemberClient) -> str:
    grant_consent(member)
    path = f"/v1/me/results/{uuid4()}"
    assert member.request("PUT", path, result_body(service, member)).status_code == 201
    return path


def chart_path(service: Service, member: MemberClient) -> str:
    return f"{create_result(service, member)}/chart.svg"


def change_path(service: Service, member: MemberClient) -> str:
    return f"{create_result(service, member)}/change?since={create_result(service, member).rpartition('/')[2]}"


def run_body(_service: Service, _member: MemberClient) -> dict[str, Any]:
    return {"journey": "21-days", "time_zone": "UTC"}


def create_run(service: Service, member: MemberClient) -> str:
    """Abandon the current journey, if any, and start a new one. Return its URL path."""
    grant_consent(member)
    member.request("PATCH", f"{RUNS_PATH}/current", {"status": "abandoned"})
    path = f"{RUNS_PATH}/{uuid4()}"
    assert member.request("PUT", path, run_body(service, member)).status_code == 201
    return path


def day_path(service: Service, member: MemberClient) -> str:
    return f"{create_run(service, member)}/days/1"


def day_change_body(_service: Service, _member: MemberClient) -> dict[str, Any]:
    return {"completed": True, "tasks": {"first-1": True}, "mood_before": 2, "reflection": "I went out."}


def sync_path(service: Service, member: MemberClient) -> str:
    return f"{create_run(service, member)}/sync"


def sync_body(service: Service, member: MemberClient) -> dict[str, Any]:
    change = {"change_id": str(uuid4()), "day": 1, "happened_at": datetime.now(UTC).isoformat()}
    return {"changes": [change | {"fields": day_change_body(service, member)}]}


def insights_path(service: Service, member: MemberClient) -> str:
    return f"{create_run(service, member)}/insights"


def calendar_path(service: Service, member: MemberClient) -> str:
    return f"{create_run(service, member)}/calendar"


def create_calendar(service: Service, member: MemberClient) -> str:
    path = calendar_path(service, member)
    assert member.request("PUT", path).status_code == 201
    return path


def create_bookmark(_service: Service, member: MemberClient) -> None:
    assert member.request("PUT", BOOKMARK_PATH).is_success
