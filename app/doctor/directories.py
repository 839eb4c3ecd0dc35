"""Check directories and files: existence, permissions and free space. Nothing is changed."""

import os
import shutil
from pathlib import Path

from app.core.settings import DatabaseSettings, Settings
from app.doctor.findings import Finding, Findings

GROUP_AND_OTHERS = 0o077  # permission bits of all users except the owner
LOW_SPACE_MIB, MIN_SPACE_MIB = 1024, 100


def is_accessible_by_others(path: Path) -> bool:
    return bool(path.stat().st_mode & GROUP_AND_OTHERS)


def is_writable(path: Path) -> bool:
    """Return whether a path can be written to, or created if it does not exist."""
    existing = next(candidate for candidate in (path, *path.absolute().parents) if candidate.exists())
    return os.access(existing, os.W_OK) and (existing == path or existing.is_dir())


def check_var_dir(settings: DatabaseSettings, *, is_needed: bool) -> Findings:
    check, path = "var directory", settings.var_dir
    if not path.is_dir():
        if is_writable(path) and not path.exists():
            yield Finding.warning(check, f"{path} doesn't exist", "`twentyone migrate` creates it")
        elif is_needed:
            fix = "set TWENTYONE_VAR_DIR to a directory that the service may write to"
            yield Finding.error(check, f"{path} isn't a directory and can't be created", fix)
        else:
            yield Finding.ok(check, "not needed")
        return
    if not is_writable(path):
        yield Finding.error(check, f"{path} isn't writable", "make the service its owner")
    elif is_accessible_by_others(path):
        yield Finding.warning(check, f"{path} is accessible to other users", f"chmod 700 {path}")
    else:
        yield Finding.ok(check, f"{path} is accessible to its owner only")
    if settings.database_url:  # otherwise, the database check reports the disk space of this directory
        yield from check_disk_space(path)


def check_disk_space(directory: Path) -> Findings:
    free_mib = shutil.disk_usage(directory).free // 1024**2
    detail, fix = f"{free_mib} MiB free in {directory}", f"free at least {LOW_SPACE_MIB} MiB"
    if free_mib >= LOW_SPACE_MIB:
        yield Finding.ok("disk space", detail)
    elif free_mib >= MIN_SPACE_MIB:
        yield Finding.warning("disk space", detail, fix)
    else:
        yield Finding.error("disk space", detail, fix)


def check_erasure_log(settings: Settings) -> Findings:
    path = settings.erasures
    if not is_writable(path) or path.is_dir():
        fix = "make TWENTYONE_ERASURES_FILE writable; until then, members can't erase their accounts"
        yield Finding.error("erasures", f"{path} isn't writable", fix)
    elif settings.environment == "production" and settings.erasures_file is None:
        fix = "set TWENTYONE_ERASURES_FILE to a file outside the directory of the database and its backups"
        yield Finding.warning("erasures", f"{path} is in the same directory as other data", fix)
    else:
        yield Finding.ok("erasures", f"{path} is writable")
