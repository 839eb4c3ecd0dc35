"""What the services of this folder share in a running application, and where a request comes from."""

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
            passwords=Passwords(least=settings.password_min_length, kibibytes=settings.password_kibibytes),
            tokens=AccessTokens(settings.ring, good_for=timedelta(minutes=settings.access_minutes)),
        )


@dataclass(frozen=True, slots=True)
class Caller:
    """Its network, and a name of its device that people recognise."""

    network: str
    device: str | None
