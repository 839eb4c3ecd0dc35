"""What members have and send, so that there is something to ask about."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from tests.factories.services import Person, Service, token_in

Make = Callable[[Service, Person], Any]

DRAFT = "/v1/me/assessments/attachment-reflection/draft"
BOOKMARK = "/v1/me/bookmarks/here-now"
RUNS = "/v1/me/journeys"


def nothing(_service: Service, _me: Person) -> None:
    return None


def password(_service: Service, me: Person) -> dict[str, str]:
    return {"password": me.password}


def new_address(me: Person) -> str:
    return me.address.replace("@", ".new@")


def new_address_token(service: Service, me: Person) -> dict[str, str]:
    body = {"email": new_address(me), "current_password": me.password}
    assert me.ask("PUT", "/v1/me/email", body).status_code == 202
    return {"token": token_in(service.mails(to=new_address(me))[-1])}


def session_elsewhere(_service: Service, me: Person) -> str:
    me.on_another_device()
    sessions = me.ask("GET", "/v1/me/sessions").json()["items"]
    return f"/v1/me/sessions/{next(each['id'] for each in sessions if not each['is_current'])}"


def agreed(me: Person) -> None:
    """Have them agree to what is kept of their feelings."""
    decision = {"granted": True, "version": "1"}
    assert me.ask("PUT", "/v1/me/consents/health_data", decision).status_code == 200


def answers_so_far(_service: Service, me: Person) -> dict[str, Any]:
    agreed(me)
    return {"version": 1, "answers": {"q01": 3}, "answered_at": "2025-01-01T00:00:00Z"}


def a_draft(service: Service, me: Person) -> None:
    assert me.ask("PUT", DRAFT, answers_so_far(service, me)).status_code == 200


def answers(_service: Service, _me: Person) -> dict[str, Any]:
    all_of_them = {f"q{n:02}": 1 + n % 7 for n in range(1, 25)}
    return {"assessment": "attachment-reflection", "version": 1, "answers": all_of_them}


def result(service: Service, me: Person) -> str:
    agreed(me)
    address = f"/v1/me/results/{uuid4()}"
    assert me.ask("PUT", address, answers(service, me)).status_code == 201
    return address


def picture(service: Service, me: Person) -> str:
    return f"{result(service, me)}/chart.svg"


def difference(service: Service, me: Person) -> str:
    return f"{result(service, me)}/change?since={result(service, me).rpartition('/')[2]}"


def start(_service: Service, _me: Person) -> dict[str, Any]:
    return {"journey": "21-days", "time_zone": "UTC"}


def run(service: Service, me: Person) -> str:
    """A new one; whichever was underway is given up for it."""
    agreed(me)
    me.ask("PATCH", f"{RUNS}/current", {"status": "abandoned"})
    address = f"{RUNS}/{uuid4()}"
    assert me.ask("PUT", address, start(service, me)).status_code == 201
    return address


def first_day(service: Service, me: Person) -> str:
    return f"{run(service, me)}/days/1"


def noted(_service: Service, _me: Person) -> dict[str, Any]:
    return {"completed": True, "tasks": {"first-1": True}, "mood_before": 2, "reflection": "I went out."}


def sync(service: Service, me: Person) -> str:
    return f"{run(service, me)}/sync"


def changes(service: Service, me: Person) -> dict[str, Any]:
    happened_at = datetime.now(UTC).isoformat()
    change = {"change_id": str(uuid4()), "day": 1, "happened_at": happened_at, "fields": noted(service, me)}
    return {"changes": [change]}


def insights(service: Service, me: Person) -> str:
    return f"{run(service, me)}/insights"


def no_calendar(service: Service, me: Person) -> str:
    return f"{run(service, me)}/calendar"


def calendar(service: Service, me: Person) -> str:
    address = no_calendar(service, me)
    assert me.ask("PUT", address).status_code == 201
    return address


def a_bookmark(_service: Service, me: Person) -> None:
    assert me.ask("PUT", BOOKMARK).is_success
