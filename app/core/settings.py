"""Settings from environment variables with the prefix `TWENTYONE_`, or from a file `.env`."""

import os
from functools import cached_property
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, SecretStr, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict
from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

from app.core.crypto.key_ring import KeyRing, load_or_create_ring
from app.core.origins import normalize_cors_origin, normalize_origin

DATABASE_BACKENDS = {"postgres", "postgresql", "sqlite"}
DEVELOPMENT_SITE = "http://localhost:3000"
MIN_METRICS_TOKEN_LENGTH = 16
# Minimum memory for Argon2id with two passes, from the OWASP Password Storage Cheat Sheet.
MIN_PASSWORD_KIBIBYTES = 19_456


def _check_database_url(url: SecretStr) -> SecretStr:
    """Reject an invalid database URL. The message does not contain the URL, which may include a password."""
    try:
        name = make_url(url.get_secret_value()).get_backend_name()
    except ArgumentError:
        name = ""
    if name not in DATABASE_BACKENDS:
        raise ValueError("must be postgresql://user:password@host/name or sqlite:///path")
    return url


def _check_keys(keys: SecretStr) -> SecretStr:
    KeyRing(keys.get_secret_value())
    return keys


def _check_metrics_token(token: SecretStr) -> SecretStr:
    if len(token.get_secret_value()) < MIN_METRICS_TOKEN_LENGTH:
        raise ValueError(f"must have at least {MIN_METRICS_TOKEN_LENGTH} characters")
    return token


def _check_smtp_url(url: SecretStr) -> SecretStr:
    """Reject an invalid SMTP URL. The message does not contain the URL, which may include a password."""
    parts = urlsplit(url.get_secret_value())
    try:
        is_valid = (
            parts.scheme in {"smtp", "smtps"} and parts.hostname and parts.port != 0 and not parts.path.strip("/")
        )
    except ValueError:
        is_valid = False
    if not is_valid:
        raise ValueError("must be smtp://user:password@host:587 (STARTTLS) or smtps://user:password@host:465")
    return url


def _check_network(network: str) -> str:
    ip_network(network)
    return network


def _default_hashing_threads() -> int:
    """Return the number of password hashing threads: the number of CPU cores minus one, from 1 to 8."""
    return min(max(1, (os.cpu_count() or 1) - 1), 8)


Origin = Annotated[str, AfterValidator(normalize_origin)]
CorsOrigin = Annotated[str, AfterValidator(normalize_cors_origin)]
FrontendPath = Annotated[str, Field(pattern=r"^/[^{}#?\s]*$")]
# A header name (RFC 9110, section 5.1). Names with `*` are excluded, because `*` alone would allow all headers.
HeaderName = Annotated[str, Field(pattern=r"^[!#$%&'+.^_`|~0-9A-Za-z-]+$")]
Network = Annotated[str, AfterValidator(_check_network)]


class DatabaseSettings(BaseSettings):
    """The settings that database migrations need. They include no encryption keys."""

    model_config = SettingsConfigDict(
        env_prefix="TWENTYONE_", env_file=".env", extra="ignore", hide_input_in_errors=True
    )

    var_dir: Path = Path("var")
    database_url: Annotated[SecretStr, AfterValidator(_check_database_url)] | None = None

    def create_var_dir(self) -> None:
        """Create the data directory. Only its owner has access, because it contains personal data."""
        self.var_dir.mkdir(parents=True, exist_ok=True, mode=0o700)

    @property
    def database(self) -> URL:
        """The database URL. The default is a SQLite file in `var_dir`."""
        if self.database_url is None:
            return URL.create("sqlite", database=str(self.var_dir / "twentyone.db"))
        url = make_url(self.database_url.get_secret_value())
        return url.set(drivername="postgresql+psycopg") if url.drivername in {"postgres", "postgresql"} else url


