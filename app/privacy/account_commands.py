"""`twentyone accounts`: list, sessions, erase and reapply-erasures."""

import json
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

import typer
from rich.markup import escape
from rich.table import Table
from sqlalchemy import Connection

from app.accounts.admin.member_list import listed, newest_members
from app.accounts.credentials.sessions import all_sessions, end_sessions
from app.accounts.members import FoundMember, lock_row, member_by_address, member_by_id
from app.accounts.services import Tools
from app.core.console import counted, database_told, err, opened, out, read_settings
from app.core.crypto.key_ring import UnknownKey
from app.core.db.database import Database
from app.core.errors import Unavailable
from app.privacy.erasure import erase_member, reapply
from app.privacy.erasure_log import Erasures

app = typer.Typer(no_args_is_help=True, help="Members: to help them, and to forget them.")

Who = Annotated[str, typer.Argument(help="A member's id or address.")]
Yes = Annotated[bool, typer.Option("--yes", help="Don't ask.")]


@contextmanager
def _at_work() -> Iterator[tuple[Database, Tools, Erasures]]:
    settings = read_settings()
    with database_told(), opened() as database:
        try:
            yield database, Tools.of(settings), Erasures(settings.erasures, settings.ring)
        except (UnknownKey, Unavailable) as error:
            err.print(escape(str(error)))
            raise typer.Exit(1) from None


def _found(reading: Connection, tools: Tools, who: str) -> FoundMember:
    """By id or address, or exit code 1."""
    try:
        member = member_by_id(reading, UUID(who))
    except ValueError:
        member = member_by_address(reading, tools.ring, who)
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
    with _at_work() as (database, tools, _), database.reads.connect() as connection:
        members = [_found(connection, tools, who)] if who else newest_members(connection, limit=limit)
        rows = list(listed(connection, tools.ring, members))
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
    with _at_work() as (database, tools, _):
        with database.reads.connect() as connection:
            member = _found(connection, tools, who)
            rows = all_sessions(connection, tools, member.id)
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


@app.command("erase")
def erase_command(who: Who, *, yes: Yes = False) -> None:
    """Erase a member and everything kept about them, for good."""
    with _at_work() as (database, tools, erasures):
        with database.reads.connect() as connection:
            member = _found(connection, tools, who)
        if not yes:
            typer.confirm(f"Erase {member.id} and everything kept about them? It can't be undone.", abort=True)
        erase_member(database, tools, erasures, member.id, now=datetime.now(UTC))
    out.print(f"{member.id} was erased.")


@app.command("reapply-erasures")
def reapply_command() -> None:
    """After a restore: erase everybody again whom the file of erasures names."""
    with _at_work() as (database, tools, erasures):
        gone, missing = reapply(database, tools, erasures, now=datetime.now(UTC))
    out.print(f"{counted(gone, 'member')} erased again.")
    if missing:
        tell_unread(missing)
        raise typer.Exit(1)


def tell_unread(secrets: Collection[str]) -> None:
    err.print(
        f"Some erasures were written down with {', '.join(sorted(secrets))}, which isn't on the ring. "
        "If the backup is from before that was removed, put it back after the others and run "
        "`twentyone accounts reapply-erasures`."
    )


def _plain(value: object) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)


def _day(moment: datetime | None) -> str:
    return moment.strftime("%Y-%m-%d %H:%M") if moment else "-"
