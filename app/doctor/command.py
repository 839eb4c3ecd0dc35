"""`twentyone doctor`."""

import json
from collections import Counter
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Table

from app.content.commands import SEED
from app.core.console import out
from app.core.timestamps import utc_now
from app.doctor.examination import examine
from app.doctor.findings import State

COLOURS = {State.GOOD: "green", State.LOOK: "yellow", State.WRONG: "red"}


def doctor(
    *,
    workers: Annotated[int, typer.Option(min=1, help="How many processes serve, on all machines.")] = 1,
    content: Annotated[Path, typer.Option(help="The folder that was loaded.")] = SEED,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
) -> None:
    """Say what is wrong with settings, keys, database, content and mail, and what would be right."""
    findings = list(examine(workers=workers, folder=content, clock=utc_now))
    states = Counter(each.state for each in findings)
    if as_json:
        typer.echo(json.dumps({"is_good": not states[State.WRONG], "findings": [each._asdict() for each in findings]}))
    else:
        table = Table("what", "is", "found", "right would be")
        for each in findings:
            is_now = f"[{COLOURS[each.state]}]{each.state}[/]"
            table.add_row(each.what, is_now, escape(each.found), escape(each.right))
        out.print(table)
        out.print(f"{states[State.GOOD]} good, {states[State.LOOK]} to look at, {states[State.WRONG]} wrong.")
    if states[State.WRONG]:
        raise typer.Exit(1)
