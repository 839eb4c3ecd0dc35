"""What was found, and what would be right. No finding holds a secret or says anything about one member."""

import smtplib
from collections.abc import Iterator
from enum import StrEnum
from typing import NamedTuple

from sqlalchemy.exc import DBAPIError

from app.core.crypto.key_ring import BadKeys, UnknownKey


class State(StrEnum):
    GOOD = "good"
    LOOK = "look"  # it works, and somebody should know
    WRONG = "wrong"


class Finding(NamedTuple):
    what: str
    state: State
    found: str
    right: str


Findings = Iterator[Finding]


def good(what: str, found: str) -> Finding:
    return Finding(what, State.GOOD, found, "")


def look(what: str, found: str, right: str) -> Finding:
    return Finding(what, State.LOOK, found, right)


def wrong(what: str, found: str, right: str) -> Finding:
    return Finding(what, State.WRONG, found, right)


def guarded(what: str, findings: Findings, *, right: str) -> Findings:
    """The findings; a check that fails is one, and ends nobody else's."""
    try:
        yield from findings
    except Exception as error:  # noqa: BLE001 - whatever is broken, the others are looked at
        yield wrong(what, why(error), right)


def why(error: Exception) -> str:
    """What an error says, where that is known to hold no secret, no address and nothing that was stored."""
    match error:
        case BadKeys() | UnknownKey():
            return str(error)
        case DBAPIError():
            return " ".join(str(error.orig).split())
        case smtplib.SMTPResponseException():
            return f"{type(error).__name__}: {error.smtp_code}"
        case OSError(strerror=str(said)):
            return f"{type(error).__name__}: {said}"
    return type(error).__name__
