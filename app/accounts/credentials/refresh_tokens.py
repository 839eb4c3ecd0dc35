"""Format and rotation of refresh tokens, which a client exchanges for new access tokens.

A token contains the session, a counter, and a MAC with the session's own key. Tokens are not stored; the session's row
only stores the counter of the current token. Comparing the counters shows whether a client repeats a lost request or
uses an old, possibly stolen token (docs/decisions/sessions.md).
"""

import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from struct import Struct, error
from uuid import UUID

TOKEN_STRUCT = Struct(">B16s16sI32s")  # version, member id, session id, counter, MAC
SIGNED_LENGTH = TOKEN_STRUCT.size - 32
TOKEN_LENGTH = 92  # characters: 69 bytes in base64url
TOKEN_VERSION = 1
MAX_COUNTER = 2**31 - 1  # the maximum of a 32-bit integer column


class MalformedToken(Exception):
    """The text does not have the format of a refresh token."""


@dataclass(frozen=True, slots=True)
class RefreshToken:
    member_id: UUID
    session_id: UUID
    counter: int
    mac: bytes

    @classmethod
    def parse(cls, text: str) -> "RefreshToken":
        """Parse a token without verifying its MAC. Raise MalformedToken if the format is wrong."""
        try:
            version, member, session, counter, mac = TOKEN_STRUCT.unpack(urlsafe_b64decode(text))
        except (ValueError, error):
            raise MalformedToken from None
        if version != TOKEN_VERSION or len(text) != TOKEN_LENGTH:
            raise MalformedToken
        return cls(UUID(bytes=member), UUID(bytes=session), counter, mac)

    def has_valid_mac(self, key: bytes) -> bool:
        return hmac.compare_digest(self.mac, _mac(key, _signed_part(self.member_id, self.session_id, self.counter)))


class TokenState(Enum):
    CURRENT = "current"  # the client receives the next token
    REPEATED = "repeated"  # the previous token, sent again at once: the client receives the current token again
    LOST = (
        "lost"  # the previous token, sent again later: the client receives a new token, which replaces the current one
    )
    REUSED = "reused"  # an older or replaced token, possibly stolen: the session ends
    UNKNOWN = "unknown"  # the counter is ahead of the stored one, for example after a restore: only this request fails


def token_state(
    presented: int, stored: int, successors: int, *, refreshed_at: datetime, grace_period: timedelta, now: datetime
) -> TokenState:
    """Classify a refresh token by comparing its counter with the session's stored counter.

    `successors` is the number of tokens that were issued in exchange for the previous token. All but the last of them,
    the current token, were replaced.
    """
    if presented > stored or stored >= MAX_COUNTER:
        return TokenState.UNKNOWN
    if presented == stored:
        return TokenState.CURRENT
    if presented != stored - successors:
        return TokenState.REUSED
    return TokenState.REPEATED if now - refreshed_at <= grace_period else TokenState.LOST


def encode_refresh_token(key: bytes, member_id: UUID, session_id: UUID, counter: int) -> str:
    """Return the refresh token for a counter. The same counter gives the same token, even in concurrent requests."""
    signed_part = _signed_part(member_id, session_id, counter)
    return urlsafe_b64encode(signed_part + _mac(key, signed_part)).decode()


def _signed_part(member_id: UUID, session_id: UUID, counter: int) -> bytes:
    return TOKEN_STRUCT.pack(TOKEN_VERSION, member_id.bytes, session_id.bytes, counter, bytes(32))[:SIGNED_LENGTH]


def _mac(key: bytes, signed_part: bytes) -> bytes:
    return hmac.digest(key, signed_part, "sha256")
