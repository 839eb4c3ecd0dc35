"""Tokens of the reference stack, a comparison server. All expire at the same time, so they are predictable."""

from uuid import UUID

from jose import jwt

from app.accounts.schemas import TokenPair

SECRET, ALGORITHM = "reference-secret-reference-secret", "HS256"
EXPIRES = 4_102_444_800  # in 2100
ACCESS, REFRESH = "access", "refresh"


def access_token(user_id: UUID) -> str:
    return _encoded({"sub": str(user_id), "type": ACCESS})


def refresh_token(user_id: UUID, session_id: UUID, counter: int) -> str:
    return _encoded({"sub": str(user_id), "sid": str(session_id), "counter": counter, "type": REFRESH})


def token_pair(user_id: UUID, session_id: UUID, counter: int) -> TokenPair:
    return TokenPair(
        access_token=access_token(user_id),
        token_type="Bearer",  # noqa: S106 - its name in RFC 6750
        expires_in=3600,
        refresh_token=refresh_token(user_id, session_id, counter),
    )


def _encoded(claims: dict[str, str | int]) -> str:
    return jwt.encode({**claims, "exp": EXPIRES}, SECRET, algorithm=ALGORITHM)
