"""Field types for texts in requests.

Every text is `Storable`: it contains no NUL character or lone surrogate. Names are also `OneLine`. White space around
a `Trimmed` text is removed. List `Field` first in `Annotated`: after a validator, its limits no longer refer to
characters.
"""

import re
import unicodedata
from typing import Any

from pydantic import AfterValidator, BeforeValidator

UNSTORABLE = re.compile(r"[\x00\ud800-\udfff]")
SAFE_NAME = re.compile(r"(?![0-9]{8}\Z)[A-Za-z0-9_.\-]{1,50}\Z")  # eight digits could be a code from an email
CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")


def safe_name(text: str) -> str:
    """Return a field or parameter name if an error message may contain it, otherwise `?`.

    An unusual name could be a secret that was sent by mistake.
    """
    return text if SAFE_NAME.match(text) else "?"


def clean_name(text: str, max_length: int) -> str | None:
    """Return a name without control characters and outer white space, cut to a length, or None if nothing is left."""
    return CONTROL.sub("", text).strip()[:max_length].rstrip() or None


def _storable(value: Any) -> Any:
    if isinstance(value, str) and UNSTORABLE.search(value):
        raise ValueError("must be text without NUL and lone surrogates")
    return value


def _one_line(value: str) -> str:
    if CONTROL.search(value):
        raise ValueError("must be one line without control characters")
    return value


def _trim(value: Any) -> Any:
    return value.strip() if isinstance(value, str) else value


Storable = BeforeValidator(_storable)
OneLine = AfterValidator(_one_line)
Trimmed = BeforeValidator(_trim)


MAX_SLUG_LENGTH = 120
MAX_DIGITS = 9
MAX_WHOLE_NUMBER = 10**MAX_DIGITS - 1  # the largest value that `WholeNumber` accepts
SLUG = r"^[a-z0-9]+(?:-[a-z0-9]+)*$"


def heading_anchor(title: str) -> str:
    """Convert a heading to its anchor id: `1. Start Small` becomes `1-start-small`."""
    ascii_only = unicodedata.normalize("NFKD", title.replace("'", "").replace("’", "")).encode("ascii", "ignore")
    return re.sub(r"[^a-z0-9]+", "-", ascii_only.decode().lower()).strip("-")


def _digits(value: object) -> object:
    """Accept ASCII digits only. Python's `int` would also accept `1_0`, ` 5` and `+5`."""
    if isinstance(value, str) and not (value.isascii() and value.isdigit() and len(value) <= MAX_DIGITS):
        raise ValueError("must be a whole number, written in digits")
    return value


WholeNumber = BeforeValidator(_digits)
