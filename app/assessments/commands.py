"""Commands of `twentyone assessments`: score a spreadsheet of answers, or recompute stored results."""

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
from rich.progress import open as open_with_progress
from rich.table import Table
from sqlalchemy import select
from sqlmodel import col

from app.assessments.files.scoring_checks import read_definition
from app.assessments.models import Assessment
from app.assessments.questionnaires import IS_LISTED, QuestionnaireCache
from app.assessments.results.recompute import RecomputeStatus, recompute_results
from app.assessments.rules.definition import Definition, parse_definition
from app.assessments.services import AssessmentServices
from app.assessments.spreadsheets import Cells, InvalidSpreadsheet, Sample, Sheet, detect_delimiter, read_rows
from app.core.console import err, load_settings, open_database, out, pluralize, reporting_database_errors
from app.core.source_files.messages import did_you_mean
from app.core.source_files.sources import ErrorCollector, read_yaml

HEADER_SAMPLE_LENGTH = 100_000  # characters read from the file to detect its delimiter
MAX_REPORTED_CELLS = 50

app = typer.Typer(no_args_is_help=True, help="Score spreadsheets, and recompute the stored results of members.")

ScaleStatistics = dict[str, Any]


@app.command("score")
def score_command(
    names: Annotated[
        list[str], typer.Argument(metavar="[SLUG] FILE.csv", help="A questionnaire's slug, and a file of responses.")
    ],
    *,
    definition: Annotated[Path | None, typer.Option(help="A questionnaire file, which need not be loaded.")] = None,
    output: Annotated[Path | None, typer.Option("--out", help="The output file; defaults to FILE.scores.csv.")] = None,
    skip_bad: Annotated[bool, typer.Option("--skip-bad", help="Skip rows with an invalid cell.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the statistics as JSON.")] = False,
) -> None:
    """Score a CSV file with one row per person and one column per question id.

    A blank cell is a missing answer. Columns that aren't questions are copied. An invalid cell prevents any output,
    unless --skip-bad is given to skip its row.
    """
    *slugs, file = names
    if len(slugs) > 1 or (not slugs and definition is None):
        raise typer.BadParameter("give a questionnaire's slug or --definition, and one file")
    scoring_definition = _read_definition_file(definition) if definition else _load_definition(slugs[0])
    path = Path(file)
    with _reporting_errors(path):
        path.open("rb").close()
    target = output or path.with_suffix(".scores.csv")
    if target.resolve() == path.resolve():
        raise typer.BadParameter("--out is the file of responses: choose another file")
    if target.is_symlink() or (target.exists() and not target.is_file()):
        raise typer.BadParameter("--out isn't a regular file: choose another file")
    with _reporting_errors(path):
        skipped = _check_cells(path, scoring_definition)
    if skipped and not skip_bad:
        err.print(f"{pluralize(len(skipped), 'row')} with an invalid cell; nothing was scored. --skip-bad skips them.")
        raise typer.Exit(1)
    with _reporting_errors(target):
        sample, scored_count = _write_scores(path, scoring_definition, skipped, target)
    statistics_rows = [{"scale": scale, **asdict(scale_statistics)} for scale, scale_statistics in sample.statistics()]
    if as_json:
        out.print_json(
            json.dumps({"file": str(target), "rows": scored_count, "skipped": len(skipped), "scales": statistics_rows})
        )
        return
    _print_statistics(statistics_rows)
    out.print(escape(f"{pluralize(scored_count, 'row')} scored, {len(skipped)} skipped: {target}"))


@app.command()
def recompute() -> None:
    """Score all stored results again, to check that their scores are unchanged.

    Exits with code 1 if a result has different scores or can't be decrypted.
    """
    services = AssessmentServices.of(load_settings().ring)
    with reporting_database_errors(), open_database() as database, database.autocommit() as session:
        counts: Counter[RecomputeStatus] = Counter()
        for result in recompute_results(session, services):
            counts[result.status] += 1
            if result.status is not RecomputeStatus.SAME:
                out.print(f"{result.member_id} {result.id}: {result.status.value} (engine {result.engine})")
    out.print(f"{pluralize(counts.total(), 'result')}, {counts[RecomputeStatus.SAME]} identical.")
    if counts[RecomputeStatus.SAME] < counts.total():
        raise typer.Exit(1)


