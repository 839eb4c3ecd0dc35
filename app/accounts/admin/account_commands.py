"""`twentyone accounts`: list and sessions."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

import typer
from rich.markup import escape
from rich.table import Table

from app.accounts.admin.member_list import listed, newest_members
from app.accounts.credentials.sessions import all_sessions, end_sessions
from app.accounts.members import FoundMember, lock_row, member_by_address, member_by_id
from app.accounts.services import AccountServices
from app.core.console import counted, database_told, err, opened, out, read_settings
from app.core.crypto.key_ring import UnknownKey
from app.core.db.database import Database
from app.core.db.session import Session
from app.core.errors import Unavailable

app = typer.Typer(no_args_is_help=True, help="Members: to help them, and to forget them.")

Who = Annotated[str, typer.Argument(help="A member's id or address.")]


@contextmanager
def opened_accounts() -> Iterator[tuple[Database, AccountServices]]:
    """The database and services of the settings. Exits with code 1 when they can't be used."""
    settings = read_settings()
    with database_told(), opened() as database:
        try:
            yield database, AccountServices.of(settings)
        except (UnknownKey, Unavailable) as error:
            err.print(escape(str(error)))
            raise typer.Exit(1) from None


def find_member(session: Session, services: AccountServices, who: str) -> FoundMember:
    """By id or address. Exits with code 1 without one."""
    try:
        member = member_by_id(session, UUID(who))
    except ValueError:
        member = member_by_address(session, services.ring, who)
    if member is None:
        err.print("There is no such member.")
        raise typer.Exit(1)
    return member


@app.command("list")
def list_command(
    who: Annotated[str | None, typer.Argument(help="One member's id or address; unless given, the newest.")] = None,
    *,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="How many at most.")] = 50,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line.")] = False,
) -> None:
    """Show members; addresses are hidden but for a letter and the domain."""
    with opened_accounts() as (database, services), database.reading() as session:
        members = [find_member(session, services, who)] if who else newest_members(session, limit=limit)
        rows = list(listed(session, services.ring, members))
    if as_json:
        for row in rows:
            typer.echo(json.dumps(row._asdict(), default=_plain))
        return
    table = Table("id", "address", "registered", "verified", "sessions", "last used")
    for row in rows:
        table.add_row(
            str(row.id),
            escape(row.address),
            _day(row.registered_at),
            "yes" if row.verified else "no",
            str(row.sessions),
            _day(row.last_used_at),
        )
    out.print(table)


@app.command("sessions")
def sessions_command(
    who: Who,
    *,
    end: Annotated[bool, typer.Option("--end", help="End them all: sign the member out everywhere.")] = False,
) -> None:
    """Show where a member is signed in, or sign them out everywhere."""
    with opened_accounts() as (database, services):
        with database.reading() as session:
            member = find_member(session, services, who)
            rows = all_sessions(session, services, member.id)
        if end:
            with database.transaction() as session:
                if lock_row(session, member.id):
                    end_sessions(session, member.id, now=datetime.now(UTC))
            out.print(f"{counted(len(rows), 'session')} ended.")
            return
    table = Table("id", "device", "place", "started", "last used", "ends")
    for row in rows:
        table.add_row(
            str(row.id),
            escape(row.device or "-"),
            row.place or "-",
            _day(row.started_at),
            _day(row.last_used_at),
            _day(row.expires_at),
        )
    out.print(table)


def _plain(value: object) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)


def _day(moment: datetime | None) -> str:
    return moment.strftime("%Y-%m-%d %H:%M") if moment else "-"
