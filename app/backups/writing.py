"""A file is there whole or not at all: it is made in a folder beside its place, and renamed into it."""

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from app.backups.contents import NotDone


@contextmanager
def working_folder(place: Path) -> Iterator[Path]:
    """Beside a file's place, for its owner's eyes only, and for one process at a time. What a killed one left in it is
    removed by the next.
    """
    folder = place.with_name(f".{place.name}.part")
    folder.mkdir(mode=0o700, exist_ok=True)
    handle = os.open(folder, os.O_RDONLY)
    with ExitStack() as stack:
        stack.callback(os.close, handle)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise NotDone(f"Another process is at work on {place}.") from None
        stack.callback(shutil.rmtree, folder)
        for left in folder.iterdir():
            left.unlink()
        yield folder


def put_in_place(made: Path, place: Path) -> None:
    """On the disk, under its name, when this returns."""
    made.chmod(0o600)
    _sync(made)
    made.replace(place)
    _sync(place.parent)


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
