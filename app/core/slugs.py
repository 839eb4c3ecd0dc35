"""The names that things have in addresses."""

import re
import unicodedata

LONGEST_SLUG = 120
SLUG = r"^[a-z0-9]+(?:-[a-z0-9]+)*$"


def anchor(title: str) -> str:
    """The id of a heading: `1. Start Small` is `1-start-small`."""
    ascii_only = unicodedata.normalize("NFKD", title.replace("'", "").replace("’", "")).encode("ascii", "ignore")
    return re.sub(r"[^a-z0-9]+", "-", ascii_only.decode().lower()).strip("-")
