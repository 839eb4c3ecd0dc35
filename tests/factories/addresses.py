"""Test helper: a database URL to which every connection fails."""

from pathlib import Path

from sqlalchemy import URL


def unreachable_database_url() -> URL:
    """Return the URL of a SQLite file in a directory that does not exist."""
    return URL.create("sqlite", database=str(Path("/nonexistent") / "twentyone.db"))
