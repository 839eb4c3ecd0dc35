"""Access tokens made by hand, good ones and others."""

import hashlib
import hmac
import json
from base64 import urlsafe_b64encode
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

from app.accounts.credentials.access_tokens import PURPOSE, SignedInMember
from app.core.crypto.key_ring import KeyRing
from tests.conftest import KEYS

RING = KeyRing(KEYS)
GOOD_FOR = timedelta(minutes=10)
NOW = datetime.now(UTC)
ACCESS = SignedInMember(uuid4(), uuid4())
SECOND = int(NOW.timestamp())
HEADER = {"alg": "HS256", "kid": RING.current, "typ": "at+jwt"}
CLAIMS: dict[str, Any] = {
    "iss": "twentyone",
    "aud": "twentyone-api",
    "sub": str(ACCESS.id),
    "sid": str(ACCESS.session_id),
    "iat": SECOND,
    "nbf": SECOND,
    "exp": SECOND + 600,
    "jti": "one",
}
KEY = RING.key(RING.current, PURPOSE)


def encoded(raw: bytes) -> str:
    return urlsafe_b64encode(raw).rstrip(b"=").decode()


def made(header: Any, claims: Any, *, key: bytes = KEY, digest: str = "sha256") -> str:
    """A token signed by hand; bytes stand as they are."""
    parts = [part if isinstance(part, bytes) else json.dumps(part).encode() for part in (header, claims)]
    signed = ".".join(encoded(part) for part in parts)
    return f"{signed}.{encoded(hmac.digest(key, signed.encode(), getattr(hashlib, digest)))}"
