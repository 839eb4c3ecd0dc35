"""Write files atomically: create them in a temporary directory on the same file system, then rename them."""

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from app.backups.database_contents import BackupError


@contextmanager
def working_directory(target: Path) -> Iterator[Path]:
    """Create a private temporary directory next to `target`, and lock it against other processes.

    Files that a crashed process left there are deleted. Raise BackupError if another process uses the directory.
    """
    directory = target.with_name(f".{target.name}.part")
    directory.mkdir(mode=0o700, exist_ok=True)
    descriptor = os.open(directory, os.O_RDONLY)
    with ExitStack() as stack:
        stack.callback(os.close, descriptor)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise BackupError(f"Another process is writing {target}.") from None
        stack.callback(shutil.rmtree, directory)
        for leftover in directory.iterdir():
            leftover.unlink()
        yield directory


def move_into_place(source: Path, target: Path) -> None:
    """Move a file to its final path. Content and name are synced to disk before this returns."""
    source.chmod(0o600)
    _sync(source)
    source.replace(target)
    _sync(target.parent)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
