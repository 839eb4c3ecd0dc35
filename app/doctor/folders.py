"""Folders and files: whether they are there, whose they are, and how much room is left. Nothing is written."""

import os
import shutil
from pathlib import Path

from app.core.settings import DatabaseSettings, Settings
from app.doctor.findings import Findings, good, look, wrong

OTHERS = 0o077  # what those who aren't the owner may do
LITTLE, TOO_LITTLE = 1024, 100  # MiB that are free


def is_open_to_others(path: Path) -> bool:
    return bool(path.stat().st_mode & OTHERS)


def can_be_written(path: Path) -> bool:
    """Whether a file or folder can be written to, or made where it would stand."""
    there = next(each for each in (path, *path.absolute().parents) if each.exists())
    return os.access(there, os.W_OK) and (there == path or there.is_dir())


def look_at_var_dir(settings: DatabaseSettings, *, is_needed: bool) -> Findings:
    what, path = "var folder", settings.var_dir
    if not path.is_dir():
        if not can_be_written(path) or path.exists():
            right = "TWENTYONE_VAR_DIR is a folder that the service may write to"
            yield wrong(what, f"{path} isn't there and can't be made", right) if is_needed else good(what, "not needed")
        else:
            yield look(what, f"{path} isn't there", "`twentyone migrate` makes it")
        return
    if not can_be_written(path):
        yield wrong(what, f"{path} can't be written to", "make it the service's own")
    elif is_open_to_others(path):
        yield look(what, f"others may look into {path}", f"chmod 700 {path}")
    else:
        yield good(what, f"{path} is its owner's alone")
    if settings.database_url:  # else the database's own folder is this one
        yield from look_at_room(path)


def look_at_room(folder: Path) -> Findings:
    free = shutil.disk_usage(folder).free // 1024**2
    what, found, right = "room", f"{free} MiB are free in {folder}", f"{LITTLE} MiB or more"
    state = wrong if free < TOO_LITTLE else look
    yield good(what, found) if free >= LITTLE else state(what, found, right)


def look_at_erasures(settings: Settings) -> Findings:
    what, path = "erasures", settings.erasures
    if not can_be_written(path) or path.is_dir():
        right = "TWENTYONE_ERASURES_FILE can be written to, or nobody can erase their account"
        yield wrong(what, f"{path} can't be written to", right)
    elif settings.environment == "production" and settings.erasures_file is None:
        right = "TWENTYONE_ERASURES_FILE is kept apart from the database and its backups"
        yield look(what, f"{path} lies beside the rest", right)
    else:
        yield good(what, f"{path} can be written to")
