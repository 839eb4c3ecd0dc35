"""Who is answered what, for every route there is: none is public by accident, and nobody reaches what is another's."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import uuid4

import pytest
import time_machine
from fastapi.routing import iter_route_contexts

from app.main import create_app
from tests.conftest import settings_for
from tests.factories.addresses import closed_address
from tests.factories.operations import BY_NAME, OPERATIONS, told
from tests.factories.rows import rows_about
from tests.factories.services import Person, Service, request
from tests.security.expectations import MEMBERS, PUBLIC, Asking, Expected, do

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")
ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
OWN = re.compile(
    rf"{ID.pattern}|person-\d+@example\.org|\d{{4}}-\d\d-\d\dT[\d:.]+Z"
)  # what differs from member to member
ROWS = {name: expected for name, expected in MEMBERS.items() if expected.row}
READS = [name for name in MEMBERS if BY_NAME[name].method == "GET" and name not in ROWS]
CHANGES = [name for name in MEMBERS if BY_NAME[name].method in {"PUT", "PATCH"}]


@dataclass(frozen=True, slots=True)
class Cast:
    """An owner of things, those who have a token that was good once, and what there was to read before they came."""

    service: Service
    alone: dict[str, str]
    owner: Person
    owner_id: str
    ended: Person
    erased: Person

    def of_the_owner(self) -> dict[str, list[str]]:
        return rows_about(self.service.database, self.owner_id)


@pytest.fixture(scope="module")
def cast(crowded: Service) -> Cast:
    alone = all_that_a_new_member_reads(crowded)
    owner, ended, erased = (crowded.register_verified() for _ in range(3))
    for name in CHANGES:
        assert do(name, crowded, owner).status_code == MEMBERS[name].status
    assert ended.ask("POST", "/v1/auth/logout").status_code == 204
    assert erased.ask("DELETE", "/v1/me", {"password": erased.password}).status_code == 204
    return Cast(crowded, alone, owner, owner.ask("GET", "/v1/me").json()["id"], ended, erased)


def all_that_a_new_member_reads(service: Service) -> dict[str, str]:
    """But for ids, moments and their address."""
    me = service.register_verified()
    return {name: OWN.sub("...", Asking.of(name, service, me).by(me).text) for name in READS}


def names_of_routes() -> Iterator[str]:
    app = create_app(settings_for(closed_address()))
    for context in iter_route_contexts(app.routes):
        yield context.endpoint.__name__ if context.endpoint else str(context.path)


def test_every_route_is_expected_and_nothing_else_is() -> None:
    routes = list(names_of_routes())

    assert len(routes) == len(set(routes)) > 30
    assert PUBLIC & set(MEMBERS) == set()
    assert set(routes) == PUBLIC | set(MEMBERS)


def test_a_route_asks_for_a_token_unless_it_is_public_on_purpose() -> None:
    assert {str(each) for each in OPERATIONS if each.asks_for_a_token} == set(MEMBERS)
    assert [each.path for each in OPERATIONS if each.path.startswith("/v1/me") and str(each) in PUBLIC] == []


def test_an_operation_about_a_row_says_how_one_is_made() -> None:
    for name, expected in MEMBERS.items():
        parameters = [each for each in BY_NAME[name].parameters if each["in"] == "path"]
        has_id = any(each["schema"].get("format") == "uuid" or each["name"] == "run_id" for each in parameters)
        assert bool(expected.row) == has_id, name
        assert bool(expected.row or expected.address) == bool(parameters), name


@pytest.mark.parametrize("name", MEMBERS)
def test_without_a_session_every_answer_is_the_same_401(cast: Cast, name: str) -> None:
    asking = Asking.of(name, cast.service, cast.owner)
    before = cast.of_the_owner()

    stranger = request(cast.service.client, asking.method, asking.address, asking.body)

    assert (stranger.status_code, stranger.json()["code"]) == (401, "not_signed_in")
    assert stranger.headers["www-authenticate"].startswith("Bearer")
    assert told(asking.by(cast.ended)) == told(asking.by(cast.erased)) == told(stranger)
    assert cast.of_the_owner() == before


@pytest.mark.parametrize("name", [name for name in MEMBERS if name not in ROWS])
def test_a_member_acts_on_their_own_account_and_on_no_other(cast: Cast, name: str) -> None:
    other = cast.service.register_verified()
    asking = Asking.of(name, cast.service, other)
    before = cast.of_the_owner()

    reply = asking.by(other)

    assert reply.status_code == MEMBERS[name].status
    assert cast.of_the_owner() == before


def test_what_others_keep_changes_nothing_of_what_a_new_member_reads(cast: Cast) -> None:
    assert len(cast.alone) > 3
    assert all_that_a_new_member_reads(cast.service) == cast.alone


@pytest.mark.parametrize(("name", "expected"), ROWS.items(), ids=ROWS)
def test_the_row_of_another_answers_as_one_that_nobody_has(cast: Cast, name: str, expected: Expected) -> None:
    with time_machine.travel(datetime.now(UTC), tick=False):
        theirs = Asking.of(name, cast.service, cast.owner)
        nobodys = Asking(theirs.method, ID.sub(lambda _: str(uuid4()), theirs.address), theirs.body)
        one, another = (cast.service.register_verified() for _ in range(2))
        before = cast.of_the_owner()

        answers = [by_method(theirs, one), by_method(nobodys, another)]

        assert theirs.address != nobodys.address
        assert answers[0] == answers[1]
        assert answers[0][theirs.method][0] == expected.foreign
        assert cast.of_the_owner() == before
        assert theirs.by(cast.owner).status_code == expected.status


def by_method(asking: Asking, person: Person) -> dict[str, tuple[int, str]]:
    """What somebody is told there by every method, whatever the ids in it; the declared one comes first."""
    answers = {asking.method: asking.by(person)}
    for method in METHODS:
        if method not in answers:
            answers[method] = person.ask(method, asking.address)
    return {method: (reply.status_code, ID.sub("id", repr(told(reply)))) for method, reply in answers.items()}
