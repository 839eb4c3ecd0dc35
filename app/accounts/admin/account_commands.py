"""The commands `twentyone accounts list` and `accounts sessions`, for operators."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Annotated
from uuid import UUID

import typer
from rich.markup import escape
from rich.table import Table

from app.accounts.admin.member_list import member_rows, newest_members
from app.accounts.credentials.sessions import all_sessions
from app.accounts.members import StoredMember, member_by_address, member_by_id
from app.accounts.services import AccountServices
from app.core.console import err, load_settings, open_database, out, reporting_database_errors
from app.core.crypto.key_ring import UnknownKey
from app.core.db.database import Database
from app.core.db.session import Session
from app.core.errors import Unavailable

app = typer.Typer(no_args_is_help=True, help="Manage accounts of members.")

MemberArgument = Annotated[str, typer.Argument(help="Id or email address of the member.")]


@contextmanager
def open_accounts() -> Iterator[tuple[Database, AccountServices]]:
    """Open the configured database and the account services. Exit with code 1 if either is unavailable."""
    settings = load_settings()
    with reporting_database_errors(), open_database() as database:
        try:
            yield database, AccountServices.of(settings)
        except (UnknownKey, Unavailable) as error:
            err.print(escape(str(error)))
            raise typer.Exit(1) from None


def find_member(session: Session, services: AccountServices, id_or_address: str) -> StoredMember:
    """Return the member with this id or email address. Exit with code 1 if there is none."""
    try:
        member = member_by_id(session, UUID(id_or_address))
    except ValueError:
        member = member_by_address(session, services.ring, id_or_address)
    if member is None:
        err.print("No member has this id or email address.")
        raise typer.Exit(1)
    return member


@app.command("list")
def list_command(
    who: Annotated[
        str | None, typer.Argument(help="Id or email address of one member. Default: the newest members.")
    ] = None,
    *,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="Maximum number of members.")] = 50,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object per line.")] = False,
) -> None:
    """List members. Email addresses are masked: only the first letter and the domain are shown."""
    with open_accounts() as (database, services), database.autocommit() as session:
        members = [find_member(session, services, who)] if who else newest_members(session, limit=limit)
        rows = list(member_rows(session, services.ring, members))
    if as_json:
        for row in rows:
            typer.echo(json.dumps(row._asdict(), default=_json_value))
        return
    table = Table("id", "address", "registered", "verified", "disabled", "sessions", "last used")
    for row in rows:
        table.add_row(
            str(row.id),
            escape(row.address),
            _format_time(row.registered_at),
            "yes" if row.verified else "no",
            "yes" if row.disabled else "no",
            str(row.sessions),
            _format_time(row.last_used_at),
        )
    out.print(table)


@app.command("sessions")
def sessions_command(who: MemberArgument) -> None:
    """List a member's sessions."""
    with open_accounts() as (database, services), database.autocommit() as session:
        rows = all_sessions(session, services, find_member(session, services, who).id)
    table = Table("id", "device", "place", "started", "last used", "ends")
    for row in rows:
        table.add_row(
            str(row.id),
            escape(row.device or "-"),
            row.place or "-",
            _format_time(row.started_at),
            _format_time(row.last_used_at),
            _format_time(row.expires_at),
        )
    out.print(table)


def _json_value(value: object) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)


def _format_time(time: datetime | None) -> str:
    return time.strftime("%Y-%m-%d %H:%M") if time else "-"
