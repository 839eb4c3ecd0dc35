"""`twentyone assessments`: score a spreadsheet, and recompute what is stored."""

import csv
import json
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape
from rich.progress import open as open_shown
from rich.table import Table
from sqlalchemy import select
from sqlmodel import col

from app.assessments.files.checks import read_definition
from app.assessments.models import Assessment
from app.assessments.questionnaires import IS_LISTED, Questionnaires
from app.assessments.results.recompute import RecomputeStatus, recomputed
from app.assessments.rules.definition import Definition, definition_of
from app.assessments.services import AssessmentServices
from app.assessments.spreadsheets import BadSheet, Cells, Sample, Sheet, delimiter_of, rows
from app.core.console import counted, database_told, err, opened, out, read_settings
from app.core.source_files.messages import did_you_mean
from app.core.source_files.sources import FaultCollector, read_yaml

BEGINNING = 100_000  # characters within which the header ends
MOST_SHOWN = 50  # bad cells

app = typer.Typer(no_args_is_help=True, help="Score spreadsheets, and recompute what members kept.")

Statistics = dict[str, Any]


@app.command("score")
def score_command(
    names: Annotated[list[str], typer.Argument(metavar="[SLUG] FILE.csv", help="A questionnaire, and its responses.")],
    *,
    definition: Annotated[Path | None, typer.Option(help="A questionnaire's file, which need not be loaded.")] = None,
    output: Annotated[
        Path | None, typer.Option("--out", help="Where the scores go; FILE.scores.csv unless given.")
    ] = None,
    skip_bad: Annotated[bool, typer.Option("--skip-bad", help="Leave out rows with a bad cell.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="The statistics as JSON.")] = False,
) -> None:
    """Score responses, one row a person, in columns that are named by question. Blanks are missing answers; any other
    column is carried over. Nothing is written until every cell is good.
    """
    *slugs, file = names
    if len(slugs) > 1 or (not slugs and definition is None):
        raise typer.BadParameter("give a questionnaire's slug, or --definition, and one file")
    rules = _in_file(definition) if definition else _loaded(slugs[0])
    path = Path(file)
    with _reporting_faults(path):
        path.open("rb").close()
    target = output or path.with_suffix(".scores.csv")
    if target.resolve() == path.resolve():
        raise typer.BadParameter("--out is the file of the responses: name another one")
    if target.is_symlink() or (target.exists() and not target.is_file()):
        raise typer.BadParameter("--out isn't an ordinary file: name another one")
    with _reporting_faults(path):
        skipped = _check(path, rules)
    if skipped and not skip_bad:
        err.print(f"{counted(len(skipped), 'row')} with a bad cell; nothing was scored. --skip-bad leaves them out.")
        raise typer.Exit(1)
    with _reporting_faults(target):
        sample, scored = _score(path, rules, skipped, target)
    found = [{"scale": scale, **asdict(each)} for scale, each in sample.statistics()]
    if as_json:
        out.print_json(json.dumps({"file": str(target), "rows": scored, "skipped": len(skipped), "scales": found}))
        return
    _show(found)
    out.print(escape(f"{counted(scored, 'row')} scored, {len(skipped)} left out: {target}"))


@app.command()
def recompute() -> None:
    """Score every stored result again. Exit code 1 if one says something else, or can't be read."""
    services = AssessmentServices.of(read_settings().ring)
    with database_told(), opened() as database, database.reading() as reads:
        statuses: Counter[RecomputeStatus] = Counter()
        for each in recomputed(reads, services):
            statuses[each.status] += 1
            if each.status is not RecomputeStatus.SAME:
                out.print(f"{each.member_id} {each.id}: {each.status.value} (engine {each.engine})")
    out.print(f"{counted(statuses.total(), 'result')}, {statuses[RecomputeStatus.SAME]} the same to the last digit.")
    if statuses[RecomputeStatus.SAME] < statuses.total():
        raise typer.Exit(1)


def _in_file(path: Path) -> Definition:
    faults = FaultCollector()
    source = read_yaml(path.parent, path.name, faults)
    stored = read_definition(source, faults) if source else None
    for fault in sorted(faults.found):
        err.print(escape(str(fault)))
    if stored is None or faults.found:
        raise typer.Exit(1)
    return definition_of(stored)


def _loaded(slug: str) -> Definition:
    with database_told(), opened() as database, database.reading() as reads:
        questionnaire = Questionnaires().current(reads, slug)
        if questionnaire:
            return questionnaire.definition
        known = list(reads.execute(select(col(Assessment.slug)).where(IS_LISTED)).scalars())
    err.print(escape(f"No assessment {slug!r} is loaded{did_you_mean(slug, known) or '.'}"))
    raise typer.Exit(1)


@contextmanager
def _reporting_faults(path: Path) -> Iterator[None]:
    """Says what is wrong with a spreadsheet, and ends with exit code 1."""
    try:
        yield
    except (OSError, UnicodeDecodeError, BadSheet) as error:
        match error:
            case UnicodeDecodeError():
                what = "isn't UTF-8: save it in that encoding"
            case OSError(strerror=str(reason)):
                what = reason
            case _:
                what = str(error)
        err.print(escape(f"{path}: {what}"))
        raise typer.Exit(1) from None


@contextmanager
def _opened(path: Path, definition: Definition, label: str) -> Iterator[tuple[Sheet, Iterator[tuple[int, Cells]]]]:
    """The meaning of the columns, and the rows below the header; a bar shows how far they were read."""
    with open_shown(
        path, "r", encoding="utf-8-sig", newline="", description=label, console=err, transient=True,
        disable=not err.is_terminal,
    ) as file:  # fmt: skip
        delimiter = delimiter_of(file.read(BEGINNING), definition)
        file.seek(0)
        found = rows(file, delimiter)
        _, names = next(found, (1, []))
        yield Sheet(names, definition), found


def _check(path: Path, definition: Definition) -> set[int]:
    """Report every bad cell, up to a limit. Returns the numbers of the rows that have one."""
    bad: set[int] = set()
    count = 0
    with _opened(path, definition, "Checking") as (sheet, found):
        if sheet.unanswered:
            err.print(escape(f"No columns for {', '.join(sheet.unanswered)}: taken as not answered."))
        for number, cells in found:
            for fault in sheet.faults(number, cells):
                bad.add(number)
                count += 1
                if count <= MOST_SHOWN:
                    err.print(escape(f"{path}: {fault}"))
    if count > MOST_SHOWN:
        err.print(f"... and {counted(count - MOST_SHOWN, 'more bad cell')}.")
    return bad


def _score(path: Path, definition: Definition, skipped: set[int], target: Path) -> tuple[Sample, int]:
    """Write the scores, all of them or no file."""
    sample, scored = Sample(definition), 0
    unfinished = target.with_name(f".{target.name}.unfinished")
    try:
        with (
            _opened(path, definition, "Scoring") as (sheet, found),
            unfinished.open("w", encoding="utf-8", newline="") as file,
        ):
            writer = csv.writer(file)
            writer.writerow(sheet.header)
            for number, cells in found:
                if number not in skipped:
                    writer.writerow(sheet.scored(cells, sample.add(sheet.answers(cells))))
                    scored += 1
        unfinished.replace(target)
    finally:
        unfinished.unlink(missing_ok=True)
    return sample, scored


def _show(found: list[Statistics]) -> None:
    table = Table("scale", "n", "mean", "SD", "alpha, listwise", "n, listwise", "alpha, pairwise")
    for each in found:
        figures = (each[name] for name in ("n", "mean", "sd", "alpha_listwise", "n_listwise", "alpha_pairwise"))
        table.add_row(each["scale"], *map(_shown, figures))
    out.print(table)


def _shown(figure: float | None) -> str:
    """Blank where it can't be computed."""
    if figure is None:
        return ""
    return f"{figure:.3f}" if isinstance(figure, float) else str(figure)
