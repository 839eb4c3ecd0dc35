"""The ring of secrets from which every key is derived (docs/decisions/keys.md).

Written as `id:secret,id:secret`. The first is in use; the others still open what was made with them. A secret is
32 random bytes or more in base64url.
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

ENTRY = re.compile(r"(?P<id>[A-Za-z0-9-]{1,40}):(?P<secret>[A-Za-z0-9_-]+)=*\Z", re.ASCII)
LEAST_BYTES = 32
LEAST_VARIETY = 16  # different bytes among them: random ones have about 30, typed ones few
DEVELOPMENT = "development-"  # what ids of secrets that were made for development start with


class BadKeys(ValueError):
    """Says what is wrong with a ring, and never what is in it."""


class UnknownKey(Exception):
    """Something was made with a secret that isn't on the ring."""

    def __init__(self, key_id: str) -> None:
        super().__init__(f"The secret {key_id!r} isn't on the ring: put it back, after the others.")


class KeyRing:
    def __init__(self, text: str) -> None:
        """Raises BadKeys."""
        self._secrets = dict(_entries(text))
        self.current = next(iter(self._secrets))

    @property
    def ids(self) -> tuple[str, ...]:
        """The one in use first."""
        return tuple(self._secrets)

    @property
    def is_for_development(self) -> bool:
        return any(key_id.startswith(DEVELOPMENT) for key_id in self._secrets)

    def key(self, key_id: str, purpose: str) -> bytes:
        """32 bytes for one purpose only. Raises UnknownKey."""
        secret = self._secrets.get(key_id)
        if secret is None:
            raise UnknownKey(key_id)
        return _derived(secret, purpose)

    def keys(self, purpose: str) -> list[bytes]:
        """The keys of all secrets for one purpose, that of the secret in use first."""
        return [_derived(secret, purpose) for secret in self._secrets.values()]


def new_entry(prefix: str = "") -> str:
    """A fresh secret with an id."""
    return f"{prefix}{token_hex(4)}:{urlsafe_b64encode(token_bytes(LEAST_BYTES)).rstrip(b'=').decode()}"


def kept_ring(path: Path) -> KeyRing:
    """The ring in a file, which is made if it isn't there. Of several processes that start at once, one makes it."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        made = path.with_name(f".{path.name}.{token_hex(8)}")
        made.touch(mode=0o600)
        made.write_text(new_entry(DEVELOPMENT), encoding="ascii")
        with suppress(FileExistsError):
            path.hardlink_to(made)
        made.unlink()
    return KeyRing(path.read_text(encoding="ascii").strip())


def _entries(text: str) -> Iterator[tuple[str, bytes]]:
    seen: set[str | bytes] = set()
    for n, part in enumerate(text.split(","), start=1):
        entry = ENTRY.match(part.strip())
        if not entry:
            raise BadKeys(f"entry {n} must be id:secret, the secret in base64url: `twentyone keys new` makes one")
        encoded = entry["secret"]
        secret = urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4)) if len(encoded) % 4 != 1 else b""
        if len(secret) < LEAST_BYTES or len(set(secret)) < LEAST_VARIETY:
            raise BadKeys(f"entry {n} must be at least {LEAST_BYTES} random bytes: `twentyone keys new` makes one")
        if entry["id"] in seen or secret in seen:
            raise BadKeys(f"entry {n} repeats an earlier one")
        seen |= {entry["id"], secret}
        yield entry["id"], secret


@lru_cache(maxsize=256)
def _derived(secret: bytes, purpose: str) -> bytes:
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=f"twentyone {purpose}".encode()).derive(secret)
