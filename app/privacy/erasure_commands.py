"""The commands `twentyone accounts erase` and `accounts reapply-erasures`, which erase members."""

from collections.abc import Collection
from datetime import UTC, datetime
from typing import Annotated

import typer

from app.accounts.admin.account_commands import MemberArgument, find_member, open_accounts
from app.accounts.services import AccountServices
from app.core.console import err, out, pluralize
from app.privacy.erasure import erase_member, reapply_erasures
from app.privacy.erasure_log import ErasureLog

app = typer.Typer()

Yes = Annotated[bool, typer.Option("--yes", help="Don't ask for confirmation.")]


@app.command("erase")
def erase_command(who: MemberArgument, *, yes: Yes = False) -> None:
    """Permanently erase a member and all of the member's data."""
    with open_accounts() as (database, services):
        with database.autocommit() as session:
            member = find_member(session, services, who)
        if not yes:
            typer.confirm(f"Erase member {member.id} and all their data? This can't be undone.", abort=True)
        erase_member(database, services, _erasure_log(services), member.id, now=datetime.now(UTC))
    out.print(f"Erased member {member.id}.")


@app.command("reapply-erasures")
def reapply_command() -> None:
    """Erase all members again who are listed in the erasure log. Run this after restoring a backup."""
    with open_accounts() as (database, services):
        erased, missing = reapply_erasures(database, services, _erasure_log(services), now=datetime.now(UTC))
    out.print(f"{pluralize(erased, 'erasure')} repeated.")
    if missing:
        report_missing_keys(missing)
        raise typer.Exit(1)


def report_missing_keys(key_ids: Collection[str]) -> None:
    err.print(
        f"Some erasures were logged with {', '.join(sorted(key_ids))}, which isn't in the key ring. "
        "If the backup is older than the removal of this secret, append it to the key ring again and run "
        "`twentyone accounts reapply-erasures`."
    )


def _erasure_log(services: AccountServices) -> ErasureLog:
    return ErasureLog(services.settings.erasures, services.ring)
