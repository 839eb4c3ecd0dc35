"""The file of erasures: a line for each member who was erased, so that a restored backup can be made to forget them.

A line holds a hash of the member's id, keyed by a secret of the ring, and the moment. Keep the file apart from the
database's backups, and a secret on the ring for as long as there are backups that need it (docs/decisions/erasure.md).
"""

import hmac
import os
import re
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from uuid import UUID

import structlog

from app.core.crypto.key_ring import KeyRing
from app.core.errors import Unavailable

log = structlog.get_logger("app.erasures")

PURPOSE = "erasures"
LINE = re.compile(r"([A-Za-z0-9-]{1,40}:[0-9a-f]{64}) ")


class ErasuresUnwritable(Unavailable):
    code = "erasure_unavailable"
    says = "Nothing has been erased yet, because it can't be recorded right now. Please try again in a minute."
    retry_after = 60


class Erasures:
    def __init__(self, path: Path, ring: KeyRing) -> None:
        self._path = path
        self._ring = ring

    def mark(self, member_id: UUID, key_id: str | None = None) -> str:
        """The mark of an erased member. Raises UnknownKey."""
        key_id = key_id or self._ring.current
        return f"{key_id}:{hmac.digest(self._ring.key(key_id, PURPOSE), member_id.bytes, 'sha256').hex()}"

    def check_writable(self) -> None:
        """Raises ErasuresUnwritable: to be asked before anything is erased."""
        try:
            os.close(self._open())
        except OSError as error:
            log.exception("erasures_unwritable", error=type(error).__name__)
            raise ErasuresUnwritable from None

    def add(self, marks: Iterable[str], *, now: datetime) -> None:
        """Write marks down for good: each line in one go, and on the disk when this returns."""
        file = self._open()
        try:
            if not self._ends_well():
                os.write(file, b"\n")
            for mark in marks:
                os.write(file, f"{mark} {now.isoformat(timespec='seconds')}\n".encode())
            os.fsync(file)
        finally:
            os.close(file)

    def marks(self) -> set[str]:
        """All that were written down."""
        if not self._path.exists():
            return set()
        lines = self._path.read_text(encoding="ascii", errors="replace").splitlines()
        return {found[1] for line in lines if (found := LINE.match(line))}

    def _ends_well(self) -> bool:
        """Whether the last line is whole: a crash may have torn it."""
        with self._path.open("rb") as file:
            return file.seek(0, os.SEEK_END) == 0 or (file.seek(-1, os.SEEK_END) >= 0 and file.read(1) == b"\n")

    def _open(self) -> int:
        self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        return os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
