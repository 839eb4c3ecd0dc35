"""Codes in emails: eight digits that a member types instead of opening a link.

The database stores a keyed hash (HMAC) of each code. The hash also covers the code's purpose and row, so a code works
only for what its email names. Each code can be guessed five times at most (docs/decisions/codes.md).
"""

import hmac
import re
from datetime import timedelta
from secrets import randbelow
from typing import Annotated

from pydantic import BeforeValidator, Field

from app.core.crypto.key_ring import KeyRing
from app.core.errors import FieldError, Forbidden, NotSignedIn
from app.core.text_fields import Storable

CODE_LENGTH = 8
CODE_LIFETIME = timedelta(minutes=10)
MAX_TRIES = 5  # per code; a try counts for all codes that were requested with the same request id
MAX_LIVE_CODES = 3  # sign-in codes per address
KEY_PURPOSE = "email codes"
SEPARATORS = re.compile(r"[\s\-]+")


def _remove_separators(value: object) -> object:
    return SEPARATORS.sub("", value) if isinstance(value, str) else value


Code = Annotated[
    str,
    Field(pattern=r"^[0-9]{8}$", description="The eight digits from the email.", examples=["48291537"]),
    BeforeValidator(_remove_separators),
    Storable,
]


class WrongCode(NotSignedIn):
    code = "wrong_code"
    message = "This code is wrong or no longer valid. Check it, or ask for a new email."
    commits_writes = True  # the attempt was counted


class CodeRejected(Forbidden):
    """A signed-in member sent a wrong code. Unlike WrongCode, this does not ask the client to sign in again."""

    code = "wrong_code"
    message = "This code is wrong or no longer valid. Check it, or ask for a new email."
    commits_writes = True  # the attempt was counted

    def __init__(self) -> None:
        super().__init__(FieldError("body", "/code", self.message))


def generate_code() -> str:
    return f"{randbelow(10**CODE_LENGTH):0{CODE_LENGTH}d}"


def code_digest(ring: KeyRing, context: str, code: str) -> str:
    """Return the keyed hash of a code. `context` is the code's purpose and row."""
    return _digest(ring.key(ring.current, KEY_PURPOSE), context, code)


def is_code(ring: KeyRing, digest: str | None, context: str, code: str) -> bool:
    """Return whether a stored hash belongs to a code, under any of the server's secrets."""
    candidates = [_digest(key, context, code) for key in ring.keys(KEY_PURPOSE)]
    return any(hmac.compare_digest(candidate, digest or "") for candidate in candidates)


def _digest(key: bytes, context: str, code: str) -> str:
    return hmac.digest(key, f"{context}|{code}".encode(), "sha256").hex()
