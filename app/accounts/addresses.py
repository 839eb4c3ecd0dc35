"""Email addresses: what counts as one, which are the same, and by which hash one is found."""

import hmac
import unicodedata
from typing import Annotated

from email_validator import EmailNotValidError, validate_email
from pydantic import AfterValidator, Field

from app.core.crypto.key_ring import KeyRing
from app.core.text_fields import Storable

LONGEST = 254  # RFC 5321, 4.5.3.1.3, without the angle brackets
PURPOSE = "addresses"
ENCODED = "=?"  # begins an encoded word (RFC 2047), which a mail's header would take for other addresses


def _address(value: str) -> str:
    """Refuses what no mail server would take; asks no network. `.test` is nobody's, so it is taken, for tests."""
    try:
        address = validate_email(value, check_deliverability=False, test_environment=True).normalized
    except EmailNotValidError:
        raise ValueError("must be an email address") from None
    if ENCODED in address:
        raise ValueError("must be an email address, as it is written and not encoded")
    return address


Address = Annotated[
    str,
    Storable,
    Field(max_length=LONGEST, examples=["ana@example.org"], json_schema_extra={"format": "email"}),
    AfterValidator(_address),
]


def sameness(address: str) -> str:
    """Equal for addresses that people take for the same: `Ana@Example.org` and `ana@example.org`. Domains are only
    written in lower case: another spelling may be somebody else's.
    """
    name, _, domain = address.rpartition("@")
    return f"{unicodedata.normalize('NFKC', name).casefold()}@{domain.lower()}"


def address_hash(ring: KeyRing, key_id: str, address: str) -> str:
    return _hash(ring.key(key_id, PURPOSE), address)


def address_hashes(ring: KeyRing, address: str) -> list[str]:
    """What an address may be stored under, the hash of the secret in use first."""
    return [_hash(key, address) for key in ring.keys(PURPOSE)]


def _hash(key: bytes, address: str) -> str:
    return hmac.digest(key, sameness(address).encode(), "sha256").hex()
