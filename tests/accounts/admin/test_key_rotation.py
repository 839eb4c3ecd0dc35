"""Rotating secrets: everything comes under the new one, nobody is signed out, and an interruption loses nothing."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import count

import pytest
from sqlalchemy import URL
from sqlmodel import col, select
from typer.testing import CliRunner, Result

from app.accounts.admin.key_rotation import in_use, rotate_some, to_rotate
from app.accounts.models import MemberKey
from app.cli import app
from app.core.crypto.key_ring import KeyRing, UnknownKey, new_entry
from tests.conftest import KEYS, MakeService
from tests.factories.services import PASSWORD, Person, Service, post, token_in

NEW = new_entry("new-")
NEW_ID = NEW.partition(":")[0]
BOTH = f"{NEW},{KEYS}"
Run = Callable[..., Result]


@pytest.fixture
def run(service: Service) -> Run:
    """Runs `twentyone keys` on the service's database, with a ring."""

    def invoke(command: str, keys: str) -> Result:
        url: URL = service.settings.database
        environment = {"TWENTYONE_DATABASE_URL": url.render_as_string(hide_password=False), "TWENTYONE_KEYS": keys}
        return CliRunner().invoke(app, ["keys", command], env=environment)

    return invoke


def secrets_in_use(service: Service) -> set[str]:
    with service.database.transaction() as session:
        return set(in_use(session))


def interrupt_rotation(service: Service, ring: KeyRing) -> None:
    with service.database.transaction() as session:
        rotate_some(session, ring)
        raise KeyboardInterrupt


def test_a_new_secret_is_one_that_a_ring_takes() -> None:
    made = [CliRunner().invoke(app, ["keys", "new"]).stdout.strip() for _ in range(2)]

    assert len(KeyRing(",".join(made)).ids) == 2


def test_everything_comes_under_the_new_secret_and_nobody_is_signed_out(
    make_service: MakeService, service: Service, run: Run
) -> None:
    people = [service.register(display_name="Ana") for _ in range(3)]
    after = make_service(service.settings.database, keys=BOTH)

    result = run("rotate", BOTH)

    assert result.exit_code == 0
    assert NEW_ID in result.stdout
    assert secrets_in_use(service) == {NEW_ID}
    for person in people:
        person.client = after.client
        assert person.ask("GET", "/v1/me").json()["display_name"] == "Ana"
        assert person.renew().status_code == 200
    assert len([mail for mail in after.mails() if mail["To"] == people[0].address]) == 1


def test_after_rotating_the_old_secret_may_go(make_service: MakeService, service: Service, run: Run) -> None:
    person = service.register_verified()
    person.ask("PUT", "/v1/me/email", {"email": "ana.new@example.org", "current_password": PASSWORD})
    assert run("rotate", BOTH).exit_code == 0
    after = make_service(service.settings.database, keys=NEW)
    person.client = after.client

    assert person.renew().status_code == 200
    assert person.sign_in().status_code == 200
    assert person.ask("GET", "/v1/me/sessions").json()["total"] == 2
    token = token_in(after.mails(to="ana.new@example.org")[-1])
    assert person.ask("POST", "/v1/auth/verify-email", {"token": token}).status_code == 204
    assert post(after.client, "/v1/auth/register", {"email": "ana.new@example.org", "password": PASSWORD}).is_success
    assert Person(after.client, "ana.new@example.org").sign_in().status_code == 200


def test_an_address_stays_one_members_while_secrets_change(make_service: MakeService, service: Service) -> None:
    service.register("ana@example.org")
    after = make_service(service.settings.database, keys=BOTH)

    post(after.client, "/v1/auth/register", {"email": "ana@example.org", "password": "two birds on a wire"})

    assert Person(after.client, "ana@example.org").sign_in().status_code == 200
    assert Person(after.client, "ana@example.org", "two birds on a wire").sign_in().status_code == 401


def test_processes_with_the_ring_in_another_order_make_one_member_of_an_address(
    make_service: MakeService, service: Service
) -> None:
    one = make_service(service.settings.database, keys=BOTH)
    two = make_service(service.settings.database, keys=f"{KEYS},{NEW}")
    addresses = [f"ana-{n}@example.org" for n in range(4)]

    with ThreadPoolExecutor(8) as pool:
        asking = [
            pool.submit(post, each.client, "/v1/auth/register", {"email": address, "password": PASSWORD})
            for address in addresses
            for each in (one, two, one, two)
        ]
        assert {each.result().status_code for each in asking} == {202}

    with service.database.loading() as session:
        assert len(session.exec(select(col(MemberKey.member_id))).all()) == len(addresses)


def test_an_interrupted_rotation_goes_on_where_it_was(
    service: Service, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(5):
        service.register()
    service.mails()
    monkeypatch.setattr("app.accounts.admin.key_rotation.BATCH", 2)
    ring = KeyRing(BOTH)
    with service.database.transaction() as session:
        assert rotate_some(session, ring) == 2
    with pytest.raises(KeyboardInterrupt):
        interrupt_rotation(service, ring)

    with service.database.transaction() as session:
        assert to_rotate(session, ring) == 3
    assert run("rotate", BOTH).stdout.endswith(": 3.\n")
    assert secrets_in_use(service) == {NEW_ID}
    assert run("rotate", BOTH).stdout.endswith(": 0.\n")


def test_requests_go_on_while_secrets_are_rotated(make_service: MakeService, service: Service) -> None:
    after = make_service(service.settings.database, keys=BOTH)
    people = [service.register() for _ in range(6)]
    for person in people:
        person.client = after.client
    failed: list[int] = []
    done = threading.Event()

    def live(person: Person) -> None:
        for n in count():
            name = f"Ana {n}"
            replies = [
                person.ask("PATCH", "/v1/me", {"display_name": name}),
                person.ask("GET", "/v1/me"),
                person.renew(),
            ]
            failed.extend(reply.status_code for reply in replies if reply.status_code != 200)
            if replies[1].status_code == 200 and replies[1].json()["display_name"] != name:
                failed.append(0)
            if done.is_set():
                return

    threads = [threading.Thread(target=live, args=[person]) for person in people]
    for thread in threads:
        thread.start()
    for turn in range(6):
        ring = KeyRing(BOTH if turn % 2 == 0 else f"{KEYS},{NEW}")
        with service.database.transaction() as session:
            assert rotate_some(session, ring) >= 6
    done.set()
    for thread in threads:
        thread.join()

    assert failed == []


def test_a_missing_secret_stops_the_rotation_and_is_named(service: Service, run: Run) -> None:
    service.register()

    result, listed = run("rotate", NEW), run("list", NEW)

    assert (result.exit_code, listed.exit_code) == (1, 1)
    assert "test-1" in result.stderr
    assert "MISSING" in listed.stdout
    with pytest.raises(UnknownKey), service.database.transaction() as session:
        rotate_some(session, KeyRing(NEW))


def test_the_list_shows_no_secret(service: Service, run: Run) -> None:
    service.register()

    result = run("list", BOTH)

    assert result.exit_code == 0
    assert "test-1" in result.stdout
    assert NEW_ID in result.stdout
    assert KEYS.partition(":")[2] not in result.output
    with service.database.loading() as session:
        assert session.exec(select(col(MemberKey.key_id))).one() == "test-1"
