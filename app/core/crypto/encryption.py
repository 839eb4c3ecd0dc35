"""Sealed texts: AES-256-GCM under a key, bound to the row that they stand in.

A sealed text is a version byte, a random nonce of 12 bytes, and the ciphertext with its tag. What it is bound to is
authenticated and not stored: a text that is copied into another row, or to another member, doesn't open.
"""

import json
from secrets import token_bytes
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

VERSION = b"\x01"
NONCE = 12
KEY = 32


class Broken(Exception):
    """A sealed text that was changed, moved, or sealed under another key."""


def new_key() -> bytes:
    return token_bytes(KEY)


def seal(key: bytes, text: bytes, *, bound_to: str) -> bytes:
    nonce = token_bytes(NONCE)
    return VERSION + nonce + AESGCM(key).encrypt(nonce, text, bound_to.encode())


def unseal(key: bytes, sealed: bytes, *, bound_to: str) -> bytes:
    """Raises Broken."""
    if sealed[:1] != VERSION:
        raise Broken(bound_to)
    nonce, text = sealed[1 : 1 + NONCE], sealed[1 + NONCE :]
    try:
        return AESGCM(key).decrypt(nonce, text, bound_to.encode())
    except (InvalidTag, ValueError):
        raise Broken(bound_to) from None


def seal_json(key: bytes, value: Any, *, bound_to: str, steps: int = 1) -> bytes:
    """The length of the JSON is rounded up to a multiple of `steps`, so that it reveals little of the content."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
    return seal(key, text.ljust(-(-len(text) // steps) * steps), bound_to=bound_to)


def unseal_json(key: bytes, sealed: bytes, *, bound_to: str) -> Any:
    """Raises Broken."""
    return json.loads(unseal(key, sealed, bound_to=bound_to))
