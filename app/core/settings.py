"""Settings from the environment, prefix `TWENTYONE_`, or from a file `.env`."""

from pathlib import Path
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, SecretStr, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict
from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

BACKENDS = {"postgres", "postgresql", "sqlite"}
DEVELOPMENT_SITE = "http://localhost:3000"


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


Origin = Annotated[str, AfterValidator(_origin)]


class DatabaseSettings(BaseSettings):
    """What migrations need to know: apart from the rest, so that they never ask for secrets."""

    model_config = SettingsConfigDict(
        env_prefix="TWENTYONE_", env_file=".env", extra="ignore", hide_input_in_errors=True
    )

    var_dir: Path = Path("var")
    database_url: Annotated[SecretStr, AfterValidator(_database_url)] | None = None

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

    site_url: Origin = DEVELOPMENT_SITE
    article_path: str = Field(default="/blog/{slug}", pattern=r"^/[^{}]*\{slug\}[^{}]*$")
    cors_origins: list[Origin] = [DEVELOPMENT_SITE, "http://localhost:5173", "http://localhost:8081"]
    metrics_token: SecretStr | None = Field(default=None, min_length=16)

    max_body_bytes: int = Field(default=64 * 1024, ge=1024)
    pool_size: int = Field(default=10, ge=1, le=100)
    cache_entries: int = Field(default=4096, ge=1)
    cache_bytes: int = Field(default=64 * 1024 * 1024, ge=1024)

    @model_validator(mode="after")
    def _fit_for_production(self) -> Self:
        if self.environment == "production" and not self.site_url.startswith("https://"):
            raise ValueError("in production TWENTYONE_SITE_URL must be the frontend's https address")
        return self

    def article_url(self, slug: str) -> str:
        """Where the frontend shows an article."""
        return self.site_url + self.article_path.format(slug=slug)
