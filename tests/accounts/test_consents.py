"""Tests for consents: public consent texts, and recorded decisions to grant or withdraw consent."""

from concurrent.futures import ThreadPoolExecutor
from uuid import UUID

from httpx2 import Response
from sqlmodel import col, select
from starlette.testclient import TestClient

from app.accounts.consents import MAX_DECISIONS_PER_DAY, change_consent
from app.accounts.models import ConsentText, MemberConsent
from app.accounts.schemas import ConsentDecision
from app.core.timestamps import utc_now
from tests.factories.services import MemberClient, Service

CONSENT_PATH = "/v1/me/consents/health_data"


def decide(member: MemberClient, *, granted: bool, version: str = "1") -> Response:
    return member.request("PUT", CONSENT_PATH, {"granted": granted, "version": version})


def stored_decisions(service: Service) -> list[tuple[int, bool, str]]:
    columns = col(MemberConsent.number), col(MemberConsent.granted), col(MemberConsent.version)
    with service.database.content_load() as session:
        return [tuple(row) for row in session.execute(select(*columns).order_by(col(MemberConsent.number)))]


def publish_version(service: Service, version: str) -> None:
    """Publish a new version of the consent text and make it the current one."""
    with service.database.content_load() as session:
        for text in session.exec(select(ConsentText)):
            text.is_current = False
        session.add(ConsentText(purpose="health_data", version=version, title="T", text="T", is_current=True))


def test_consent_texts_are_public(shared_client: TestClient) -> None:
    response = shared_client.get("/v1/consents")

    [consent] = response.json()["items"]
    assert (consent["purpose"], consent["version"]) == ("health_data", "1")
    assert "18" in consent["text"]
    assert "withdraw" in consent["text"].lower()


def test_consent_before_decision_is_not_granted(service: Service) -> None:
    response = service.register().request("GET", CONSENT_PATH)

    assert response.json() == {
        "purpose": "health_data",
        "granted": False,
        "version": None,
        "decided_at": None,
        "current_version": "1",
    }


def test_consent_decisions_are_appended_in_order(service: Service) -> None:
    member = service.register()

    for granted in (True, True, False, False, True):
        response = decide(member, granted=granted)
        assert (response.status_code, response.json()["granted"]) == (200, granted)
        assert response.json() == member.request("GET", CONSENT_PATH).json()

    assert stored_decisions(service) == [(1, True, "1"), (2, False, "1"), (3, True, "1")]


def test_concurrent_equal_decisions_are_stored_once(service: Service) -> None:
    member = service.register()

    with ThreadPoolExecutor(20) as pool:
        responses = list(pool.map(lambda _: decide(member, granted=True), range(20)))

    assert {(response.status_code, response.content) for response in responses} == {(200, responses[0].content)}
    assert stored_decisions(service) == [(1, True, "1")]


def test_grant_of_other_version_returns_409(service: Service) -> None:
    member = service.register()

    for version in ("0", "2"):
        response = decide(member, granted=True, version=version)
        assert (response.status_code, response.json()["code"]) == (409, "consent_outdated")
    assert stored_decisions(service) == []


def test_withdraw_of_older_version_succeeds(service: Service) -> None:
    member = service.register()
    decide(member, granted=True)
    publish_version(service, "2")
    assert member.request("GET", CONSENT_PATH).json()["current_version"] == "2"

    response = decide(member, granted=False)

    assert (response.status_code, response.json()["granted"]) == (200, False)
    assert decide(member, granted=True).status_code == 409
    assert decide(member, granted=True, version="2").status_code == 200


def test_consent_to_unknown_purpose_returns_404(service: Service) -> None:
    member = service.register()

    for response in (
        member.request("GET", "/v1/me/consents/world_peace"),
        member.request("PUT", "/v1/me/consents/world_peace", {"granted": True, "version": "1"}),
    ):
        assert (response.status_code, response.json()["code"]) == (404, "purpose_not_found")


def test_grants_are_limited_per_day_and_withdrawals_are_not(service: Service) -> None:
    member = service.register()
    member_id = UUID(member.request("GET", "/v1/me").json()["id"])
    with service.database.transaction() as session:
        for number in range(MAX_DECISIONS_PER_DAY):
            decision = ConsentDecision(granted=number % 2 == 1, version="1")
            change_consent(session, member_id, "health_data", decision, now=utc_now())

    assert decide(member, granted=False).status_code == 200
    response = decide(member, granted=True)
    assert (response.status_code, response.json()["code"]) == (429, "too_many_requests")
    assert len(stored_decisions(service)) == 101
