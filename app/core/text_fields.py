"""What texts from outside may hold. `Storable` goes onto every one of them, `OneLine` onto names and the like."""

import re
import unicodedata
from typing import Any

from pydantic import AfterValidator, BeforeValidator

UNSTORABLE = re.compile(r"[\x00\ud800-\udfff]")
NAME = re.compile(r"[A-Za-z0-9_.\-]{1,50}\Z")
CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")


def shown_name(text: str) -> str:
    """The name of a field or parameter as an error may repeat it: what isn't shaped like a name may be a secret."""
    return text if NAME.match(text) else "?"


def _storable(value: Any) -> Any:
    if isinstance(value, str) and UNSTORABLE.search(value):
        raise ValueError("must be text without NUL and lone surrogates")
    return value


def _one_line(value: str) -> str:
    if CONTROL.search(value) or value != value.strip() or not value:
        raise ValueError("must be one line, without spaces around it and without control characters")
    return value


Storable = BeforeValidator(_storable)
OneLine = AfterValidator(_one_line)


LONGEST_SLUG = 120
MOST_DIGITS = 9
LARGEST = 10**MOST_DIGITS - 1  # that `whole_number` takes
SLUG = r"^[a-z0-9]+(?:-[a-z0-9]+)*$"


def anchor(title: str) -> str:
    """The id of a heading: `1. Start Small` is `1-start-small`."""
    ascii_only = unicodedata.normalize("NFKD", title.replace("'", "").replace("’", "")).encode("ascii", "ignore")
    return re.sub(r"[^a-z0-9]+", "-", ascii_only.decode().lower()).strip("-")


def _digits(value: object) -> object:
    """Refuse what int() would take: `1_0`, ` 5`, `+5`."""
    if isinstance(value, str) and not (value.isascii() and value.isdigit() and len(value) <= MOST_DIGITS):
        raise ValueError("must be a whole number, written in digits")
    return value


whole_number = BeforeValidator(_digits)
