"""Check the stored site content: whether it is complete, and whether it matches the content directory."""

from datetime import datetime
from pathlib import Path

import sqlmodel
from sqlalchemy import func, select
from sqlmodel import col

from app.accounts.consents import HEALTH_DATA
from app.accounts.models import ConsentText
from app.content.plan import plan_load
from app.content.reader import read_content
from app.core.console import pluralize
from app.core.db.session import Session
from app.core.source_files.sources import InvalidContent
from app.doctor.findings import Finding, Findings
from app.support.models import SupportLine
from app.web.cache.releases import load_release, newest_release_id

LOAD_COMMAND = "`twentyone content load`"


def check_content(session: Session, *, now: datetime) -> Findings:
    release = newest_release_id(session)
    if not release:
        yield Finding.error("content", "no content is loaded", f"run {LOAD_COMMAND}")
        return
    scheduled = [instant for instant in load_release(session, release).due_times if instant > now]
    upcoming = (
        f"; {pluralize(len(scheduled), 'scheduled publication')}, next at {scheduled[0]:%Y-%m-%d %H:%M} UTC"
        if scheduled
        else ""
    )
    yield Finding.ok("content", f"release {release}{upcoming}")

    is_current_text = col(ConsentText.purpose) == HEALTH_DATA, col(ConsentText.is_current)
    if session.scalar(select(func.count()).select_from(ConsentText).where(*is_current_text)):
        yield Finding.ok("consents", f"{HEALTH_DATA} has a current text")
    else:
        detail = f"{HEALTH_DATA} has no current text, so members can't store results"
        yield Finding.error("consents", detail, f"add it to consents.yaml, then run {LOAD_COMMAND}")

    lines = session.scalar(select(func.count()).select_from(SupportLine).where(col(SupportLine.is_listed))) or 0
    if lines:
        yield Finding.ok("support", pluralize(lines, "help line"))
    else:
        yield Finding.error("support", "no help lines", f"add them to support.yaml, then run {LOAD_COMMAND}")


def check_content_directory(session: sqlmodel.Session, directory: Path) -> Findings:
    """Report how many changes would be made if the content directory were loaded into the database.

    If the directory does not exist on this machine, this is reported as OK.
    """
    if not directory.is_dir():
        yield Finding.ok("content directory", f"not compared: {directory} doesn't exist on this machine")
        return
    try:
        changes = len(plan_load(session, read_content(directory)).changes)
    except InvalidContent as error:
        detail = f"{pluralize(len(error.errors), 'error')} in {directory}"
        yield Finding.warning("content directory", detail, f"run `twentyone content check {directory}` to list them")
        return
    if changes:
        fix = f"review with `twentyone content diff {directory}`, then run {LOAD_COMMAND}"
        yield Finding.warning("content directory", f"{pluralize(changes, 'change')} in {directory} not loaded", fix)
    else:
        yield Finding.ok("content directory", f"{directory} matches the database")
