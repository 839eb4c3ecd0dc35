"""Test helpers: hand-made access tokens, valid and invalid."""

import hmac
import json
from base64 import urlsafe_b64encode
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

from app.accounts.credentials.access_tokens import KEY_PURPOSE, SignedInMember
from app.core.crypto.key_ring import KeyRing
from tests.conftest import TEST_KEYS

RING = KeyRing(TEST_KEYS)
TOKEN_LIFETIME = timedelta(minutes=10)
NOW = datetime.now(UTC)
MEMBER = SignedInMember(uuid4(), uuid4())
ISSUED_AT = int(NOW.timestamp())
HEADER = {"alg": "HS256", "kid": RING.current, "typ": "at+jwt"}
CLAIMS: dict[str, Any] = {
    "iss": "twentyone",
    "aud": "twentyone-api",
    "sub": str(MEMBER.id),
    "sid": str(MEMBER.session_id),
    "iat": ISSUED_AT,
    "nbf": ISSUED_AT,
    "exp": ISSUED_AT + 600,
    "jti": "one",
}
KEY = RING.key(RING.current, KEY_PURPOSE)


def base64url(raw: bytes) -> str:
    return urlsafe_b64encode(raw).rstrip(b"=").decode()


def sign_token(header: Any, claims: Any, *, key: bytes = KEY) -> str:
    """Return a signed token. A header or claims in bytes are used without JSON encoding."""
    parts = [part if isinstance(part, bytes) else json.dumps(part).encode() for part in (header, claims)]
    signed = ".".join(base64url(part) for part in parts)
    return f"{signed}.{base64url(hmac.digest(key, signed.encode(), 'sha256'))}"
