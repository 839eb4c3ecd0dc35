"""Check the machine: Python, time zones, cryptography and the speed of password hashing."""

import platform
from datetime import datetime, timedelta
from importlib.metadata import version
from time import perf_counter
from uuid import uuid4
from zoneinfo import available_timezones

from app.accounts.credentials.access_tokens import JOSE_BACKEND, AccessTokens, SignedInMember
from app.accounts.credentials.passwords import Passwords
from app.core.crypto.encryption import decrypt, encrypt, generate_key
from app.core.crypto.key_ring import KeyRing, generate_entry
from app.core.settings import Settings
from app.doctor.findings import Finding, Findings

MIN_TIME_ZONES = 300  # a complete tzdata package has about 600
MAX_HASHING_SECONDS = 0.5
INSTALL_COMMAND = "install the locked requirements with `make install`"


def check_python() -> Findings:
    yield Finding.ok("Python", f"{platform.python_version()} on {platform.machine()}")


def check_time_zones() -> Findings:
    count = len(available_timezones())
    if count < MIN_TIME_ZONES:
        yield Finding.error("time zones", f"only {count} available", "install tzdata")
    else:
        yield Finding.ok("time zones", f"{count}, tzdata {version('tzdata')}")


def check_cryptography(*, now: datetime) -> Findings:
    """Check that encryption and access tokens work, by encrypting a text and signing a token."""
    key = generate_key()
    opened = decrypt(key, encrypt(key, b"text", associated_data="doctor"), associated_data="doctor")
    tokens = AccessTokens(KeyRing(generate_entry()), lifetime=timedelta(minutes=1))
    access = SignedInMember(uuid4(), uuid4())
    if opened != b"text" or tokens.verify(tokens.issue(access, now=now), now=now) != access:
        yield Finding.error("cryptography", "decryption or verification returned another value", INSTALL_COMMAND)
    elif JOSE_BACKEND != "cryptography_backend":
        detail = f"python-jose uses its backend {JOSE_BACKEND}"
        yield Finding.error("cryptography", detail, "install python-jose[cryptography]")
    else:
        yield Finding.ok("cryptography", f"cryptography {version('cryptography')}, also used by python-jose")


def check_password_hashing(settings: Settings) -> Findings:
    passwords = Passwords(min_length=settings.password_min_length, memory_kibibytes=settings.password_kibibytes)
    started = perf_counter()
    passwords.hash_password("a kettle sings in the rain")
    seconds = perf_counter() - started
    detail = f"{seconds * 1000:.0f} ms per hash, at most {settings.passwords_at_once} at once per process"
    if seconds > MAX_HASHING_SECONDS:
        fix = f"use a faster or less busy machine, to stay below {MAX_HASHING_SECONDS * 1000:.0f} ms"
        yield Finding.warning("passwords", detail, fix)
    else:
        yield Finding.ok("passwords", detail)