class Settings(DatabaseSettings):
    """All settings. For example, the environment variable `TWENTYONE_LOG_LEVEL` sets the field `log_level`."""

    environment: Literal["development", "production"] = "development"
    log_level: Literal["debug", "info", "warning", "error"] = "info"

    keys: Annotated[SecretStr, AfterValidator(_check_keys)] | None = None
    erasures_file: Path | None = None

    site_url: Origin = DEVELOPMENT_SITE
    article_path: str = Field(default="/blog/{slug}", pattern=r"^/[^{}]*\{slug\}[^{}]*$")
    verify_email_path: FrontendPath = "/verify-email"
    forgot_password_path: FrontendPath = "/forgot-password"  # noqa: S105 - a path
    reset_password_path: FrontendPath = "/reset-password"  # noqa: S105 - a path
    cors_origins: list[CorsOrigin] = [DEVELOPMENT_SITE, "http://localhost:5173", "http://localhost:8081"]
    cors_headers: list[HeaderName] = []
    metrics_token: Annotated[SecretStr, AfterValidator(_check_metrics_token)] | None = None

    contact_path: FrontendPath = "/contact"
    smtp_url: Annotated[SecretStr, AfterValidator(_check_smtp_url)] | None = None
    mail_from: str = Field(default="21 <no-reply@localhost>", pattern=r"^[^<>\r\n]*<[^<>@\s]+@[^<>@\s]+>$")

    access_minutes: int = Field(default=10, ge=1, le=60)
    session_idle_days: int = Field(default=60, ge=1)
    session_days: int = Field(default=365, ge=1)
    refresh_again_seconds: int = Field(default=60, ge=0)
    step_up_minutes: int = Field(default=5, ge=1)
    unused_years: int = Field(default=3, ge=1)
    password_min_length: int = Field(default=12, ge=8, le=64)
    password_kibibytes: int = Field(default=MIN_PASSWORD_KIBIBYTES, ge=8, le=1024 * 1024)
    passwords_at_once: int = Field(default_factory=_default_hashing_threads, ge=1, le=32)
    passwords_waiting: int = Field(default=100, ge=0)
    min_answer_milliseconds: int = Field(default=100, ge=0, le=2000)

    registrations_a_minute: int = Field(default=60, ge=1)
    sign_ins_a_minute: int = Field(default=60, ge=1)
    requests_a_minute: int = Field(default=6000, ge=1)
    guesses_free: int = Field(default=5, ge=1)
    guesses_max_wait: int = Field(default=900, ge=1)
    account_guesses: int = Field(default=100, ge=1)
    network_guesses: int = Field(default=600, ge=1)
    mails_an_hour: int = Field(default=3, ge=1)
    mails_a_day: int = Field(default=10, ge=1)
    trusted_proxies: list[Network] = []

    head_seconds: float = Field(default=10, ge=0.1, le=60)
    body_seconds: float = Field(default=20, ge=0.1, le=300)
    database_seconds: float = Field(default=2.2, ge=0.2, le=60)
    leaving_seconds: float = Field(default=3, ge=0, le=10)
    max_body_bytes: int = Field(default=64 * 1024, ge=1024)
    max_sync_bytes: int = Field(default=256 * 1024, ge=1024)
    pool_size: int = Field(default=10, ge=1, le=100)
    cache_entries: int = Field(default=4096, ge=1)
    cache_bytes: int = Field(default=64 * 1024 * 1024, ge=1024)

    @model_validator(mode="after")
    def _require_production_settings(self) -> Self:
        if self.environment != "production":
            return self
        if not self.site_url.startswith("https://"):
            raise ValueError("in production TWENTYONE_SITE_URL must be the frontend's https address")
        if self.keys is None:
            raise ValueError("in production TWENTYONE_KEYS must be set: create an entry with `twentyone keys new`")
        if self.password_kibibytes < MIN_PASSWORD_KIBIBYTES:
            raise ValueError(f"in production TWENTYONE_PASSWORD_KIBIBYTES must be {MIN_PASSWORD_KIBIBYTES} or more")
        if self.smtp_url and self.mail_from.endswith("@localhost>"):
            raise ValueError("in production TWENTYONE_MAIL_FROM must be a real address")
        if self.ring.is_for_development:
            raise ValueError("TWENTYONE_KEYS was made for development: create an entry with `twentyone keys new`")
        return self

    @cached_property
    def ring(self) -> KeyRing:
        """The key ring from the setting `keys`, or else from the file `keys` in `var_dir`.

        The file is created on first use.
        """
        return KeyRing(self.keys.get_secret_value()) if self.keys else load_or_create_ring(self.var_dir / "keys")

    @property
    def erasures(self) -> Path:
        """The path of the erasure log, which records erased members. Store it separately from database backups."""
        return self.erasures_file or self.var_dir / "erasures"

    def article_url(self, slug: str) -> str:
        """Return the frontend's URL of an article."""
        return self.site_url + self.article_path.format(slug=slug)

    def verify_email_url(self, token: str) -> str:
        """Return the link that verifies an email address. Its token is a URL fragment, which browsers don't send."""
        return f"{self.site_url}{self.verify_email_path}#token={token}"

    def reset_password_url(self, token: str) -> str:
        """Return the link that resets a password. Its token is a URL fragment, which browsers don't send."""
        return f"{self.site_url}{self.reset_password_path}#token={token}"

    @property
    def contact_url(self) -> str:
        """The URL of the frontend's contact page."""
        return self.site_url + self.contact_path

    @property
    def forgot_password_url(self) -> str:
        """The URL of the frontend's page for requesting a password reset."""
        return self.site_url + self.forgot_password_path
