"""The commands `twentyone keys new`, `keys list` and `keys rotate`, which manage the encryption keys."""

from datetime import UTC, datetime

import typer
from rich.progress import Progress
from rich.table import Table

from app.accounts.admin.key_rotation import count_outdated, key_usage, rotate_batch
from app.core.console import err, load_settings, open_database, out, reporting_database_errors
from app.core.crypto.key_ring import UnknownKey, generate_entry

app = typer.Typer(no_args_is_help=True, help="Manage the key ring, from which all keys are derived.")


@app.command("new")
def new_command() -> None:
    """Generate a secret and print it as an entry for TWENTYONE_KEYS. docs/operations.md explains how to rotate keys."""
    typer.echo(generate_entry())


@app.command("list")
def list_command() -> None:
    """List the server's secrets by id, and count the members and queued emails encrypted with each."""
    ring = load_settings().ring
    with reporting_database_errors(), open_database() as database, database.autocommit() as session:
        usage = key_usage(session)
    table = Table("id", "state", "members and queued emails")
    for key_id in dict.fromkeys([*ring.ids, *usage]):
        state = "current" if key_id == ring.current else "on the ring" if key_id in ring.ids else "MISSING"
        table.add_row(key_id, state, str(usage[key_id]))
    out.print(table)
    if any(key_id not in ring.ids for key_id in usage):
        err.print("Data of a missing secret can't be decrypted. Add its entry to the end of TWENTYONE_KEYS again.")
        raise typer.Exit(1)


@app.command("rotate")
def rotate_command() -> None:
    """Re-encrypt existing data with the current secret.

    The service can keep running. If the command is interrupted, run it again.
    """
    ring = load_settings().ring
    with reporting_database_errors(), open_database() as database:
        with database.autocommit() as session:
            total = count_outdated(session, ring)
        rotated = 0
        with Progress(console=err, transient=True, disable=not err.is_terminal) as progress:
            task = progress.add_task("Rotating", total=total)
            try:
                while True:
                    with database.transaction() as session:
                        batch = rotate_batch(session, ring, now=datetime.now(UTC))
                    if not batch:
                        break
                    rotated += batch
                    progress.update(task, completed=rotated)
            except UnknownKey as error:
                err.print(str(error))
                raise typer.Exit(1) from None
    out.print(f"Members and queued emails rotated to {ring.current}: {rotated}.")
