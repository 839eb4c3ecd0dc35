"""The `twentyone doctor` command, which checks a deployment."""

import json
from collections import Counter
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Table

from app.content.commands import SEED_CONTENT
from app.core.console import out, pluralize
from app.core.timestamps import utc_now
from app.doctor.findings import State
from app.doctor.runner import run_checks

COLOURS = {State.OK: "green", State.WARNING: "yellow", State.ERROR: "red"}


def doctor(
    *,
    workers: Annotated[int, typer.Option(min=1, help="Number of server processes, on all machines together.")] = 1,
    content: Annotated[Path, typer.Option(help="The content directory to compare with the database.")] = SEED_CONTENT,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Check settings, keys, database, content and email. Exit with code 1 if a check finds an error."""
    findings = list(run_checks(workers=workers, directory=content, clock=utc_now))
    counts = Counter(finding.state for finding in findings)
    if as_json:
        report = {"is_ok": not counts[State.ERROR], "findings": [finding._asdict() for finding in findings]}
        typer.echo(json.dumps(report))
    else:
        table = Table("check", "state", "detail", "fix")
        for finding in findings:
            state = f"[{COLOURS[finding.state]}]{finding.state.upper()}[/]"
            table.add_row(finding.check, state, escape(finding.detail), escape(finding.fix))
        out.print(table)
        warnings, errors = pluralize(counts[State.WARNING], "warning"), pluralize(counts[State.ERROR], "error")
        out.print(f"{counts[State.OK]} OK, {warnings}, {errors}.")
    if counts[State.ERROR]:
        raise typer.Exit(1)