def _read_definition_file(path: Path) -> Definition:
    errors = ErrorCollector()
    source = read_yaml(path.parent, path.name, errors)
    stored = read_definition(source, errors) if source else None
    for error in sorted(errors.collected):
        err.print(escape(str(error)))
    if stored is None or errors.collected:
        raise typer.Exit(1)
    return parse_definition(stored)


def _load_definition(slug: str) -> Definition:
    with reporting_database_errors(), open_database() as database, database.autocommit() as session:
        questionnaire = QuestionnaireCache().current(session, slug)
        if questionnaire:
            return questionnaire.definition
        slugs = list(session.execute(select(col(Assessment.slug)).where(IS_LISTED)).scalars())
    err.print(escape(f"No assessment {slug!r} is loaded{did_you_mean(slug, slugs) or '.'}"))
    raise typer.Exit(1)


@contextmanager
def _reporting_errors(path: Path) -> Iterator[None]:
    """Catch errors in reading or writing a file, print them, and exit with code 1."""
    try:
        yield
    except (OSError, UnicodeDecodeError, InvalidSpreadsheet) as error:
        match error:
            case UnicodeDecodeError():
                message = "isn't UTF-8: save the file in that encoding"
            case OSError(strerror=str(reason)):
                message = reason
            case _:
                message = str(error)
        err.print(escape(f"{path}: {message}"))
        raise typer.Exit(1) from None


@contextmanager
def _open_spreadsheet(
    path: Path, definition: Definition, label: str
) -> Iterator[tuple[Sheet, Iterator[tuple[int, Cells]]]]:
    """Open a CSV file with a progress bar. Yields the parsed header and an iterator over the other rows."""
    with open_with_progress(
        path, "r", encoding="utf-8-sig", newline="", description=label, console=err, transient=True,
        disable=not err.is_terminal,
    ) as file:  # fmt: skip
        delimiter = detect_delimiter(file.read(HEADER_SAMPLE_LENGTH), definition)
        file.seek(0)
        numbered_rows = read_rows(file, delimiter)
        _, names = next(numbered_rows, (1, []))
        yield Sheet(names, definition), numbered_rows


def _check_cells(path: Path, definition: Definition) -> set[int]:
    """Print the invalid cells of a spreadsheet, up to a limit. Return the row numbers of all invalid cells."""
    invalid_rows: set[int] = set()
    error_count = 0
    with _open_spreadsheet(path, definition, "Checking") as (sheet, numbered_rows):
        if sheet.missing_questions:
            err.print(escape(f"No columns for {', '.join(sheet.missing_questions)}: treated as unanswered."))
        for number, cells in numbered_rows:
            for cell_error in sheet.errors(number, cells):
                invalid_rows.add(number)
                error_count += 1
                if error_count <= MAX_REPORTED_CELLS:
                    err.print(escape(f"{path}: {cell_error}"))
    if error_count > MAX_REPORTED_CELLS:
        err.print(f"... and {pluralize(error_count - MAX_REPORTED_CELLS, 'more invalid cell')}.")
    return invalid_rows


def _write_scores(path: Path, definition: Definition, skipped: set[int], target: Path) -> tuple[Sample, int]:
    """Score the valid rows and write the output file. Return the scored sample and the number of rows.

    The scores are first written to a temporary file, which replaces the output file after the last row.
    """
    sample, scored_count = Sample(definition), 0
    temporary = target.with_name(f".{target.name}.unfinished")
    try:
        with (
            _open_spreadsheet(path, definition, "Scoring") as (sheet, numbered_rows),
            temporary.open("w", encoding="utf-8", newline="") as file,
        ):
            writer = csv.writer(file)
            writer.writerow(sheet.header)
            for number, cells in numbered_rows:
                if number not in skipped:
                    writer.writerow(sheet.output_row(cells, sample.add(sheet.answers(cells))))
                    scored_count += 1
        temporary.replace(target)
    finally:
        temporary.unlink(missing_ok=True)
    return sample, scored_count


def _print_statistics(statistics_rows: list[ScaleStatistics]) -> None:
    table = Table("scale", "n", "mean", "SD", "alpha, listwise", "n, listwise", "alpha, pairwise")
    for row in statistics_rows:
        values = (row[name] for name in ("n", "mean", "sd", "alpha_listwise", "n_listwise", "alpha_pairwise"))
        table.add_row(row["scale"], *map(_format_number, values))
    out.print(table)


def _format_number(value: float | None) -> str:
    """Format a float with three decimals, an integer without decimals, and None as an empty string."""
    if value is None:
        return ""
    return f"{value:.3f}" if isinstance(value, float) else str(value)
