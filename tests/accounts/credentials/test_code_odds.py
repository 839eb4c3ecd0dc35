"""Test that guesses beyond five per code are never compared with it, however many an attacker sends."""

from datetime import timedelta

from sqlalchemy import func
from sqlmodel import col, select

from app.accounts.credentials.schemas import CodeRequest
from app.accounts.credentials.sign_in_codes import consume_code, request_code
from app.accounts.models import SignInCode
from tests.factories.accounts import NOON
from tests.factories.services import Service

ADDRESSES = [f"person-{number}@example.org" for number in range(8)]
LIVE_CODES, TRIES = 3, 5
GUESSES_PER_ADDRESS = 20


def test_guesses_are_compared_with_each_code_five_times_at_most(service: Service) -> None:
    accounts, database = service.app.state.services.accounts, service.database
    for address in ADDRESSES:
        for _ in range(LIVE_CODES + 1):
            with database.transaction() as session:
                request_code(session, accounts, CodeRequest(email=address), now=NOON)

    for number in range(GUESSES_PER_ADDRESS):
        for address in ADDRESSES:
            with database.transaction() as session:
                later = NOON + timedelta(seconds=number)
                consume_code(session, accounts.ring, address, f"{number:08}", None, now=later)

    with database.autocommit() as session:
        count, tries = session.execute(select(func.count(), func.sum(col(SignInCode.tries)))).one()
    assert count <= LIVE_CODES * len(ADDRESSES)
    assert count >= LIVE_CODES * len(ADDRESSES) - 1  # a guess may have been right
    assert tries <= TRIES * count
