"""The erasure log: a file that records erased members, so that erasures can be repeated after a restore.

Each line contains the time and a mark: the HMAC of the member's id, made with a secret of the key ring. Store the file
separately from backups. Do not remove a secret from the key ring while a backup may still need it
(docs/decisions/erasure.md).
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

KEY_PURPOSE = "erasures"
LINE_PATTERN = re.compile(r"([A-Za-z0-9-]{1,40}:[0-9a-f]{64}) ")


class ErasureLogUnwritable(Unavailable):
    code = "erasure_unavailable"
    message = "Your account has not been erased: the erasure can't be recorded now. Please try again in a minute."
    retry_after = 60


class ErasureLog:
    def __init__(self, path: Path, ring: KeyRing) -> None:
        self._path = path
        self._ring = ring

    def compute_mark(self, member_id: UUID, key_id: str | None = None) -> str:
        """Return the mark that identifies a member in the erasure log.

        Raise UnknownKey if the secret `key_id` is not in the key ring.
        """
        key_id = key_id or self._ring.current
        return f"{key_id}:{hmac.digest(self._ring.key(key_id, KEY_PURPOSE), member_id.bytes, 'sha256').hex()}"

    def check_writable(self) -> None:
        """Raise ErasureLogUnwritable if the file cannot be written. Call this before erasing data."""
        try:
            os.close(self._open())
        except OSError as error:
            log.exception("erasure_log_unwritable", error=type(error).__name__)
            raise ErasureLogUnwritable from None

    def append(self, marks: Iterable[str], *, now: datetime) -> None:
        """Append the marks of erased members to the file. They are synced to disk before this returns."""
        descriptor = self._open()
        try:
            if not self._ends_with_newline():
                os.write(descriptor, b"\n")
            for mark in marks:
                os.write(descriptor, f"{mark} {now.isoformat(timespec='seconds')}\n".encode())
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

    def read_marks(self) -> set[str]:
        """Return the marks of all erased members. Incomplete lines are ignored."""
        if not self._path.exists():
            return set()
        lines = self._path.read_text(encoding="ascii", errors="replace").splitlines()
        return {match[1] for line in lines if (match := LINE_PATTERN.match(line))}

    def _ends_with_newline(self) -> bool:
        """Return whether the file ends with a complete line. A crash may have cut off the last one."""
        with self._path.open("rb") as file:
            return file.seek(0, os.SEEK_END) == 0 or (file.seek(-1, os.SEEK_END) >= 0 and file.read(1) == b"\n")

    def _open(self) -> int:
        self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        return os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
