"""Authenticated encryption of stored data with AES-256-GCM.

An encrypted value consists of a version byte, a random 12-byte nonce, the ciphertext and an authentication tag. The
associated data identifies the database row, so a value that was copied to another row can't be decrypted.
"""

import json
from secrets import token_bytes
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

VERSION = b"\x01"
NONCE_LENGTH = 12
KEY_LENGTH = 32


class DecryptionError(Exception):
    """Decryption failed: the key or associated data is wrong, or the encrypted value was modified."""


def generate_key() -> bytes:
    return token_bytes(KEY_LENGTH)


def encrypt(key: bytes, plaintext: bytes, *, associated_data: str) -> bytes:
    nonce = token_bytes(NONCE_LENGTH)
    return VERSION + nonce + AESGCM(key).encrypt(nonce, plaintext, associated_data.encode())


def decrypt(key: bytes, encrypted: bytes, *, associated_data: str) -> bytes:
    """Decrypt a value. Raise DecryptionError if it was modified, or if the key or associated data is wrong."""
    if encrypted[:1] != VERSION:
        raise DecryptionError(associated_data)
    nonce, ciphertext = encrypted[1 : 1 + NONCE_LENGTH], encrypted[1 + NONCE_LENGTH :]
    try:
        return AESGCM(key).decrypt(nonce, ciphertext, associated_data.encode())
    except (InvalidTag, ValueError):
        raise DecryptionError(associated_data) from None


def encrypt_json(key: bytes, value: Any, *, associated_data: str, block_size: int = 1) -> bytes:
    """Encrypt a value as JSON. Padding to a multiple of `block_size` bytes hides the exact length."""
    plaintext = json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
    padded = plaintext.ljust(-(-len(plaintext) // block_size) * block_size)
    return encrypt(key, padded, associated_data=associated_data)


def decrypt_json(key: bytes, encrypted: bytes, *, associated_data: str) -> Any:
    """Decrypt a value that `encrypt_json` returned. Raise DecryptionError if that fails."""
    return json.loads(decrypt(key, encrypted, associated_data=associated_data))
