"""`twentyone accounts`: erase and reapply-erasures."""

from collections.abc import Collection
from datetime import UTC, datetime
from typing import Annotated

import typer

from app.accounts.admin.account_commands import Who, find_member, opened_accounts
from app.accounts.services import AccountServices
from app.core.console import counted, err, out
from app.privacy.erasure import erase_member, reapply
from app.privacy.erasure_log import Erasures

app = typer.Typer()

Yes = Annotated[bool, typer.Option("--yes", help="Don't ask.")]


@app.command("erase")
def erase_command(who: Who, *, yes: Yes = False) -> None:
    """Erase a member and everything kept about them, for good."""
    with opened_accounts() as (database, services):
        with database.reading() as session:
            member = find_member(session, services, who)
        if not yes:
            typer.confirm(f"Erase {member.id} and everything kept about them? It can't be undone.", abort=True)
        erase_member(database, services, _erasures(services), member.id, now=datetime.now(UTC))
    out.print(f"{member.id} was erased.")


@app.command("reapply-erasures")
def reapply_command() -> None:
    """After a restore: erase everybody again whom the file of erasures names."""
    with opened_accounts() as (database, services):
        gone, missing = reapply(database, services, _erasures(services), now=datetime.now(UTC))
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


def _erasures(services: AccountServices) -> Erasures:
    return Erasures(services.settings.erasures, services.ring)
