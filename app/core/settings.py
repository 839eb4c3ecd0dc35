"""Settings from the environment, prefix `TWENTYONE_`, or from a file `.env`."""

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

from app.core.crypto.key_ring import KeyRing, kept_ring

BACKENDS = {"postgres", "postgresql", "sqlite"}
DEVELOPMENT_SITE = "http://localhost:3000"
LEAST_KIBIBYTES = 19_456  # of a password's hash; OWASP's Password Storage Cheat Sheet, for Argon2id with two passes


def _origin(url: str) -> str:
    """Refuse what isn't scheme://host[:port], the only form that browsers send and links start with."""
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.netloc or f"{parts.scheme}://{parts.netloc}" != url:
        raise ValueError("must be an origin such as https://example.org, without a path")
    return url


def _database_url(url: SecretStr) -> SecretStr:
    """Refuse an address that SQLAlchemy can't read, without repeating it."""
    try:
        name = make_url(url.get_secret_value()).get_backend_name()
    except ArgumentError:
        name = ""
    if name not in BACKENDS:
        raise ValueError("must be postgresql://user:password@host/name or sqlite:///path")
    return url


def _keys(keys: SecretStr) -> SecretStr:
    KeyRing(keys.get_secret_value())
    return keys


def _smtp_url(url: SecretStr) -> SecretStr:
    """Refuse what isn't smtp://[user:password@]host[:port] or smtps://, without repeating it."""
    parts = urlsplit(url.get_secret_value())
    try:
        good = parts.scheme in {"smtp", "smtps"} and parts.hostname and parts.port != 0 and not parts.path.strip("/")
    except ValueError:
        good = False
    if not good:
        raise ValueError("must be smtp://user:password@host:587 (STARTTLS) or smtps://user:password@host:465")
    return url


def _network(network: str) -> str:
    ip_network(network)
    return network


def _all_cores_but_one() -> int:
    """One is for those who read, whatever the others do."""
    return min(max(1, (os.cpu_count() or 1) - 1), 8)


Origin = Annotated[str, AfterValidator(_origin)]
FrontendPath = Annotated[str, Field(pattern=r"^/[^{}#?\s]*$")]
Network = Annotated[str, AfterValidator(_network)]


class DatabaseSettings(BaseSettings):
    """What migrations need to know: apart from the rest, so that they never ask for secrets."""

    model_config = SettingsConfigDict(
        env_prefix="TWENTYONE_", env_file=".env", extra="ignore", hide_input_in_errors=True
    )

    var_dir: Path = Path("var")
    database_url: Annotated[SecretStr, AfterValidator(_database_url)] | None = None

    def make_var_dir(self) -> None:
        """For its owner's eyes only: what members entrust to us is in it."""
        self.var_dir.mkdir(parents=True, exist_ok=True, mode=0o700)

    @property
    def database(self) -> URL:
        """The database's address; a SQLite file under `var_dir` unless one is set."""
        if self.database_url is None:
            return URL.create("sqlite", database=str(self.var_dir / "twentyone.db"))
        url = make_url(self.database_url.get_secret_value())
        return url.set(drivername="postgresql+psycopg") if url.drivername in {"postgres", "postgresql"} else url


class Settings(DatabaseSettings):
    """Everything that a deployment may change. Each field is `TWENTYONE_` and its name in capitals."""

    environment: Literal["development", "production"] = "development"
    log_level: Literal["debug", "info", "warning", "error"] = "info"

    keys: Annotated[SecretStr, AfterValidator(_keys)] | None = None
    erasures_file: Path | None = None

    site_url: Origin = DEVELOPMENT_SITE
    article_path: str = Field(default="/blog/{slug}", pattern=r"^/[^{}]*\{slug\}[^{}]*$")
    verify_email_path: FrontendPath = "/verify-email"
    forgot_password_path: FrontendPath = "/forgot-password"  # noqa: S105 - a path
    reset_password_path: FrontendPath = "/reset-password"  # noqa: S105 - a path
    cors_origins: list[Origin] = [DEVELOPMENT_SITE, "http://localhost:5173", "http://localhost:8081"]
    metrics_token: SecretStr | None = Field(default=None, min_length=16)

    contact_path: FrontendPath = "/contact"
    smtp_url: Annotated[SecretStr, AfterValidator(_smtp_url)] | None = None
    mail_from: str = Field(default="21 <no-reply@localhost>", pattern=r"^[^<>\r\n]*<[^<>@\s]+@[^<>@\s]+>$")

    access_minutes: int = Field(default=10, ge=1, le=60)
    session_idle_days: int = Field(default=60, ge=1)
    session_days: int = Field(default=365, ge=1)
    refresh_again_minutes: int = Field(default=60, ge=1)
    password_min_length: int = Field(default=12, ge=8, le=64)
    password_kibibytes: int = Field(default=LEAST_KIBIBYTES, ge=8, le=1024 * 1024)
    passwords_at_once: int = Field(default_factory=_all_cores_but_one, ge=1, le=32)
    passwords_waiting: int = Field(default=100, ge=0)
    min_answer_milliseconds: int = Field(default=100, ge=0, le=2000)

    registrations_a_minute: int = Field(default=60, ge=1)
    sign_ins_a_minute: int = Field(default=60, ge=1)
    requests_a_minute: int = Field(default=6000, ge=1)
    guesses_free: int = Field(default=5, ge=1)
    guesses_max_wait: int = Field(default=900, ge=1)
    network_guesses: int = Field(default=600, ge=1)
    mails_an_hour: int = Field(default=5, ge=1)
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
    def _fit_for_production(self) -> Self:
        if self.environment != "production":
            return self
        if not self.site_url.startswith("https://"):
            raise ValueError("in production TWENTYONE_SITE_URL must be the frontend's https address")
        if self.keys is None:
            raise ValueError("in production TWENTYONE_KEYS must be set: `twentyone keys new` makes an entry")
        if self.password_kibibytes < LEAST_KIBIBYTES:
            raise ValueError(f"in production TWENTYONE_PASSWORD_KIBIBYTES must be {LEAST_KIBIBYTES} or more")
        if self.smtp_url and self.mail_from.endswith("@localhost>"):
            raise ValueError("in production TWENTYONE_MAIL_FROM must be an address that can be written to")
        if self.ring.is_for_development:
            raise ValueError("TWENTYONE_KEYS was made for development: `twentyone keys new` makes an entry")
        return self

    @cached_property
    def ring(self) -> KeyRing:
        """The ring that is set; in development, unless one is, that of the file `keys` under `var_dir`."""
        return KeyRing(self.keys.get_secret_value()) if self.keys else kept_ring(self.var_dir / "keys")

    @property
    def erasures(self) -> Path:
        """Where erasures are written down: keep it apart from backups of the database."""
        return self.erasures_file or self.var_dir / "erasures"

    def article_url(self, slug: str) -> str:
        """Where the frontend shows an article."""
        return self.site_url + self.article_path.format(slug=slug)

    def verify_email_url(self, token: str) -> str:
        """Where the frontend takes a token; it is in the fragment, which browsers send to no server."""
        return f"{self.site_url}{self.verify_email_path}#token={token}"

    def reset_password_url(self, token: str) -> str:
        """Likewise."""
        return f"{self.site_url}{self.reset_password_path}#token={token}"

    @property
    def contact_url(self) -> str:
        """Where people reach those who run the site."""
        return self.site_url + self.contact_path

    @property
    def forgot_password_url(self) -> str:
        """Where the frontend lets people ask for a new password."""
        return self.site_url + self.forgot_password_path
