"""A member's own account: profile, password, address, sessions; what ends, ends at once."""

from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import pytest
from sqlalchemy import event

from app.accounts.credentials.sessions import start_session
from app.accounts.members import member_by_address
from app.accounts.services import Caller
from app.core.timestamps import utc_now
from tests.factories.services import PASSWORD, Person, Service, post, token_in

IPHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    "Version/17.5 Mobile/15E148 Safari/604.1"
)
NEW = "two birds on a wire"


def test_the_profile_is_changed_field_by_field(service: Service) -> None:
    person = service.register(display_name="Ana")

    reply = person.ask("PATCH", "/v1/me", {"time_zone": "Asia/Kolkata", "language": "hi-IN"})

    assert reply.json()["display_name"] == "Ana"
    assert reply.json() == person.ask("GET", "/v1/me").json()
    assert (reply.json()["time_zone"], reply.json()["language"]) == ("Asia/Kolkata", "hi-IN")
    assert person.ask("PATCH", "/v1/me", {"display_name": None}).json()["display_name"] is None
    assert person.ask("PATCH", "/v1/me", {}).json()["time_zone"] == "Asia/Kolkata"


@pytest.mark.parametrize(
    "change",
    [
        {"time_zone": None},
        {"language": None},
        {"time_zone": ""},
        {"language": ""},
        {"email": "other@example.org"},
        {"password": NEW},
        {"email_verified": True},
    ],
)
def test_what_a_profile_does_not_hold_is_refused(service: Service, change: dict[str, object]) -> None:
    person = service.register()
    before = person.ask("GET", "/v1/me").json()

    reply = person.ask("PATCH", "/v1/me", change)

    assert reply.status_code == 422
    assert reply.json()["errors"][0]["pointer"] == f"/{next(iter(change))}"
    assert person.ask("GET", "/v1/me").json() == before


def test_after_signing_out_the_very_next_request_is_401(service: Service) -> None:
    person = service.register()
    phone = person.on_another_device()

    assert person.ask("POST", "/v1/auth/logout").status_code == 204

    assert person.ask("GET", "/v1/me").status_code == 401
    assert person.ask("POST", "/v1/auth/logout").status_code == 401
    assert person.renew().status_code == 401
    assert phone.ask("GET", "/v1/me").status_code == 200


def test_a_new_password_ends_all_sessions_and_starts_one(service: Service) -> None:
    person = service.register()
    phone = person.on_another_device()
    old = Person(service.client, person.address, access=person.access, refresh=person.refresh)

    reply = person.ask("PUT", "/v1/me/password", {"current_password": PASSWORD, "new_password": NEW})

    assert reply.status_code == 200
    person.keep(reply)
    assert person.ask("GET", "/v1/me").status_code == 200
    for each in (old, phone):
        assert each.ask("GET", "/v1/me").status_code == 401
        assert each.renew().status_code == 401
    assert old.sign_in().status_code == 401
    assert Person(service.client, person.address, NEW).sign_in().status_code == 200
    assert service.mails(to=person.address)[-1]["Subject"] == "Your password was changed"


@pytest.mark.parametrize("current", ["", "wrong", PASSWORD.upper(), f"{PASSWORD} "])
def test_a_new_password_needs_the_current_one(service: Service, current: str) -> None:
    person = service.register()

    reply = person.ask("PUT", "/v1/me/password", {"current_password": current, "new_password": NEW})

    assert (reply.status_code, reply.json()["code"]) == (403, "wrong_password")
    assert reply.json()["errors"][0]["pointer"] == "/current_password"
    assert person.ask("GET", "/v1/me").status_code == 200


def test_a_new_password_that_is_weak_changes_nothing(service: Service) -> None:
    person = service.register("ophelia.marlborough@example.org")
    change = {"current_password": PASSWORD, "new_password": "ophelia.marlborough"}

    reply = person.ask("PUT", "/v1/me/password", change)

    assert (reply.status_code, reply.json()["code"]) == (422, "weak_password")
    assert reply.json()["errors"][0]["pointer"] == "/new_password"
    assert person.ask("GET", "/v1/me").status_code == 200


def test_weak_new_passwords_are_no_guesses_at_the_present_one(service: Service) -> None:
    person = service.register()
    change = {"current_password": PASSWORD, "new_password": "password1234"}

    assert [person.ask("PUT", "/v1/me/password", change).status_code for _ in range(7)] == [422] * 7


def test_of_two_changes_of_a_password_at_once_one_counts(service: Service) -> None:
    person = service.register()

    def change(new: str) -> int:
        body = {"current_password": PASSWORD, "new_password": new}
        return person.ask("PUT", "/v1/me/password", body).status_code

    with ThreadPoolExecutor(2) as pool:
        statuses = list(pool.map(change, [NEW, "three fish in the sea"]))

    assert statuses.count(200) == 1
    assert set(statuses) <= {200, 401, 403}


