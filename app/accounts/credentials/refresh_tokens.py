"""Refresh tokens: which session, which turn of it, and proof by the session's own key. No token is stored.

One row a session holds the counter of the token in use. Comparing the counters tells an honest client that lost a
reply from somebody with an old copy (docs/decisions/sessions.md).
"""

import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from struct import Struct, error
from uuid import UUID

PARTS = Struct(">B16s16sI32s")  # version, member, session, counter, proof
SIGNED = PARTS.size - 32
LENGTH = 92  # characters: 69 bytes in base64url
VERSION = 1
LAST = 2**31 - 1  # turn that a database's integer holds


class Malformed(Exception):
    """Nothing that this service ever made."""


@dataclass(frozen=True, slots=True)
class RefreshToken:
    member_id: UUID
    session_id: UUID
    counter: int
    proof: bytes

    @classmethod
    def parse(cls, text: str) -> "RefreshToken":
        """Raises Malformed."""
        try:
            version, member, session, counter, proof = PARTS.unpack(urlsafe_b64decode(text))
        except (ValueError, error):
            raise Malformed from None
        if version != VERSION or len(text) != LENGTH:
            raise Malformed
        return cls(UUID(bytes=member), UUID(bytes=session), counter, proof)

    def is_proven_by(self, key: bytes) -> bool:
        return hmac.compare_digest(self.proof, _proof(key, _signed(self.member_id, self.session_id, self.counter)))


class Turn(Enum):
    NEXT = "the token in use: there is a new one now"
    AGAIN = "the one before it, of a client that lost the reply: it is told the token in use again"
    STOLEN = "an old copy: the session is over"
    FOREIGN = "a turn that never was, as after a restored backup: nothing happens"


def turn_of(presented: int, stored: int, *, refreshed_at: datetime, again_for: timedelta, now: datetime) -> Turn:
    match stored - presented:
        case 0 if stored < LAST:
            return Turn.NEXT
        case 1 if now - refreshed_at <= again_for:
            return Turn.AGAIN
        case behind if behind > 0:
            return Turn.STOLEN
    return Turn.FOREIGN


def refresh_token(key: bytes, member_id: UUID, session_id: UUID, counter: int) -> str:
    """Always the same for the same turn: all who ask at once are told the same."""
    signed = _signed(member_id, session_id, counter)
    return urlsafe_b64encode(signed + _proof(key, signed)).decode()


def _signed(member_id: UUID, session_id: UUID, counter: int) -> bytes:
    return PARTS.pack(VERSION, member_id.bytes, session_id.bytes, counter, bytes(32))[:SIGNED]


def _proof(key: bytes, signed: bytes) -> bytes:
    return hmac.digest(key, signed, "sha256")
