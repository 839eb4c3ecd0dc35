"""Validate, normalize and hash email addresses. The hashes are keyed (HMAC)."""

import hmac
import unicodedata
from typing import Annotated

from email_validator import EmailNotValidError, validate_email
from pydantic import AfterValidator, Field

from app.core.crypto.key_ring import KeyRing
from app.core.text_fields import Storable, Trimmed

MAX_ADDRESS_LENGTH = 254  # the limit of RFC 5321, section 4.5.3.1.3, without the angle brackets
KEY_PURPOSE = "addresses"
ENCODED_WORD_PREFIX = "=?"  # in an email header, an encoded word (RFC 2047) could add recipients


def _validate_address(value: str) -> str:
    """Validate the syntax of an email address, without DNS queries. The reserved domain `.test` is allowed."""
    try:
        address = validate_email(value, check_deliverability=False, test_environment=True).normalized
    except EmailNotValidError:
        raise ValueError("must be an email address") from None
    if ENCODED_WORD_PREFIX in address:
        raise ValueError("must be an email address without encoded words")
    return address


Address = Annotated[
    str,
    Field(max_length=MAX_ADDRESS_LENGTH, examples=["ana@example.org"], json_schema_extra={"format": "email"}),
    AfterValidator(_validate_address),
    Storable,
    Trimmed,
]


def normalize_address(address: str) -> str:
    """Return the form in which email addresses are compared: `Ana@Example.org` equals `ana@example.org`.

    Names that differ in more than case stay different, such as `straße` and `strasse`, because they can belong to
    different owners. The domain is only converted to lower case for the same reason.
    """
    name, _, domain = address.rpartition("@")
    folded_name = "".join(map(_fold_case, unicodedata.normalize("NFC", name)))
    return f"{unicodedata.normalize('NFC', folded_name)}@{domain.lower()}"


def _fold_case(character: str) -> str:
    """Return the simple case folding of a character (Unicode's CaseFolding.txt, statuses C and S).

    If the full case folding has several characters, the simple one is the lower-case letter, if there is one.
    """
    return next((text for text in (character.casefold(), character.lower()) if len(text) == 1), character)


def address_hash(ring: KeyRing, key_id: str, address: str) -> str:
    return _hash(ring.key(key_id, KEY_PURPOSE), address)


def address_hashes(ring: KeyRing, address: str) -> list[str]:
    """Return the keyed hashes of an email address, one for each of the server's secrets.

    The hash under the current secret is the first.
    """
    return [_hash(key, address) for key in ring.keys(KEY_PURPOSE)]


def _hash(key: bytes, address: str) -> str:
    return hmac.digest(key, normalize_address(address).encode(), "sha256").hex()
