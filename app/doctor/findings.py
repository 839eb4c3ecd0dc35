"""Results of deployment checks. They never contain secrets or personal data."""

import smtplib
from collections.abc import Iterator
from enum import StrEnum
from typing import NamedTuple

from sqlalchemy.exc import DBAPIError

from app.core.crypto.key_ring import InvalidKeyRing, UnknownKey


class State(StrEnum):
    OK = "ok"
    WARNING = "warning"  # the service runs, but an operator should look into it
    ERROR = "error"


class Finding(NamedTuple):
    """The result of one check. `fix` suggests what to do; it is empty if the check passed."""

    check: str
    state: State
    detail: str
    fix: str

    @classmethod
    def ok(cls, check: str, detail: str) -> "Finding":
        return cls(check, State.OK, detail, "")

    @classmethod
    def warning(cls, check: str, detail: str, fix: str) -> "Finding":
        return cls(check, State.WARNING, detail, fix)

    @classmethod
    def error(cls, check: str, detail: str, fix: str) -> "Finding":
        return cls(check, State.ERROR, detail, fix)


Findings = Iterator[Finding]


def run_check(check: str, findings: Findings, *, fix: str) -> Findings:
    """Yield the findings of a check. If the check raises an exception, yield the exception as an error finding."""
    try:
        yield from findings
    except Exception as error:  # noqa: BLE001 - the remaining checks run even if this one fails
        yield Finding.error(check, safe_message(error), fix)


def safe_message(error: Exception) -> str:
    """Return an error's message if it cannot contain secrets or stored data, otherwise only the error's class name."""
    match error:
        case InvalidKeyRing() | UnknownKey():
            return str(error)
        case DBAPIError():
            return " ".join(str(error.orig).split())
        case smtplib.SMTPResponseException():
            return f"{type(error).__name__}: {error.smtp_code}"
        case OSError(strerror=str(reason)):
            return f"{type(error).__name__}: {reason}"
    return type(error).__name__
