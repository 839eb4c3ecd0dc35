"""`twentyone content`: check, diff, load and export."""

from collections.abc import Callable, Iterable, Iterator, Sequence, Sized
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer
from rich.markup import escape
from rich.progress import track
from watchfiles import watch

from app.content.exporter import NotEmpty, NothingStored, export
from app.content.loader import load
from app.content.plan import Plan, plan_load
from app.content.reader import read_content
from app.core.console import counted, database_told, err, opened, out
from app.core.db.database import Database
from app.core.source_files.sources import ContentFaults

LONG = 200  # articles from which on a bar is shown
BEAT = 200  # milliseconds after which --watch looks up, with or without a save

app = typer.Typer(no_args_is_help=True, help="Check, compare, load and export content.")

Item = TypeVar("Item")
Folder = Annotated[Path, typer.Argument(help="The folder of content.")]
Force = Annotated[bool, typer.Option("--force", help="Even if a task goes that members may have ticked.")]
SEED = Path("seed_content")


def bar(label: str) -> Callable[[Sequence[Item]], Iterable[Item]]:
    """Shows how far a long piece of work got."""

    def follow(items: Sequence[Item]) -> Iterable[Item]:
        return track(items, label, console=err, transient=True, disable=len(items) < LONG or not err.is_terminal)

    return follow


@contextmanager
def told() -> Iterator[None]:
    """Says what stands in the way, and ends with exit code 1."""
    try:
        with database_told():
            yield
    except ContentFaults as error:
        for fault in error.faults:
            out.print(escape(str(fault)))
        err.print(f"{counted(len(error.faults), 'fault')}; nothing was written.")
        raise typer.Exit(1) from None
    except (NotEmpty, NothingStored) as error:
        err.print(escape(str(error)))
        raise typer.Exit(1) from None


@app.command()
def check(path: Folder = SEED) -> None:
    """Find everything that is wrong with a folder of content."""
    with told():
        content = read_content(path, track=bar("Reading"))
    kinds: dict[str, Sized] = {
        "article": content.articles,
        "assessment": content.assessments,
        "journey": content.journeys,
    }
    found = ", ".join(counted(len(each), kind) for kind, each in kinds.items())
    out.print(f"{found}: all good.")


@app.command()
def diff(path: Folder = SEED, *, force: Force = False) -> None:
    """Show what a load would create, change, rename and unpublish."""
    with told(), opened() as database:
        content = read_content(path, track=bar("Reading"))
        with database.entities() as session:
            show(plan_load(session, content, force=force))


@app.command("load")
def load_command(
    path: Folder = SEED,
    *,
    watching: Annotated[bool, typer.Option("--watch", help="Load again after every save, until interrupted.")] = False,
    force: Force = False,
) -> None:
    """Make the database equal to a folder, in one transaction."""
    with opened() as database:
        if not watching or not path.is_dir():
            with told():
                load_folder(database, path, force=force)
            return
        with suppress(KeyboardInterrupt):
            follow(database, path, watch(path, rust_timeout=BEAT, yield_on_timeout=True))


@app.command("export")
def export_command(path: Annotated[Path, typer.Argument(help="A new or empty folder.")]) -> None:
    """Write what the database holds as files that `load` reads back to the same."""
    with told(), opened() as database, database.entities() as session:
        written, left = export(session, path)
    out.print(f"{counted(written, 'article')} written to {escape(str(path))}.")
    if left:
        out.print(f"{counted(left, 'unpublished article')} left out: what they were filed under was removed.")


def load_folder(database: Database, path: Path, *, force: bool = False) -> Plan:
    """Check and load a folder, and say what came of it."""
    content = read_content(path, track=bar("Reading"))
    with database.loading() as session:
        plan = load(session, content, now=datetime.now(UTC), track=bar("Writing"), force=force)
    show(plan)
    return plan


def follow(database: Database, path: Path, saves: Iterable[Any]) -> None:
    """Load now and after each save; faults are shown and the next save is waited for.

    The first beat loads: the folder is watched by then, so that no save falls between loading and watching.
    """
    for beat, saved in enumerate(saves):
        if beat and not saved:
            continue
        with suppress(typer.Exit), told():
            load_folder(database, path)


def show(plan: Plan) -> None:
    if not plan.changes:
        out.print("Nothing to change.")
        return
    for change in plan.changes:
        details = [f"was {change.was}"] if change.was else []
        details += [", ".join(change.fields)] if change.fields else []
        more = f" ({'; '.join(details)})" if details else ""
        out.print(escape(f"{change.action:<12} {change.kind:<13} {change.name}{more}"))
    out.print(f"{counted(len(plan.changes), 'change')}.")
