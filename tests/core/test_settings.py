"""Tests for settings: invalid values are rejected, and production also rejects insecure values."""

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from app.core.settings import DatabaseSettings, Settings

ROOT = Path(__file__).parents[2]
PRODUCTION: dict[str, Any] = {
    "environment": "production",
    "site_url": "https://www.example.org",
    "keys": "one:q0Jk5m2vYxT8eRZ1uWcA7nHd4sLpGfXb9iOyKtQzE3M",
}


def test_default_database_is_a_file_in_var_dir(tmp_path: Path) -> None:
    url = DatabaseSettings(_env_file=None, var_dir=tmp_path).database

    assert (url.drivername, url.database) == ("sqlite", str(tmp_path / "twentyone.db"))


def test_postgresql_url_uses_psycopg() -> None:
    for scheme in ("postgres", "postgresql", "postgresql+psycopg"):
        url = DatabaseSettings(_env_file=None, database_url=f"{scheme}://someone:word@localhost/db").database

        assert (url.drivername, url.password) == ("postgresql+psycopg", "word")


def test_repr_and_dump_contain_no_secrets() -> None:
    settings = Settings(_env_file=None, database_url="postgresql://u:canary@h/d", metrics_token="canary-canary-canary")

    assert "canary" not in repr(settings) + settings.model_dump_json()


@pytest.mark.parametrize(
    "options",
    [
        {**PRODUCTION, "site_url": "http://www.example.org"},
        {**PRODUCTION, "keys": None},
        {**PRODUCTION, "keys": f"development-{PRODUCTION['keys']}"},
        {**PRODUCTION, "password_kibibytes": 19_455},
        {"site_url": "https://www.example.org/path"},
        {"site_url": "https://www.example.org/"},
        {"cors_origins": ["*"]},
        {"cors_origins": ["null"]},
        {"cors_headers": ["*"]},
        {"cors_headers": ["X Client"]},
        {"cors_headers": ["X-Client\n"]},
        {"cors_headers": [""]},
        {"article_path": "/blog"},
        {"database_url": "mysql://h/d"},
        {"database_url": "nonsense"},
    ],
)
def test_invalid_settings_raise_validation_error(options: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Settings(_env_file=None, **options)


def test_production_accepts_the_required_settings() -> None:
    assert Settings(_env_file=None, **PRODUCTION).password_kibibytes == 19_456


def test_validation_error_does_not_contain_the_value() -> None:
    options: dict[str, Any] = {"metrics_token": "canary", "keys": "canary", "database_url": "mysql://canary@h/d"}
    with pytest.raises(ValidationError, match="3 validation errors") as error:
        Settings(_env_file=None, **options)

    assert "canary" not in str(error.value)


def test_short_metrics_token_is_rejected_with_message_about_characters() -> None:
    with pytest.raises(ValidationError, match="must have at least 16 characters"):
        Settings(_env_file=None, metrics_token="x" * 15)
    assert Settings(_env_file=None, metrics_token="x" * 16).metrics_token


def test_rate_limits_are_at_least_the_documented_minimum() -> None:
    settings = Settings(_env_file=None)

    assert settings.registrations_a_minute >= 20
    assert settings.sign_ins_a_minute >= 30
    assert settings.network_guesses >= 30 * 10
    assert settings.requests_a_minute >= 600


def test_every_setting_is_documented() -> None:
    operations = (ROOT / "docs" / "operations.md").read_text()

    assert [name for name in Settings.model_fields if f"TWENTYONE_{name.upper()}" not in operations] == []
