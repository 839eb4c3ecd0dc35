"""Types of the texts of emails."""

from collections.abc import Mapping
from typing import NamedTuple


class EmailText(NamedTuple):
    """Subject and body of an email. The body may contain the placeholders `{link}`, `{code}` and `{erased_on}`."""

    subject: str
    body: str


class EmailTexts(NamedTuple):
    """The texts of all emails in one language, by kind. Every email starts with the greeting."""

    greeting: str
    signature: str
    texts: Mapping[str, EmailText]
