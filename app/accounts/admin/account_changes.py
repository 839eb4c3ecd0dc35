"""The commands `twentyone accounts correct-address`, `end-sessions`, `disable` and `enable`, for operators.

Each change is recorded in the audit log.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Annotated, NoReturn

import typer
from pydantic import TypeAdapter, ValidationError
from sqlalchemy import update
from sqlmodel import col

from app.accounts.addresses import Address
from app.accounts.admin.account_commands import MemberArgument, find_member, open_accounts
from app.accounts.audit import AuditEventType, record_event
from app.accounts.credentials.email_tokens import delete_tokens
from app.accounts.credentials.sessions import all_sessions, end_sessions
from app.accounts.email_change import TooManyEmails, send_change_link
from app.accounts.members import StoredMember, lock_member_by_id, member_by_id
from app.accounts.models import Member
from app.accounts.services import AccountServices
from app.core.console import err, out, pluralize
from app.core.db.session import Session

app = typer.Typer()
AddressArgument = Annotated[str, typer.Argument(help="The correct email address.")]


@app.command("correct-address")
def correct_address_command(who: MemberArgument, address: AddressArgument) -> None:
    """Correct a mistyped email address that was never confirmed.

    This emails a confirmation link to the correct address. The address changes when the member opens the link and is
    signed in or enters the password.
    """
    try:
        new_address = TypeAdapter(Address).validate_python(address)
    except ValidationError:
        _fail("This is not an email address.")
    now = datetime.now(UTC)
    with _changing_member(who) as (session, services, member):
        if member.verified_at:
            _fail("The member has confirmed the current address. Only the member can change it.")
        try:
            send_change_link(session, services, member, new_address, now=now)
        except TooManyEmails as error:
            _fail(f"{error} Try again in {error.headers['Retry-After']} seconds.")
        record_event(session, AuditEventType.ADDRESS_CORRECTED, member.id, now=now)
    out.print("A confirmation link was sent. The member needs it together with a signed-in device or the password.")


@app.command("end-sessions")
def end_sessions_command(who: MemberArgument) -> None:
    """End all sessions of a member. The member can sign in again, unless the account has no address."""
    now = datetime.now(UTC)
    with _changing_member(who) as (session, services, member):
        count = len(all_sessions(session, services, member.id))
        end_sessions(session, member.id, now=now)
        record_event(session, AuditEventType.SESSIONS_ENDED_BY_OPERATOR, member.id, now=now)
    out.print(f"{pluralize(count, 'session')} ended.")


@app.command("disable")
def disable_command(who: MemberArgument) -> None:
    """Disable an account: end its sessions and prevent sign-ins. Its data is kept."""
    now = datetime.now(UTC)
    with _changing_member(who) as (session, _, member):
        session.execute(update(Member).where(col(Member.id) == member.id).values(disabled_at=now))
        end_sessions(session, member.id, now=now)
        delete_tokens(session, member.id)
        record_event(session, AuditEventType.DISABLED, member.id, now=now)
    out.print(f"Disabled account {member.id}.")


@app.command("enable")
def enable_command(who: MemberArgument) -> None:
    """Enable an account that was disabled."""
    now = datetime.now(UTC)
    with _changing_member(who) as (session, _, member):
        session.execute(update(Member).where(col(Member.id) == member.id).values(disabled_at=None))
        record_event(session, AuditEventType.ENABLED, member.id, now=now)
    out.print(f"Enabled account {member.id}.")


@contextmanager
def _changing_member(who: str) -> Iterator[tuple[Session, AccountServices, StoredMember]]:
    """Open a transaction in which the member's row is locked. Exit with code 1 if there is no such member."""
    with open_accounts() as (database, services):
        with database.autocommit() as session:
            member_id = find_member(session, services, who).id
        with database.transaction() as session:
            lock_member_by_id(session, member_id)
            member = member_by_id(session, member_id)
            if member is None:
                _fail("The member has been erased in the meantime.")
            yield session, services, member


def _fail(message: str) -> NoReturn:
    err.print(message)
    raise typer.Exit(1)
