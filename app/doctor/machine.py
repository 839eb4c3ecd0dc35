"""What every process needs of its machine: Python, time zones, cryptography, and time for passwords."""

import platform
from datetime import datetime, timedelta
from importlib.metadata import version
from time import perf_counter
from uuid import uuid4
from zoneinfo import available_timezones

from app.accounts.credentials.access_tokens import BACK_END, AccessTokens, SignedInMember
from app.accounts.credentials.passwords import Passwords
from app.core.crypto.encryption import new_key, seal, unseal
from app.core.crypto.key_ring import KeyRing, new_entry
from app.core.settings import Settings
from app.doctor.findings import Findings, good, look, wrong

FEW = 300  # time zones: there are about 600
SLOW = 0.5  # seconds for a password


def look_at_python() -> Findings:
    yield good("Python", f"{platform.python_version()} on {platform.machine()}")


def look_at_zones() -> Findings:
    zones, found = len(available_timezones()), f"tzdata {version('tzdata')}"
    if zones < FEW:
        yield wrong("time zones", f"{zones} only", "install tzdata")
    else:
        yield good("time zones", f"{zones}, {found}")


def look_at_cryptography(*, now: datetime) -> Findings:
    """Seal and open, sign and read, once."""
    key = new_key()
    opened = unseal(key, seal(key, b"text", bound_to="doctor"), bound_to="doctor")
    tokens = AccessTokens(KeyRing(new_entry()), good_for=timedelta(minutes=1))
    access = SignedInMember(uuid4(), uuid4())
    if opened != b"text" or tokens.read(tokens.issue(access, now=now), now=now) != access:
        yield wrong("cryptography", "what is sealed or signed doesn't come back", "install what is locked")
    elif BACK_END != "cryptography_backend":
        yield wrong("cryptography", f"python-jose signs with its {BACK_END} back end", "python-jose[cryptography]")
    else:
        yield good("cryptography", f"cryptography {version('cryptography')} seals, and signs for python-jose")


def look_at_passwords(settings: Settings) -> Findings:
    passwords = Passwords(least=settings.password_min_length, kibibytes=settings.password_kibibytes)
    begun = perf_counter()
    passwords.hashed("a kettle sings in the rain")
    took = perf_counter() - begun
    found = f"{took * 1000:.0f} ms each, {settings.passwords_at_once} at once in a process"
    if took > SLOW:
        yield look("passwords", found, f"{SLOW * 1000:.0f} ms at most: a faster or a less busy machine")
    else:
        yield good("passwords", found)
