"""Objects shared by the account code (settings, keys, tokens), and the origin of a request."""

from dataclasses import dataclass
from datetime import timedelta

from app.accounts.credentials.access_tokens import AccessTokens
from app.accounts.credentials.passwords import Passwords
from app.core.crypto.key_ring import KeyRing
from app.core.settings import Settings


@dataclass(frozen=True, slots=True)
class AccountServices:
    settings: Settings
    ring: KeyRing
    passwords: Passwords
    tokens: AccessTokens

    @classmethod
    def of(cls, settings: Settings) -> "AccountServices":
        return cls(
            settings=settings,
            ring=settings.ring,
            passwords=Passwords(min_length=settings.password_min_length, memory_kibibytes=settings.password_kibibytes),
            tokens=AccessTokens(settings.ring, lifetime=timedelta(minutes=settings.access_minutes)),
        )


@dataclass(frozen=True, slots=True)
class Caller:
    """The origin of a request: the client's network, and a readable device name if known."""

    network: str
    device: str | None
