"""Command-line commands `twentyone content check`, `diff`, `load` and `export`."""

from collections.abc import Callable, Iterable, Iterator, Sequence, Sized
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer
from rich.markup import escape
from rich.progress import track
from watchfiles import watch

from app.content.exporter import DirectoryNotEmpty, NoContentStored, export_content
from app.content.loader import load
from app.content.plan import Plan, plan_load
from app.content.reader import read_content
from app.core.console import err, open_database, out, pluralize, reporting_database_errors
from app.core.db.database import Database
from app.core.source_files.sources import InvalidContent

PROGRESS_BAR_MIN_ITEMS = 200
WATCH_INTERVAL_MS = 200  # the watcher yields this often even without a save, so that the first load starts at once

app = typer.Typer(no_args_is_help=True, help="Check, compare, load and export content.")

Item = TypeVar("Item")
Directory = Annotated[Path, typer.Argument(help="The content directory.")]
Force = Annotated[bool, typer.Option("--force", help="Allow the removal of tasks on days with notes of members.")]
SEED_CONTENT = Path("seed_content")


def progress_bar(label: str) -> Callable[[Sequence[Item]], Iterable[Item]]:
    """Return a function that iterates over items, and shows a progress bar if there are many."""

    def track_items(items: Sequence[Item]) -> Iterable[Item]:
        is_disabled = len(items) < PROGRESS_BAR_MIN_ITEMS or not err.is_terminal
        return track(items, label, console=err, transient=True, disable=is_disabled)

    return track_items


@contextmanager
def reporting_content_errors() -> Iterator[None]:
    """Context manager that prints content and database errors, and exits with code 1."""
    try:
        with reporting_database_errors():
            yield
    except InvalidContent as invalid:
        for error in invalid.errors:
            out.print(escape(str(error)))
        err.print(f"{pluralize(len(invalid.errors), 'error')}; nothing was written.")
        raise typer.Exit(1) from None
    except (DirectoryNotEmpty, NoContentStored) as error:
        err.print(escape(str(error)))
        raise typer.Exit(1) from None


@app.command()
def check(path: Directory = SEED_CONTENT) -> None:
    """Check a content directory and list all errors."""
    with reporting_content_errors():
        content = read_content(path, track=progress_bar("Reading"))
    kinds: dict[str, Sized] = {
        "article": content.articles,
        "assessment": content.assessments,
        "journey": content.journeys,
    }
    counts = ", ".join(pluralize(len(items), kind) for kind, items in kinds.items())
    out.print(f"{counts}: no errors.")


@app.command()
def diff(path: Directory = SEED_CONTENT, *, force: Force = False) -> None:
    """Show what `load` would create, change, rename and unpublish in the database."""
    with reporting_content_errors(), open_database() as database:
        content = read_content(path, track=progress_bar("Reading"))
        with database.orm_snapshot() as session:
            print_plan(plan_load(session, content, force=force))


@app.command("load")
def load_command(
    path: Directory = SEED_CONTENT,
    *,
    watching: Annotated[bool, typer.Option("--watch", help="Reload after every save, until interrupted.")] = False,
    force: Force = False,
) -> None:
    """Load a content directory into the database, in one transaction."""
    with open_database() as database:
        if not watching or not path.is_dir():
            with reporting_content_errors():
                load_directory(database, path, force=force)
            return
        with suppress(KeyboardInterrupt):
            load_on_save(database, path, watch(path, rust_timeout=WATCH_INTERVAL_MS, yield_on_timeout=True))


@app.command("export")
def export_command(path: Annotated[Path, typer.Argument(help="A new or empty directory.")]) -> None:
    """Write the content of the database to files that `load` accepts."""
    with reporting_content_errors(), open_database() as database, database.orm_snapshot() as session:
        exported, omitted = export_content(session, path)
    out.print(f"Exported {pluralize(exported, 'article')} to {escape(str(path))}.")
    if omitted:
        articles = pluralize(omitted, "unpublished article")
        out.print(f"Omitted {articles} without a listed author, category or topic.")


def load_directory(database: Database, path: Path, *, force: bool = False) -> Plan:
    """Check a content directory, load it into the database, and print the changes."""
    content = read_content(path, track=progress_bar("Reading"))
    with database.content_load() as session:
        plan = load(session, content, now=datetime.now(UTC), track=progress_bar("Writing"), force=force)
    print_plan(plan)
    return plan


def load_on_save(database: Database, path: Path, saves: Iterable[Any]) -> None:
    """Load a content directory now, and again after each change of its files.

    Content errors are printed, and the loop continues. `saves` yields the sets of changed files. Its first item only
    signals that watching has started, so that no change is missed.
    """
    for n, changed_files in enumerate(saves):
        if n and not changed_files:
            continue
        with suppress(typer.Exit), reporting_content_errors():
            load_directory(database, path)


def print_plan(plan: Plan) -> None:
    if not plan.changes:
        out.print("No changes.")
        return
    for change in plan.changes:
        details = [f"formerly {change.previous_slug}"] if change.previous_slug else []
        details += [", ".join(change.fields)] if change.fields else []
        suffix = f" ({'; '.join(details)})" if details else ""
        out.print(escape(f"{change.action:<12} {change.kind:<13} {change.name}{suffix}"))
    out.print(f"{pluralize(len(plan.changes), 'change')}.")
