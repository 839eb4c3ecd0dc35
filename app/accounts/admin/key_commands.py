"""`twentyone keys`: new, list and rotate."""

import typer
from rich.progress import Progress
from rich.table import Table

from app.accounts.admin.key_rotation import in_use, rotate_some, to_rotate
from app.core.console import database_told, err, opened, out, read_settings
from app.core.crypto.key_ring import UnknownKey, new_entry

app = typer.Typer(no_args_is_help=True, help="The ring of secrets from which every key is derived.")


@app.command("new")
def new_command() -> None:
    """Print a new entry for TWENTYONE_KEYS; docs/operations.md says where to put it, and when."""
    typer.echo(new_entry())


@app.command("list")
def list_command() -> None:
    """Show the ring, without secrets, and how much is under each of them."""
    ring = read_settings().ring
    with database_told(), opened() as database, database.reading() as session:
        used = in_use(session)
    table = Table("secret", "is", "members and mails under it")
    for key_id in dict.fromkeys([*ring.ids, *used]):
        state = "in use" if key_id == ring.current else "on the ring" if key_id in ring.ids else "MISSING"
        table.add_row(key_id, state, str(used[key_id]))
    out.print(table)
    if any(key_id not in ring.ids for key_id in used):
        err.print("What is under a missing secret can't be opened: put it back, after the others.")
        raise typer.Exit(1)


@app.command("rotate")
def rotate_command() -> None:
    """Bring everything under the secret in use. The service may go on; an interrupted run is started again."""
    ring = read_settings().ring
    with database_told(), opened() as database:
        with database.reading() as session:
            total = to_rotate(session, ring)
        done = 0
        with Progress(console=err, transient=True, disable=not err.is_terminal) as progress:
            bar = progress.add_task("Rotating", total=total)
            try:
                while True:
                    with database.transaction() as session:
                        some = rotate_some(session, ring)
                    if not some:
                        break
                    done += some
                    progress.update(bar, completed=done)
            except UnknownKey as error:
                err.print(str(error))
                raise typer.Exit(1) from None
    out.print(f"Members and mails that came under {ring.current}: {done}.")
