"""Tests for key rotation (`twentyone keys rotate`): all rows move to the new key, and sessions remain valid."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import count

import pytest
from sqlalchemy import URL
from sqlmodel import col, select
from typer.testing import CliRunner, Result

from app.accounts.admin.key_rotation import count_outdated, key_usage, rotate_batch
from app.accounts.models import MemberKey
from app.cli import app
from app.core.crypto.key_ring import KeyRing, UnknownKey, generate_entry
from app.core.timestamps import utc_now
from tests.conftest import TEST_KEYS, MakeService
from tests.factories.accounts import (
    FORGOT_PATH,
    NEW_ADDRESS,
    NEW_PASSWORD,
    change_address,
    newest_email_token,
    request_reset_token,
    sign_in_status,
    verify_email,
)
from tests.factories.services import PASSWORD, MemberClient, Service, post

NEW_ENTRY = generate_entry("new-")
NEW_ID = NEW_ENTRY.partition(":")[0]
BOTH_ENTRIES = f"{NEW_ENTRY},{TEST_KEYS}"
RunCommand = Callable[..., Result]


@pytest.fixture
def run(service: Service) -> RunCommand:
    """Return a function that runs a `twentyone keys` command with a given key ring."""

    def invoke(command: str, keys: str) -> Result:
        url: URL = service.settings.database
        environment = {"TWENTYONE_DATABASE_URL": url.render_as_string(hide_password=False), "TWENTYONE_KEYS": keys}
        return CliRunner().invoke(app, ["keys", command], env=environment)

    return invoke


def key_ids_in_use(service: Service) -> set[str]:
    with service.database.transaction() as session:
        return set(key_usage(session))


def test_keys_new_prints_entry_that_key_ring_accepts() -> None:
    entries = [CliRunner().invoke(app, ["keys", "new"]).stdout.strip() for _ in range(2)]

    assert len(KeyRing(",".join(entries)).ids) == 2


def test_rotate_moves_all_rows_to_new_key_and_preserves_sessions(
    make_service: MakeService, service: Service, run: RunCommand
) -> None:
    members = [service.register(display_name="Ana") for _ in range(3)]
    new_service = make_service(service.settings.database, keys=BOTH_ENTRIES)

    rotation = run("rotate", BOTH_ENTRIES)

    assert rotation.exit_code == 0
    assert NEW_ID in rotation.stdout
    assert key_ids_in_use(service) == {NEW_ID}
    for member in members:
        member.client = new_service.client
        assert member.request("GET", "/v1/me").json()["display_name"] == "Ana"
        assert member.refresh_session().status_code == 200
    assert len([mail for mail in new_service.sent_emails() if mail["To"] == members[0].email]) == 1


def test_rotate_does_not_renew_mail_budgets(make_service: MakeService, service: Service, run: RunCommand) -> None:
    address = service.register_verified().email
    for _ in range(3):
        request_reset_token(service, address)

    assert run("rotate", BOTH_ENTRIES).exit_code == 0

    new_service = make_service(service.settings.database, keys=BOTH_ENTRIES)
    assert post(new_service.client, FORGOT_PATH, {"email": address}).status_code == 202
    subjects = [mail["Subject"] for mail in new_service.sent_emails(to=address)]
    assert subjects.count("Set a new password") == 3


def test_rotate_makes_old_key_removable(make_service: MakeService, service: Service, run: RunCommand) -> None:
    member = service.register_verified()
    change_address(member)
    assert run("rotate", BOTH_ENTRIES).exit_code == 0
    new_service = make_service(service.settings.database, keys=NEW_ENTRY)
    member.client = new_service.client

    assert member.refresh_session().status_code == 200
    assert member.sign_in().status_code == 200
    assert member.request("GET", "/v1/me/sessions").json()["total"] == 2
    assert verify_email(member, newest_email_token(new_service, NEW_ADDRESS)).status_code == 204
    assert post(new_service.client, "/v1/auth/register", {"email": NEW_ADDRESS, "password": PASSWORD}).is_success
    assert sign_in_status(new_service, NEW_ADDRESS) == 200


def test_register_after_key_change_finds_existing_member(make_service: MakeService, service: Service) -> None:
    service.register("ana@example.org")
    new_service = make_service(service.settings.database, keys=BOTH_ENTRIES)

    post(new_service.client, "/v1/auth/register", {"email": "ana@example.org", "password": NEW_PASSWORD})

    assert sign_in_status(new_service, "ana@example.org") == 200
    assert sign_in_status(new_service, "ana@example.org", NEW_PASSWORD) == 401


def test_register_with_different_key_order_creates_one_member(make_service: MakeService, service: Service) -> None:
    first_service = make_service(service.settings.database, keys=BOTH_ENTRIES)
    second_service = make_service(service.settings.database, keys=f"{TEST_KEYS},{NEW_ENTRY}")
    addresses = [f"ana-{n}@example.org" for n in range(4)]

    with ThreadPoolExecutor(8) as pool:
        futures = [
            pool.submit(post, server.client, "/v1/auth/register", {"email": address, "password": PASSWORD})
            for address in addresses
            for server in (first_service, second_service, first_service, second_service)
        ]
        assert {future.result().status_code for future in futures} == {202}

    with service.database.content_load() as session:
        assert len(session.exec(select(col(MemberKey.member_id))).all()) == len(addresses)


def test_rotate_after_interruption_continues(
    service: Service, run: RunCommand, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(5):
        service.register()
    service.sent_emails()
    monkeypatch.setattr("app.accounts.admin.key_rotation.BATCH_SIZE", 2)
    ring = KeyRing(BOTH_ENTRIES)
    with service.database.transaction() as session:
        assert rotate_batch(session, ring, now=utc_now()) == 2

    def interrupt_rotation() -> None:
        with service.database.transaction() as session:
            rotate_batch(session, ring, now=utc_now())
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupt_rotation()

    with service.database.transaction() as session:
        assert count_outdated(session, ring) == 3
    assert run("rotate", BOTH_ENTRIES).stdout.endswith(": 3.\n")
    assert key_ids_in_use(service) == {NEW_ID}
    assert run("rotate", BOTH_ENTRIES).stdout.endswith(": 0.\n")


def test_requests_succeed_during_rotation(make_service: MakeService, service: Service) -> None:
    new_service = make_service(service.settings.database, keys=BOTH_ENTRIES)
    members = [service.register() for _ in range(6)]
    for member in members:
        member.client = new_service.client
    failures: list[int] = []
    done = threading.Event()

    def send_requests(member: MemberClient) -> None:
        for n in count():
            name = f"Ana {n}"
            responses = [
                member.request("PATCH", "/v1/me", {"display_name": name}),
                member.request("GET", "/v1/me"),
                member.refresh_session(),
            ]
            failures.extend(response.status_code for response in responses if response.status_code != 200)
            if responses[1].status_code == 200 and responses[1].json()["display_name"] != name:
                failures.append(0)
            if done.is_set():
                return

    threads = [threading.Thread(target=send_requests, args=[member]) for member in members]
    for thread in threads:
        thread.start()
    for number in range(6):
        ring = KeyRing(BOTH_ENTRIES if number % 2 == 0 else f"{TEST_KEYS},{NEW_ENTRY}")
        with service.database.transaction() as session:
            assert rotate_batch(session, ring, now=utc_now()) >= 6
    done.set()
    for thread in threads:
        thread.join()

    assert failures == []


def test_rotate_with_missing_key_fails_and_names_key(service: Service, run: RunCommand) -> None:
    service.register()

    rotation, listing = run("rotate", NEW_ENTRY), run("list", NEW_ENTRY)

    assert (rotation.exit_code, listing.exit_code) == (1, 1)
    assert "test-1" in rotation.stderr
    assert "MISSING" in listing.stdout
    with pytest.raises(UnknownKey), service.database.transaction() as session:
        rotate_batch(session, KeyRing(NEW_ENTRY), now=utc_now())
    assert key_ids_in_use(service) == {"test-1"}


def test_keys_list_shows_ids_without_secrets(service: Service, run: RunCommand) -> None:
    listing = run("list", BOTH_ENTRIES)

    assert listing.exit_code == 0
    assert "test-1" in listing.stdout
    assert NEW_ID in listing.stdout
    assert TEST_KEYS.partition(":")[2] not in listing.output
