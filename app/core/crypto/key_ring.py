"""The key ring: a list of secrets from which all other keys are derived.

Its text form is `id:secret,id:secret`. New data uses the first secret; the others only decrypt and verify older data.
Each secret consists of at least 32 random bytes, encoded as base64url. See docs/decisions/keys.md.
"""

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterator
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from secrets import token_bytes, token_hex

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

ENTRY_PATTERN = re.compile(r"(?P<id>[A-Za-z0-9-]{1,40}):(?P<secret>[A-Za-z0-9_-]+)=*\Z", re.ASCII)
MIN_SECRET_BYTES = 32
MIN_DISTINCT_BYTES = 16  # 32 random bytes have about 30 distinct values; a secret typed by hand has few
DEVELOPMENT_PREFIX = "development-"  # id prefix of secrets that were generated for development


class InvalidKeyRing(ValueError):
    """The text is not a valid key ring. The error message contains no secrets."""


class UnknownKey(Exception):
    """The key ring contains no secret with the requested id."""

    def __init__(self, key_id: str) -> None:
        super().__init__(f"The key ring has no secret {key_id!r}. Append it again, after the other secrets.")


class KeyRing:
    def __init__(self, text: str) -> None:
        """Parse the text form of a key ring. Raise InvalidKeyRing if it is invalid."""
        self._secrets = dict(_parse_entries(text))
        self.current = next(iter(self._secrets))

    @property
    def ids(self) -> tuple[str, ...]:
        """The ids of all secrets, starting with the current one."""
        return tuple(self._secrets)

    @property
    def is_for_development(self) -> bool:
        return any(key_id.startswith(DEVELOPMENT_PREFIX) for key_id in self._secrets)

    def key(self, key_id: str, purpose: str) -> bytes:
        """Derive the 32-byte key for a purpose from one secret. Raise UnknownKey if the id is unknown."""
        secret = self._secrets.get(key_id)
        if secret is None:
            raise UnknownKey(key_id)
        return _derive_key(secret, purpose)

    def keys(self, purpose: str) -> list[bytes]:
        """Derive one key per secret for a purpose, starting with the current secret."""
        return [_derive_key(secret, purpose) for secret in self._secrets.values()]


def generate_entry(prefix: str = "") -> str:
    """Generate a key ring entry: an id that starts with `prefix`, and a random secret."""
    return f"{prefix}{token_hex(4)}:{urlsafe_b64encode(token_bytes(MIN_SECRET_BYTES)).rstrip(b'=').decode()}"


def load_or_create_ring(path: Path) -> KeyRing:
    """Read a key ring from a file. If the file is missing, create it with a new secret.

    If several processes start at the same time, only one of them creates the file.
    """
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        temporary = path.with_name(f".{path.name}.{token_hex(8)}")
        temporary.touch(mode=0o600)
        temporary.write_text(generate_entry(DEVELOPMENT_PREFIX), encoding="ascii")
        with suppress(FileExistsError):
            path.hardlink_to(temporary)
        temporary.unlink()
    return KeyRing(path.read_text(encoding="ascii").strip())


def _parse_entries(text: str) -> Iterator[tuple[str, bytes]]:
    hint = "generate one with `twentyone keys new`"
    seen: set[str | bytes] = set()
    for number, part in enumerate(text.split(","), start=1):
        entry = ENTRY_PATTERN.match(part.strip())
        if not entry:
            raise InvalidKeyRing(f"entry {number} must be id:secret, with the secret in base64url: {hint}")
        encoded = entry["secret"]
        secret = urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4)) if len(encoded) % 4 != 1 else b""
        if len(secret) < MIN_SECRET_BYTES or len(set(secret)) < MIN_DISTINCT_BYTES:
            raise InvalidKeyRing(f"entry {number} must be at least {MIN_SECRET_BYTES} random bytes: {hint}")
        if entry["id"] in seen or secret in seen:
            raise InvalidKeyRing(f"entry {number} duplicates an earlier entry: remove it")
        seen |= {entry["id"], secret}
        yield entry["id"], secret


@lru_cache(maxsize=256)
def _derive_key(secret: bytes, purpose: str) -> bytes:
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=f"twentyone {purpose}".encode()).derive(secret)