def test_sessions_are_listed_with_device_and_coarse_place(service: Service) -> None:
    person = service.register()
    body = {"email": person.address, "password": PASSWORD}
    post(service.client, "/v1/auth/login", body, headers={"User-Agent": IPHONE})
    person.on_another_device(device_name="Ana's tablet")

    page = person.ask("GET", "/v1/me/sessions").json()

    assert (page["total"], page["next"]) == (3, None)
    assert [each["device"] for each in page["items"]][:2] == ["Ana's tablet", "Mobile Safari on iOS"]
    assert [each["is_current"] for each in page["items"]] == [False, False, True]
    assert {each["place"] for each in page["items"]} == {None}


def test_sessions_come_in_pages(service: Service) -> None:
    person = service.register()
    for _ in range(4):
        Person(service.client, person.address).sign_in()

    first = person.ask("GET", "/v1/me/sessions?limit=3")
    rest = person.ask("GET", f"/v1/me/sessions?limit=3&cursor={first.json()['next']}")

    ids = [each["id"] for page in (first, rest) for each in page.json()["items"]]
    assert len(set(ids)) == len(ids) == 5
    assert 'rel="next"' in first.headers["Link"]


def test_one_session_is_ended(service: Service) -> None:
    person = service.register()
    phone = person.on_another_device()
    [other] = [each["id"] for each in person.ask("GET", "/v1/me/sessions").json()["items"] if not each["is_current"]]

    assert person.ask("GET", f"/v1/me/sessions/{other}").json()["is_current"] is False
    assert person.ask("DELETE", f"/v1/me/sessions/{other}").status_code == 204

    assert person.ask("GET", f"/v1/me/sessions/{other}").json()["code"] == "session_not_found"
    assert phone.ask("GET", "/v1/me").status_code == 401
    assert person.ask("GET", "/v1/me").status_code == 200
    again = person.ask("DELETE", f"/v1/me/sessions/{other}")
    unknown = person.ask("DELETE", f"/v1/me/sessions/{uuid4()}")
    assert (again.status_code, again.content) == (unknown.status_code, unknown.content)
    assert again.json()["code"] == "session_not_found"


@pytest.mark.parametrize(("query", "stays"), [("", False), ("?which=all", False), ("?which=others", True)])
def test_all_sessions_are_ended_or_all_others(service: Service, query: str, *, stays: bool) -> None:
    person = service.register()
    phone = person.on_another_device()

    assert person.ask("DELETE", f"/v1/me/sessions{query}").status_code == 204

    assert phone.ask("GET", "/v1/me").status_code == 401
    assert person.ask("GET", "/v1/me").status_code == (200 if stays else 401)


def test_devices_that_end_each_other_at_once_never_get_in_each_others_way(service: Service) -> None:
    person = service.register()
    devices = [person.on_another_device() for _ in range(10)]

    with ThreadPoolExecutor(10) as pool:
        replies = list(pool.map(lambda device: device.ask("DELETE", "/v1/me/sessions"), devices))

    assert sorted(reply.status_code for reply in replies) == [204] + [401] * 9


def test_of_very_many_sessions_the_longest_unused_end(service: Service) -> None:
    person = service.register()
    tools = service.app.state.services.accounts
    first = Person(service.client, person.address, access=person.access)
    with service.database.transaction() as session:
        member = member_by_address(session, tools.ring, person.address)
        assert member
        for _ in range(100):
            start_session(session, tools, member, Caller("unknown", "x"), now=utc_now())

    assert first.ask("GET", "/v1/me").status_code == 401
    assert person.sign_in().status_code == 200
    assert person.ask("GET", "/v1/me/sessions").json()["total"] == 100


def test_a_link_is_not_followed_by_a_token_of_somebody_else(service: Service) -> None:
    ana, ben = service.register(), service.register()
    token = token_in(service.mails(to=ana.address)[-1])

    reply = ben.ask("POST", "/v1/auth/verify-email", {"token": token})

    assert (reply.status_code, reply.json()["code"]) == (422, "token_not_good")
    assert ana.ask("GET", "/v1/me").json()["email_verified"] is False
    assert ana.ask("POST", "/v1/auth/verify-email", {"token": token}).status_code == 204
    assert ana.ask("GET", "/v1/me").json()["email_verified"] is True
    assert ana.ask("POST", "/v1/auth/verify-email", {"token": token}).status_code == 422


@pytest.mark.parametrize(
    ("path", "many"),
    [("/v1/me", 2), ("/v1/me/consents/health_data", 2), ("/v1/me/sessions/{id}", 2), ("/v1/me/sessions", 3)],
)
def test_a_read_takes_two_round_trips_and_a_list_one_more_to_count(service: Service, path: str, many: int) -> None:
    person = service.register()
    path = path.replace("{id}", person.ask("GET", "/v1/me/sessions").json()["items"][0]["id"])
    statements: list[str] = []
    engine = service.app.state.services.web.database.reads

    @event.listens_for(engine, "before_cursor_execute")
    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        statements.append(statement)

    assert person.ask("GET", path).status_code == 200

    assert len(statements) == many
