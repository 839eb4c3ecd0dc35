"""Access tokens: JWTs (RFC 9068) that say who is asking, for some minutes. The only module that imports python-jose.

What python-jose 3.5 lets through is checked here, before it sees the token and after (docs/decisions/tokens.md).
Every failure is one BadToken.
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
from app.core.errors import NotSignedIn

PURPOSE = "access tokens"
ALGORITHM, TYPE = "HS256", "at+jwt"
ISSUER, AUDIENCE = "twentyone", "twentyone-api"
CLAIMS = frozenset({"iss", "aud", "sub", "sid", "iat", "nbf", "exp", "jti"})
SHAPE = re.compile(  # 3,373 characters at most
    r"[A-Za-z0-9_-]{1,256}\.[A-Za-z0-9_-]{1,3072}\.[A-Za-z0-9_-]{43}\Z", re.ASCII
)
ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\Z", re.ASCII)
AT_MOST = 10_000  # tokens that are known
BACK_END = HMACKey.__module__.rpartition(".")[2]  # what python-jose found to compute with
AHEAD = 30  # seconds that another process' clock may be ahead of ours
STRICTLY = {f"require_{claim}": True for claim in sorted(CLAIMS)} | {"leeway": AHEAD}


class BadToken(NotSignedIn):
    """Nothing, or nothing good, was sent: which of the two, and why, is nobody's business."""

    challenge = 'Bearer error="invalid_token"'


@dataclass(frozen=True, slots=True)
class SignedInMember:
    """The member and the session that an access token names. Whether that session is still active, only the database
    knows.
    """

    id: UUID
    session_id: UUID


class Verified(NamedTuple):
    """What a good token says, whatever the time is."""

    access: SignedInMember
    issued: int
    begins: int
    ends: int


class AccessTokens:
    """Tokens come again and again within their minutes: what was verified once is known by the token's hash, and only
    its times are looked at again.
    """

    def __init__(self, ring: KeyRing, *, good_for: timedelta) -> None:
        self.good_for = good_for
        self._current = ring.current
        self._keys = {key_id: HMACKey(ring.key(key_id, PURPOSE), ALGORITHM) for key_id in ring.ids}
        self._known: dict[bytes, Verified] = {}

    def issue(self, access: SignedInMember, *, now: datetime) -> str:
        issued = int(now.timestamp())
        claims = {
            "iss": ISSUER,
            "aud": AUDIENCE,
            "sub": str(access.id),
            "sid": str(access.session_id),
            "iat": issued,
            "nbf": issued,
            "exp": issued + int(self.good_for.total_seconds()),
            "jti": uuid4().hex,
        }
        headers = {"kid": self._current, "typ": TYPE}
        return jwt.encode(claims, self._keys[self._current], algorithm=ALGORITHM, headers=headers)

    def read(self, token: str, *, now: datetime) -> SignedInMember:
        """Raises BadToken."""
        if not SHAPE.match(token):
            raise BadToken
        digest = sha256(token.encode()).digest()
        verified = self._known.get(digest) or self._verified(token)
        timely = verified.issued <= now.timestamp() + AHEAD and verified.begins <= now.timestamp() + AHEAD
        if not (timely and now.timestamp() < verified.ends):
            raise BadToken
        self._known[digest] = verified
        while len(self._known) > AT_MOST:
            self._known.pop(next(iter(self._known)), None)
        return verified.access

    def _verified(self, token: str) -> Verified:
        """What a token says that one of our keys signed. Raises BadToken."""
        try:
            key = self._keys[_key_id(token)]
            claims = jwt.decode(
                token, key, algorithms=[ALGORITHM], audience=AUDIENCE, issuer=ISSUER, options=dict(STRICTLY)
            )
        except (JOSEError, ValueError, TypeError, KeyError, OverflowError, AttributeError, RecursionError):
            raise BadToken from None
        return self._checked(claims)

    def _checked(self, claims: Mapping[str, Any]) -> Verified:
        """What python-jose takes kindly, isn't taken: other types, other claims, a longer life."""
        times = claims["iat"], claims["nbf"], claims["exp"]
        named = all(type(claims[name]) is str for name in ("iss", "aud", "sub", "sid", "jti"))
        timed = all(type(moment) is int for moment in times)
        if not (claims.keys() == CLAIMS and named and timed and claims["jti"]):
            raise BadToken
        issued, begins, ends = times
        lives = ends - issued <= self.good_for.total_seconds()
        if not (lives and ID.match(claims["sub"]) and ID.match(claims["sid"])):
            raise BadToken
        return Verified(SignedInMember(UUID(claims["sub"]), UUID(claims["sid"])), issued, begins, ends)


def _key_id(token: str) -> str:
    """The key that a token names. Its header has to be ours exactly."""
    encoded = token.partition(".")[0]
    header = urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4))
    match json.loads(header):
        case {"alg": str(algorithm), "typ": str(kind), "kid": str(key_id), **more}:
            if (algorithm, kind, more) == (ALGORITHM, TYPE, {}):
                return key_id
    raise BadToken
