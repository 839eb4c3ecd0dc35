"""Access tokens: short-lived JWTs (RFC 9068) that identify a member and a session.

Only this module uses python-jose. It adds the checks that python-jose 3.5 lacks, before and after decoding
(docs/decisions/tokens.md). A token that fails any check is rejected with BadToken.
"""

import json
import re
from base64 import urlsafe_b64decode
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any, NamedTuple
from uuid import UUID, uuid4

from jose import jwt
from jose.backends import HMACKey
from jose.exceptions import JOSEError

from app.core.crypto.key_ring import KeyRing
from app.core.errors import INVALID_TOKEN_CHALLENGE, NotSignedIn

KEY_PURPOSE = "access tokens"
ALGORITHM, TOKEN_TYPE = "HS256", "at+jwt"
ISSUER, AUDIENCE = "twentyone", "twentyone-api"
CLAIMS = frozenset({"iss", "aud", "sub", "sid", "iat", "nbf", "exp", "jti"})
TOKEN_PATTERN = re.compile(  # matches at most 3,373 characters
    r"[A-Za-z0-9_-]{1,256}\.[A-Za-z0-9_-]{1,3072}\.[A-Za-z0-9_-]{43}\Z", re.ASCII
)
UUID_PATTERN = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\Z", re.ASCII)
MAX_CACHED_TOKENS = 10_000
JOSE_BACKEND = HMACKey.__module__.rpartition(".")[2]  # the cryptographic backend that python-jose uses
CLOCK_SKEW_SECONDS = 30  # tolerance for a server process whose clock is ahead
DECODE_OPTIONS = {f"require_{claim}": True for claim in sorted(CLAIMS)} | {"leeway": CLOCK_SKEW_SECONDS}


class BadToken(NotSignedIn):
    """The access token is invalid. The body of the response is the same as without a token."""

    challenge = INVALID_TOKEN_CHALLENGE


@dataclass(frozen=True, slots=True)
class SignedInMember:
    """The member and the session named by an access token. The session may have ended after the token was issued."""

    id: UUID
    session_id: UUID


class VerifiedToken(NamedTuple):
    """The contents of a token whose signature is valid. Times are Unix timestamps in seconds."""

    signed_in_member: SignedInMember
    issued_at: int
    not_before: int
    expires_at: int


class AccessTokens:
    """Issue and verify access tokens.

    Clients send the same token many times, so the contents of valid tokens are cached. The validity period is checked
    on every use.
    """

    def __init__(self, ring: KeyRing, *, lifetime: timedelta) -> None:
        self.lifetime = lifetime
        self._current_key_id = ring.current
        self._keys = {key_id: HMACKey(ring.key(key_id, KEY_PURPOSE), ALGORITHM) for key_id in ring.ids}
        self._verified_tokens: dict[bytes, VerifiedToken] = {}

    def issue(self, signed_in_member: SignedInMember, *, now: datetime) -> str:
        issued_at = int(now.timestamp())
        claims = {
            "iss": ISSUER,
            "aud": AUDIENCE,
            "sub": str(signed_in_member.id),
            "sid": str(signed_in_member.session_id),
            "iat": issued_at,
            "nbf": issued_at,
            "exp": issued_at + int(self.lifetime.total_seconds()),
            "jti": uuid4().hex,
        }
        headers = {"kid": self._current_key_id, "typ": TOKEN_TYPE}
        return jwt.encode(claims, self._keys[self._current_key_id], algorithm=ALGORITHM, headers=headers)

    def verify(self, token: str, *, now: datetime) -> SignedInMember:
        """Return the member and the session of a token. Raise BadToken if the token is invalid."""
        if not TOKEN_PATTERN.match(token):
            raise BadToken
        digest = sha256(token.encode()).digest()
        verified_token = self._verified_tokens.get(digest) or self._decode(token)
        has_begun = (
            verified_token.issued_at <= now.timestamp() + CLOCK_SKEW_SECONDS
            and verified_token.not_before <= now.timestamp() + CLOCK_SKEW_SECONDS
        )
        if not (has_begun and now.timestamp() < verified_token.expires_at):
            raise BadToken
        self._verified_tokens[digest] = verified_token
        while len(self._verified_tokens) > MAX_CACHED_TOKENS:
            self._verified_tokens.pop(next(iter(self._verified_tokens)), None)
        return verified_token.signed_in_member

    def _decode(self, token: str) -> VerifiedToken:
        """Verify a token's signature and return the token's contents. Raise BadToken if it is invalid."""
        try:
            key = self._keys[_key_id(token)]
            claims = jwt.decode(
                token, key, algorithms=[ALGORITHM], audience=AUDIENCE, issuer=ISSUER, options=dict(DECODE_OPTIONS)
            )
        except (JOSEError, ValueError, TypeError, KeyError, OverflowError, AttributeError, RecursionError):
            raise BadToken from None
        return self._parse_claims(claims)

    def _parse_claims(self, claims: Mapping[str, Any]) -> VerifiedToken:
        """Reject claims that python-jose accepts: wrong types, additional claims, and lifetimes that are too long."""
        times = claims["iat"], claims["nbf"], claims["exp"]
        are_texts = all(type(claims[name]) is str for name in ("iss", "aud", "sub", "sid", "jti"))
        are_integers = all(type(value) is int for value in times)
        if not (claims.keys() == CLAIMS and are_texts and are_integers and claims["jti"]):
            raise BadToken
        issued_at, not_before, expires_at = times
        is_lifetime_allowed = expires_at - issued_at <= self.lifetime.total_seconds()
        if not (is_lifetime_allowed and UUID_PATTERN.match(claims["sub"]) and UUID_PATTERN.match(claims["sid"])):
            raise BadToken
        return VerifiedToken(
            SignedInMember(UUID(claims["sub"]), UUID(claims["sid"])), issued_at, not_before, expires_at
        )


def _key_id(token: str) -> str:
    """Return the key id in a token's header. Raise BadToken if the header is not exactly as expected."""
    encoded = token.partition(".")[0]
    header = urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4))
    match json.loads(header):
        case {"alg": str(algorithm), "typ": str(token_type), "kid": str(key_id), **other_fields}:
            if (algorithm, token_type, other_fields) == (ALGORITHM, TOKEN_TYPE, {}):
                return key_id
    raise BadToken
