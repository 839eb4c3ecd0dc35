"""Consents: texts for everybody, decisions that are only ever added, and withdrawing that always works."""

from concurrent.futures import ThreadPoolExecutor

from sqlmodel import col, select
from starlette.testclient import TestClient

from app.accounts.models import ConsentText, MemberConsent
from tests.factories.services import Service

HEALTH = "/v1/me/consents/health_data"


def decisions(service: Service) -> list[tuple[int, bool, str]]:
    columns = col(MemberConsent.number), col(MemberConsent.granted), col(MemberConsent.version)
    with service.database.loading() as session:
        return [tuple(row) for row in session.execute(select(*columns).order_by(col(MemberConsent.number)))]


def publish(service: Service, version: str) -> None:
    """Ask for a new version from now on."""
    with service.database.loading() as session:
        for text in session.exec(select(ConsentText)):
            text.is_current = False
        session.add(ConsentText(purpose="health_data", version=version, title="T", text="T", is_current=True))


def test_the_text_of_each_purpose_is_public_with_its_version(reader: TestClient) -> None:
    reply = reader.get("/v1/consents")

    [consent] = reply.json()["items"]
    assert (consent["purpose"], consent["version"]) == ("health_data", "1")
    assert "18" in consent["text"]
    assert "withdraw" in consent["text"].lower()


def test_nothing_is_agreed_to_before_somebody_says_so(service: Service) -> None:
    reply = service.register().ask("GET", HEALTH)

    assert reply.json() == {
        "purpose": "health_data",
        "granted": False,
        "version": None,
        "decided_at": None,
        "current_version": "1",
    }


def test_granting_and_withdrawing_are_added_one_after_the_other(service: Service) -> None:
    person = service.register()

    for granted in (True, True, False, False, True):
        reply = person.ask("PUT", HEALTH, {"granted": granted, "version": "1"})
        assert (reply.status_code, reply.json()["granted"]) == (200, granted)
        assert reply.json() == person.ask("GET", HEALTH).json()

    assert decisions(service) == [(1, True, "1"), (2, False, "1"), (3, True, "1")]


def test_twenty_at_once_are_one_decision(service: Service) -> None:
    person = service.register()

    with ThreadPoolExecutor(20) as pool:
        replies = list(pool.map(lambda _: person.ask("PUT", HEALTH, {"granted": True, "version": "1"}), range(20)))

    assert {(reply.status_code, reply.content) for reply in replies} == {(200, replies[0].content)}
    assert decisions(service) == [(1, True, "1")]


def test_only_the_current_text_can_be_agreed_to(service: Service) -> None:
    person = service.register()

    for version in ("0", "2", "x"):
        reply = person.ask("PUT", HEALTH, {"granted": True, "version": version})
        assert (reply.status_code, reply.json()["code"]) == (409, "consent_outdated")
    assert decisions(service) == []


def test_an_older_consent_can_be_withdrawn_as_it_was_given(service: Service) -> None:
    person = service.register()
    person.ask("PUT", HEALTH, {"granted": True, "version": "1"})
    publish(service, "2")
    assert person.ask("GET", HEALTH).json()["current_version"] == "2"

    reply = person.ask("PUT", HEALTH, {"granted": False, "version": "1"})

    assert (reply.status_code, reply.json()["granted"]) == (200, False)
    assert person.ask("PUT", HEALTH, {"granted": True, "version": "1"}).status_code == 409
    assert person.ask("PUT", HEALTH, {"granted": True, "version": "2"}).status_code == 200


def test_a_purpose_that_nobody_asks_for_is_not_found(service: Service) -> None:
    person = service.register()

    for reply in (
        person.ask("GET", "/v1/me/consents/world_peace"),
        person.ask("PUT", "/v1/me/consents/world_peace", {"granted": True, "version": "1"}),
    ):
        assert (reply.status_code, reply.json()["code"]) == (404, "purpose_not_found")


def test_agreeing_over_and_over_has_an_end_and_withdrawing_has_none(service: Service) -> None:
    person = service.register()
    for n in range(101):
        reply = person.ask("PUT", HEALTH, {"granted": n % 2 == 0, "version": "1"})

    assert (reply.status_code, reply.json()["code"]) == (429, "too_many_requests")
    assert len(decisions(service)) == 100
    assert person.ask("PUT", HEALTH, {"granted": False, "version": "1"}).status_code == 200
