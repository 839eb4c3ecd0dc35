"""Content: whether there is some, what it mustn't be without, and whether it is what the folder says."""

from datetime import datetime
from pathlib import Path

import sqlmodel
from sqlalchemy import func, select
from sqlmodel import col

from app.accounts.consents import HEALTH
from app.accounts.models import ConsentText
from app.content.plan import plan_load
from app.content.reader import read_content
from app.core.console import counted
from app.core.db.session import Session
from app.core.source_files.sources import ContentFaults
from app.doctor.findings import Findings, good, look, wrong
from app.support.models import SupportLine
from app.web.cache.releases import latest_id, read

LOAD = "`twentyone content load`"


def look_at_content(session: Session, *, now: datetime) -> Findings:
    release = latest_id(session)
    if not release:
        yield wrong("content", "none", LOAD)
        return
    ahead = [instant for instant in read(session, release).falls_due if instant > now]
    coming = f"; the next of {counted(len(ahead), 'date')} is {ahead[0]:%Y-%m-%d %H:%M} UTC" if ahead else ""
    yield good("content", f"release {release}{coming}")

    asked = col(ConsentText.purpose) == HEALTH, col(ConsentText.is_current)
    if session.scalar(select(func.count()).select_from(ConsentText).where(*asked)):
        yield good("consents", f"{HEALTH} has its text")
    else:
        yield wrong("consents", f"{HEALTH} has no text: nobody can keep results", f"consents.yaml has it, then {LOAD}")

    lines = session.scalar(select(func.count()).select_from(SupportLine).where(col(SupportLine.is_listed))) or 0
    if lines:
        yield good("support", counted(lines, "help line"))
    else:
        yield wrong("support", "no help lines", f"support.yaml has them, then {LOAD}")


def look_at_folder(session: sqlmodel.Session, folder: Path) -> Findings:
    """What a load would change, where the folder is at hand."""
    if not folder.is_dir():
        yield good("content folder", f"{folder} isn't here to compare with")
        return
    try:
        changes = len(plan_load(session, read_content(folder)).changes)
    except ContentFaults as error:
        yield look("content folder", counted(len(error.faults), "fault"), f"`twentyone content diff {folder}` tells")
        return
    if changes:
        right = f"`twentyone content diff {folder}` shows them, load makes them"
        yield look("content folder", f"{folder} differs by {counted(changes, 'change')}", right)
    else:
        yield good("content folder", f"{folder} is what is loaded")
